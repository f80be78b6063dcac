//! Text cut, padded and drawn by columns of the terminal rather than by characters.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    style::Style,
    text::{Line, Span},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::app::theme::Glyphs;

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

fn head(text: &str, columns: usize) -> &str {
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
    let (end, _) = buffer.set_stringn(x, y, text, columns as usize, style);
    end - x
}

/// Draws a line at a place, cut with a sign to `columns`; harmless outside the buffer.
pub fn put_line(buffer: &mut Buffer, x: u16, y: u16, line: Line<'_>, columns: u16, glyphs: &Glyphs) {
    if columns == 0 || !buffer.area.contains((x, y).into()) {
        return;
    }
    let line = fit_line(line, columns as usize, glyphs);
    buffer.set_line(x, y, &line, columns);
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
