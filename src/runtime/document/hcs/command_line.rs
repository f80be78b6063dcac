//! Words as the one line that Windows starts a program with. Pure.

/// How Windows' shell is told to run a line, which follows: it takes the first and the last quote away, and all between
/// them as it is (`cmd /?`).
pub const SHELL: [&str; 3] = ["cmd", "/S", "/C"];

/// Joins words so that the C runtime of Windows takes them apart again as they were: words with blanks or quotes are
/// quoted, and backslashes are doubled where a quote follows.
///
/// Source of the rules: Microsoft's "Parsing C command-line arguments". `cmd.exe` has rules of its own for what it is
/// told to run: what follows [`SHELL`] as one word is put in quotes and otherwise left alone.
pub fn command_line(words: &[String]) -> String {
    if let [shell @ .., line] = words
        && is_shell(shell)
    {
        let mut told = String::new();
        append(&mut told, &shell[0]);
        let [_, strip, run] = SHELL;
        return format!("{told} {strip} {run} \"{line}\"");
    }
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        append(&mut line, word);
    }
    line
}

/// Whether these words are [`SHELL`], as people write them.
fn is_shell(words: &[String]) -> bool {
    let is = |word: &String, known: &str| {
        let word = word.to_ascii_lowercase();
        let name = word.rsplit('\\').next().unwrap_or_default();
        name.strip_suffix(".exe").unwrap_or(name) == known.to_ascii_lowercase()
    };
    words.len() == SHELL.len() && words.iter().zip(SHELL).all(|(word, known)| is(word, known))
}

fn append(line: &mut String, word: &str) {
    if !word.is_empty() && !word.contains([' ', '\t', '\n', '\u{b}', '"']) {
        line.push_str(word);
        return;
    }
    line.push('"');
    let mut backslashes = 0;
    for c in word.chars() {
        if c == '"' {
            // Those before it once more, and one for the quote itself.
            line.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        line.push(c);
    }
    line.extend(std::iter::repeat_n('\\', backslashes));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_are_quoted_only_where_they_must_be() {
        for (given, line) in [
            (&["cmd", "/S", "/C", "dir C:\\"][..], r#"cmd /S /C "dir C:\""#),
            (&["CMD.exe", "/s", "/c", r#"type "a b" | find "x""#], r#"CMD.exe /S /C "type "a b" | find "x"""#),
            (&["cmd", "/C", "echo", r#"a"b"#], r#"cmd /C echo "a\"b""#),
            (&[r"C:\a b\c.exe", "x"], r#""C:\a b\c.exe" x"#),
            (&["say", r#"a "b" c"#], r#"say "a \"b\" c""#),
            (&["a", "", r"c\"], r#"a "" c\"#),
            (&[r#"\\" \"#], r#""\\\\\" \\""#),
        ] {
            assert_eq!(command_line(&words(given)), line);
        }
    }

    /// Takes a line apart as the C runtime documents it.
    fn split(line: &str) -> Vec<String> {
        let (mut words, mut word, mut inside, mut quoted, mut slashes) = (Vec::new(), String::new(), false, false, 0);
        for c in line.chars() {
            match c {
                '\\' => slashes += 1,
                '"' => {
                    word.extend(std::iter::repeat_n('\\', slashes / 2));
                    if slashes % 2 == 1 {
                        word.push('"')
                    } else {
                        quoted = !quoted
                    }
                    (inside, slashes) = (true, 0);
                }
                c => {
                    word.extend(std::iter::repeat_n('\\', std::mem::take(&mut slashes)));
                    let parts = c.is_ascii_whitespace() && !quoted;
                    if !parts {
                        (inside, _) = (true, word.push(c));
                    } else if inside || !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                        inside = false;
                    }
                }
            }
        }
        word.extend(std::iter::repeat_n('\\', slashes));
        if inside || !word.is_empty() {
            words.push(word);
        }
        words
    }

    proptest! {
        #[test]
        fn a_line_comes_apart_as_it_was(words in prop::collection::vec(r#"[ab\\" ]{0,8}"#, 1..5)) {
            prop_assert_eq!(split(&command_line(&words)), words);
        }
    }
}
