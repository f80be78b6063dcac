//! What a user types to see fewer rows: fuzzy words, `/regex/`, and `!` for the others. Knows no row.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use regex::{Regex, RegexBuilder};

/// A filter, ready to be asked of many texts.
pub struct Filter {
    text: String,
    inverse: bool,
    test: Test,
}

enum Test {
    Everything,
    Fuzzy(Box<(Pattern, Matcher, Vec<char>)>),
    Regex(Regex),
    Broken(String),
}

impl Default for Filter {
    fn default() -> Self {
        Self::new("")
    }
}

/// Memory that a regular expression may take, so that a pasted one cannot harm.
const REGEX_SIZE: usize = 1 << 20;

impl Filter {
    /// Reads what was typed. An expression that is not finished yet matches everything.
    pub fn new(text: &str) -> Self {
        let (inverse, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let test = match rest.strip_prefix('/') {
            Some(expression) => regex(expression),
            None if rest.trim().is_empty() => Test::Everything,
            None => fuzzy(rest),
        };
        Self { text: text.to_owned(), inverse, test }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        matches!(self.test, Test::Everything | Test::Broken(_))
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Option<&str> {
        match &self.test {
            Test::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// Whether it lets a text through.
    pub fn lets(&mut self, text: &str) -> bool {
        let hit = match &mut self.test {
            Test::Everything | Test::Broken(_) => return true,
            Test::Regex(regex) => regex.is_match(text),
            Test::Fuzzy(fuzzy) => {
                let (pattern, matcher, buffer) = &mut **fuzzy;
                // Each within one word of the text: letters found anywhere in a long row would match almost every row.
                pattern.atoms.iter().all(|atom| {
                    let mut words = text.split_whitespace();
                    let mut hits = |word| atom.score(Utf32Str::new(word, buffer), matcher).is_some();
                    if atom.negative { words.all(hits) } else { words.any(&mut hits) }
                })
            }
        };
        hit != self.inverse
    }
}

fn regex(expression: &str) -> Test {
    let expression = expression.strip_suffix('/').unwrap_or(expression);
    if expression.is_empty() {
        return Test::Everything;
    }
    let smart = !expression.chars().any(char::is_uppercase);
    match RegexBuilder::new(expression).case_insensitive(smart).size_limit(REGEX_SIZE).build() {
        Ok(regex) => Test::Regex(regex),
        Err(error) => {
            let why = error.to_string();
            Test::Broken(why.lines().last().unwrap_or("not an expression").trim_start_matches("error: ").to_owned())
        }
    }
}

fn fuzzy(words: &str) -> Test {
    let pattern = Pattern::parse(words, CaseMatching::Smart, Normalization::Smart);
    Test::Fuzzy(Box::new((pattern, Matcher::new(Config::DEFAULT), Vec::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes<'a>(filter: &str, texts: &[&'a str]) -> Vec<&'a str> {
        let mut filter = Filter::new(filter);
        texts.iter().copied().filter(|t| filter.lets(t)).collect()
    }

    const NAMES: [&str; 4] = ["web-1", "web-2", "worker-api", "DB"];

    #[test]
    fn words_are_fuzzy_and_all_must_match() {
        assert_eq!(passes("wb", &NAMES), ["web-1", "web-2"]);
        assert_eq!(passes("w api", &NAMES), ["worker-api"]);
        assert_eq!(passes("db", &NAMES), ["DB"]);
        assert_eq!(passes(" ", &NAMES), NAMES);
    }

    #[test]
    fn letters_are_not_gathered_from_several_words() {
        let rows =
            ["shop_cache named local /var/lib/docker", "shop_db named local /var/lib/docker", "bridge api proxy"];
        assert_eq!(passes("shop_db", &rows), [rows[1]]);
        assert_eq!(passes("sdb docker", &rows), [rows[1]]);
        assert_eq!(passes("pier", &rows), [""; 0]);
        assert_eq!(passes("api !local", &rows), [rows[2]]);
    }

    #[test]
    fn slashes_make_an_expression_and_a_mark_turns_it_around() {
        assert_eq!(passes("/^web-\\d$/", &NAMES), ["web-1", "web-2"]);
        assert_eq!(passes("!/^web/", &NAMES), ["worker-api", "DB"]);
        assert_eq!(passes("!web", &NAMES), ["worker-api", "DB"]);
    }

    #[test]
    fn a_broken_expression_says_why_and_hides_nothing() {
        assert_eq!(passes("/we(", &NAMES), NAMES);
        assert!(Filter::new("/we(").problem().unwrap().contains("unclosed group"));
        assert!(Filter::new("/we").problem().is_none());
    }
}
