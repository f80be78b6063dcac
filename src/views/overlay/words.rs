//! A typed command line as words, with the quotes of a POSIX shell and nothing else of it. Runs nothing.

use std::{iter::Peekable, str::Chars};

/// Splits at blanks; single quotes keep everything, double quotes all but backslashes. A backslash is only one
/// before a quote, a blank or another, so that paths of Windows need none.
///
/// # Errors
/// A quote that is not closed.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => quoted(&mut chars, '\'', word.get_or_insert_default())?,
            '"' => quoted(&mut chars, '"', word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(escaped(&mut chars)),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// What stands for a backslash and the letter after it.
fn escaped(chars: &mut Peekable<Chars<'_>>) -> char {
    let special = |c: &char| c.is_whitespace() || matches!(c, '\'' | '"' | '\\');
    chars.next_if(special).unwrap_or('\\')
}

fn quoted(chars: &mut Peekable<Chars<'_>>, quote: char, word: &mut String) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.push(escaped(chars)),
            c => word.push(c),
        }
    }
    Err(format!("a {quote} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_blanks_together() {
        let words = |line: &str| split(line).unwrap();
        assert_eq!(words("  sh -c 'echo  \"hi\"' a\\ b"), ["sh", "-c", "echo  \"hi\"", "a b"]);
        assert_eq!(words("A=\"x \\\"y\\\"\" ''"), ["A=x \"y\"", ""]);
        assert_eq!(words(r"cmd /c type C:\a\b"), ["cmd", "/c", "type", r"C:\a\b"]);
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(split("sh -c 'echo"), Err("a ' is not closed".into()));
    }
}
