//! Making text from engines harmless and comparable. Knows nothing of the screen's widths or colours.

use std::borrow::Cow;

/// Returns `text` with everything a terminal could obey made visible: C0 and C1 controls, `DEL`,
/// and the bidirectional and invisible format characters that can reorder or hide what is read.
///
/// `\t` and `\n` become a space, so that the result is always one line. Text that is clean already is borrowed.
pub fn clean(text: &str) -> Cow<'_, str> {
    // Nearly every text is printable ASCII, which is quicker to see than characters.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// As [`clean`], for a text that is kept.
pub fn cleaned(text: impl Into<String>) -> String {
    let text = text.into();
    match clean(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || is_format(c)
}

/// Unicode's bidirectional controls, zero-width characters, line separators and the byte order mark.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

fn visible(c: char) -> char {
    match c {
        '\t' | '\n' => ' ',
        // The "control pictures" block draws C0 in the order of their codes.
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_unsafe(c) => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_shown_and_not_obeyed() {
        assert_eq!(clean("\u{1b}[2Jweb\u{7}"), "␛[2Jweb␇");
        assert_eq!(clean("a\u{9b}31mb\u{202e}c"), "a\u{fffd}31mb\u{fffd}c");
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(clean("größe 容器"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_is_left(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(is_unsafe));
            prop_assert_eq!(clean(&once).into_owned(), once.clone());
        }
    }
}
