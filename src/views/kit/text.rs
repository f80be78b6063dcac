//! Text cut, padded and drawn by columns of the terminal rather than by characters.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    style::Style,
    text::{Line, Span},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::app::theme::Glyphs;

/// A text with everything made visible that a terminal could obey, or that hides and reorders letters.
/// Text is cleaned at the door already; this is the second fence, and borrows what is clean.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// Controls, and Unicode's bidirectional, zero-width and line-separating format characters.
fn is_obeyed(c: char) -> bool {
    let format = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    c.is_control() || format || matches!(c, '\u{61c}' | '\u{feff}')
}

fn visible(c: char) -> char {
    match c {
        '\t' | '\n' => ' ',
        // The "control pictures" block draws C0 in the order of their codes.
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_obeyed(c) => '\u{fffd}',
        c => c,
    }
}

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The beginning of a text that fits into `columns`, with the sign for "cut off" at its end when it was.
pub fn fit<'a>(text: &'a str, columns: usize, glyphs: &Glyphs) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut taken = String::with_capacity(columns * 3);
    taken.push_str(head(text, columns - 1));
    taken.push_str(glyphs.ellipsis);
    Cow::Owned(taken)
}

/// Both ends of a text that fit into `columns`, with the sign for "cut off" between: for paths.
pub fn fit_middle<'a>(text: &'a str, columns: usize, glyphs: &Glyphs) -> Cow<'a, str> {
    if width(text) <= columns || columns < 5 {
        return fit(text, columns, glyphs);
    }
    let left = (columns - 1) / 2;
    let start = head(text, left);
    let mut taken = String::from(start);
    taken.push_str(glyphs.ellipsis);
    taken.push_str(tail(text, columns - 1 - width(start)));
    Cow::Owned(taken)
}

/// The beginning of a text that fits into `columns`.
pub(super) fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[at + c.len_utf8()..];
        }
    }
    text
}

/// A text with blanks after it, or before it when `right`, to exactly `columns`; cut when it is longer.
pub fn pad(text: &str, columns: usize, right: bool, glyphs: &Glyphs) -> String {
    let text = fit(text, columns, glyphs);
    let gap = " ".repeat(columns.saturating_sub(width(&text)));
    if right { gap + &text } else { text.into_owned() + &gap }
}

/// The text of a line without its colours.
pub fn plain(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

/// A line cut to `columns`, keeping its colours.
pub fn fit_line<'a>(line: Line<'a>, columns: usize, glyphs: &Glyphs) -> Line<'a> {
    if line.width() <= columns {
        return line;
    }
    let mut left = columns.saturating_sub(1);
    let mut spans = Vec::with_capacity(line.spans.len());
    for span in line.spans {
        let wide = width(&span.content);
        if wide <= left {
            left -= wide;
            spans.push(span);
            continue;
        }
        let cut = format!("{}{}", head(&span.content, left), if columns == 0 { "" } else { glyphs.ellipsis });
        spans.push(Span::styled(cut, span.style));
        break;
    }
    Line { spans, ..line }
}

/// Draws a text at a place, cut to `columns`; harmless outside the buffer. Gives the columns used.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, text: &str, columns: u16, style: Style) -> u16 {
    let inside = buffer.area.contains((x, y).into());
    if columns == 0 || !inside {
        return 0;
    }
    let (end, _) = buffer.set_stringn(x, y, clean(text), columns as usize, style);
    end - x
}

/// Draws a line at a place, cut with a sign to `columns` and in ASCII where the signs are; harmless outside the buffer.
pub fn put_line(buffer: &mut Buffer, x: u16, y: u16, line: Line<'_>, columns: u16, glyphs: &Glyphs) {
    if columns == 0 || !buffer.area.contains((x, y).into()) {
        return;
    }
    let safe = |span: Span<'_>| Span::styled(glyphs.plain(&clean(&span.content)).into_owned(), span.style);
    let line = Line { spans: line.spans.into_iter().map(safe).collect(), ..line };
    buffer.set_line(x, y, &fit_line(line, columns as usize, glyphs), columns);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_cut_says_so() {
        let glyphs = Glyphs::UNICODE;
        assert_eq!(fit("container", 5, &glyphs), "cont…");
        assert_eq!(fit("container", 9, &glyphs), "container");
        assert_eq!(fit("容器容器", 5, &glyphs), "容器…");
        assert_eq!(fit_middle("/var/lib/docker/volumes/x", 11, &glyphs), "/var/…mes/x");
        assert_eq!(pad("ab", 4, true, &glyphs), "  ab");
    }

    #[test]
    fn what_a_terminal_could_obey_is_shown() {
        assert_eq!(clean("\u{1b}[2Ja\u{202e}b\tc\u{9b}m"), "␛[2Ja\u{fffd}b c\u{fffd}m");
        assert!(matches!(clean("größe 容器"), Cow::Borrowed(_)));
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        put_line(&mut buffer, 0, 0, Line::from("a\u{1b}[H"), 8, &Glyphs::UNICODE);
        assert_eq!(buffer.cell((1, 0)).unwrap().symbol(), "␛");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC{0,40}", columns in 0usize..30) {
            let glyphs = Glyphs::UNICODE;
            prop_assert!(width(&fit(&text, columns, &glyphs)) <= columns);
            prop_assert!(width(&fit_middle(&text, columns, &glyphs)) <= columns);
            prop_assert_eq!(width(&pad(&text, columns, false, &glyphs)), columns);
            prop_assert!(fit_line(Line::from(text), columns, &glyphs).width() <= columns);
        }
    }
}
