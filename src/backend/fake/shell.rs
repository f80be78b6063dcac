//! The few commands that processes of a fake engine understand, so that tests can ask the same of it and of a
//! real shell. Knows neither containers nor consoles.

use crate::model::Stream;

/// What a process does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Prints one line.
    Print(Stream, String),
    /// Makes a file.
    Touch(String),
    /// Waits for a line of input.
    Read,
    /// Prints the terminal's rows and columns.
    Size,
    /// Prints what it reads until the input ends.
    Cat,
    /// Prints a prompt and what it reads, until told to `exit`.
    Prompt,
    /// Does nothing until it is killed.
    Sleep,
    /// Ends with this code.
    Exit(i64),
}

/// What a command does. A command nobody knows sleeps, as servers do.
pub(super) fn steps(command: &[String]) -> Vec<Step> {
    let words: Vec<_> = command.iter().map(String::as_str).collect();
    let mut steps = match words.as_slice() {
        ["sh" | "/bin/sh" | "bash", "-c", script, ..] => {
            script.split([';', '\n']).map(str::trim).flat_map(one).collect()
        }
        ["sh" | "/bin/sh" | "bash", ..] => vec![Step::Prompt],
        ["true"] => vec![Step::Exit(0)],
        [] => vec![Step::Sleep],
        words => one(&words.join(" ")),
    };
    steps.push(Step::Exit(0));
    steps
}

/// What a command does after what it prints at its start.
pub(super) fn after_first_words(command: &[String]) -> Vec<Step> {
    steps(command).into_iter().skip_while(|step| matches!(step, Step::Print(..) | Step::Touch(_))).collect()
}

fn one(line: &str) -> Vec<Step> {
    let (line, stream) = match line.strip_suffix(">&2") {
        Some(line) => (line.trim(), Stream::Err),
        None => (line, Stream::Out),
    };
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let step = match word {
        "" | "true" | "trap" | "exec" => return Vec::new(),
        "echo" => Step::Print(stream, unquoted(rest)),
        "printf" => Step::Print(stream, unescaped(&unquoted(rest))),
        "exit" => Step::Exit(rest.trim().parse().unwrap_or(0)),
        "false" => Step::Exit(1),
        "touch" => Step::Touch(rest.trim().to_owned()),
        "read" => Step::Read,
        "stty" => Step::Size,
        "cat" => Step::Cat,
        _ => Step::Sleep,
    };
    vec![step]
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

/// Reads the escapes of `printf`; the newline at the end is the line's.
fn unescaped(text: &str) -> String {
    let text = text.replace("\\033", "\u{1b}").replace("\\007", "\u{7}").replace("\\t", "\t");
    text.strip_suffix("\\n").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &[&str]) -> Vec<Step> {
        steps(&command.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_script_is_done_step_by_step() {
        let script = of(&["sh", "-c", "echo 'a b'; printf '\\033[1mc\\n' >&2; exit 3"]);
        let printed = [Step::Print(Stream::Out, "a b".into()), Step::Print(Stream::Err, "\u{1b}[1mc".into())];
        assert_eq!(script[..2], printed);
        assert_eq!(script[2], Step::Exit(3));
    }

    #[test]
    fn what_is_not_known_sleeps() {
        assert_eq!(of(&["nginx", "-g", "daemon off;"])[0], Step::Sleep);
    }
}
