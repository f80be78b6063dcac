//! Log text made harmless but for colours: SGR sequences stay, everything else a terminal obeys is made visible.
//! Knows neither framing nor styles.

use crate::model::text::clean;

/// Columns between tab stops.
const TAB: usize = 8;
/// Bytes of an SGR sequence at most; longer ones colour nothing that people can see.
const LONGEST: usize = 64;

/// One line as it would look on a terminal after it was printed, still with its colours.
pub(crate) fn harmless(line: &str) -> String {
    let line = last_printed(line);
    if !line.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return clean(line).into_owned();
    }
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    let mut rest = line;
    while let Some(at) = rest.find(['\u{1b}', '\t']) {
        let (plain, special) = rest.split_at(at);
        column += push(&mut out, plain);
        rest = if let Some(after) = special.strip_prefix('\t') {
            let spaces = TAB - column % TAB;
            out.extend(std::iter::repeat_n(' ', spaces));
            column += spaces;
            after
        } else if let Some(length) = sgr(special) {
            out.push_str(&special[..length]);
            &special[length..]
        } else {
            column += push(&mut out, &special[..1]);
            &special[1..]
        };
    }
    push(&mut out, rest);
    out
}

/// Appends text made visible; gives its length in characters.
fn push(out: &mut String, text: &str) -> usize {
    out.push_str(&clean(text));
    text.chars().count()
}

/// What stays of a line that returned to its begin: progress bars print themselves over and over.
fn last_printed(line: &str) -> &str {
    line.trim_end_matches('\r').rsplit('\r').find(|part| !part.is_empty()).unwrap_or("")
}

/// Length of the SGR sequence that `text` begins with (ECMA-48, 8.3.117): `ESC [`, digits and separators, `m`.
fn sgr(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let length =
        parameters.bytes().take(LONGEST).take_while(|b| b.is_ascii_digit() || matches!(b, b';' | b':')).count();
    (parameters.as_bytes().get(length) == Some(&b'm')).then_some(2 + length + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_stay_and_everything_else_is_shown() {
        assert_eq!(harmless("\u{1b}[1;31mred\u{1b}[0m"), "\u{1b}[1;31mred\u{1b}[0m");
        assert_eq!(harmless("\u{1b}[2Ja\u{1b}]0;t\u{7}"), "␛[2Ja␛]0;t␇");
        assert_eq!(harmless("\u{1b}[31"), "␛[31");
    }

    #[test]
    fn a_progress_bar_shows_its_last_state() {
        assert_eq!(harmless("10 %\r20 %\r"), "20 %");
        assert_eq!(harmless("\r\r"), "");
    }

    #[test]
    fn tabs_reach_their_stops_whatever_the_colours() {
        assert_eq!(harmless("a\tb"), "a       b");
        assert_eq!(harmless("\u{1b}[1mab\u{1b}[m\tc"), "\u{1b}[1mab\u{1b}[m      c");
    }

    proptest! {
        #[test]
        fn only_colours_are_left_to_obey(line in "[\u{1b}\\[m0-9;a-z\r\t\u{7}\u{9b}]{0,40}") {
            let mut left = harmless(&line);
            while let Some(at) = left.find('\u{1b}') {
                let length = sgr(&left[at..]);
                prop_assert!(length.is_some());
                left.replace_range(at..at + length.unwrap_or(1), "");
            }
            prop_assert!(!left.chars().any(char::is_control));
        }
    }
}
