//! What a shell's line does, as far as tests need it: a few words of `sh`, one after the other. Pure.

/// A step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Prints this, on standard error if so.
    Print(Vec<u8>, bool),
    /// Prints what it reads, up to the end.
    Copy,
    /// Reads a line.
    ReadLine,
    /// Prints lines and columns of its console.
    Size,
    /// Lives on until it is ended.
    Sleep,
    /// Ends with this code.
    Exit(u32),
}

/// The script of a command line, if it is one for a shell, or one of the words that a shell knows.
pub fn script(line: &str) -> Option<Vec<Step>> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    match name {
        "sh" => Some(steps(&unquoted(rest.strip_prefix("-c ")?))),
        "cmd" => Some(steps(stripped(rest.strip_prefix("/S /C ")?))),
        "cat" => Some(steps(line)),
        _ => None,
    }
}

/// A word as the C runtime of Windows reads it.
fn unquoted(word: &str) -> String {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| word.to_owned(), |inner| inner.replace("\\\"", "\""))
}

/// A line as the shell of Windows takes it after `/S /C`: without its first and its last quote, else as it is.
fn stripped(line: &str) -> &str {
    line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(line)
}

fn steps(script: &str) -> Vec<Step> {
    script.split("; ").filter_map(|part| step(part.trim())).collect()
}

fn step(part: &str) -> Option<Step> {
    let (name, rest) = part.split_once(' ').unwrap_or((part, ""));
    Some(match name {
        "echo" => {
            let (text, is_error) = rest.strip_suffix(" >&2").map_or((rest, false), |text| (text, true));
            Step::Print(format!("{text}\n").into_bytes(), is_error)
        }
        "printf" => Step::Print(escaped(rest.trim_matches('\'')), false),
        "cat" => Step::Copy,
        "read" => Step::ReadLine,
        "stty" => Step::Size,
        "sleep" => Step::Sleep,
        "exit" => Step::Exit(rest.parse().ok()?),
        // Files are nothing that it has.
        _ => return None,
    })
}

/// With what stands behind backslashes: `\n`, and numbers in base 8.
fn escaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let digits = after.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        match u8::from_str_radix(&after[..digits], 8) {
            Ok(byte) => {
                bytes.push(byte);
                rest = &after[digits..];
            }
            Err(_) => {
                bytes.push(b'\n');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    bytes.extend(rest.as_bytes());
    bytes
}
