//! Lines of a log from the bottom up: stamps, streams, colours, matches, wrapping. Knows no log; it is asked for lines.

use std::{borrow::Cow, ops::Range};

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthChar;

use super::{ansi, text};
use crate::app::theme::{Role, Theme};

/// One line as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct LogRow<'a> {
    /// When it was written, in the form to show.
    pub stamp: Cow<'a, str>,
    /// Whether it was written to standard error.
    pub err: bool,
    /// The text, which may hold colour sequences.
    pub text: Cow<'a, str>,
}

/// Where a text matches what is searched for, as byte ranges in order.
pub type Find<'a> = &'a dyn Fn(&str) -> Vec<Range<usize>>;

/// How to draw.
#[derive(Clone, Copy)]
pub struct LogPane<'a> {
    /// The line after the last one on screen: the number of lines, when following.
    pub end: usize,
    /// Whether stamps are shown.
    pub stamps: bool,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// Columns the text is shifted to the left, when it does not wrap.
    pub left: usize,
    /// What is searched for.
    pub find: Option<Find<'a>>,
    /// The line a search stands at, which is marked.
    pub current: Option<usize>,
}

/// A letter's style is looked up in this: byte offsets with the style from there on.
type Styles = Vec<(usize, Style)>;

impl LogPane<'_> {
    /// Draws the lines before `end`, asking `row` only for those that are visible. Gives which ones were drawn.
    pub fn draw<'r>(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
        row: impl Fn(usize) -> LogRow<'r>,
    ) -> Range<usize> {
        let area = area.intersection(buffer.area);
        let mut rows: Vec<Line<'static>> = Vec::new();
        let mut first = self.end;
        while first > 0 && rows.len() < usize::from(area.height) {
            first -= 1;
            let pieces = self.rows_of(first, &row(first), area.width, theme);
            // Kept from the bottom up, so the last piece of a line comes first.
            rows.extend(pieces.into_iter().rev());
        }
        rows.truncate(usize::from(area.height));
        for (line, y) in rows.into_iter().rev().zip(area.y..area.bottom()) {
            buffer.set_line(area.x, y, &line, area.width);
        }
        first..self.end
    }

    /// The rows of one line.
    fn rows_of(&self, index: usize, row: &LogRow<'_>, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let (plain, styles) = self.styled(row, theme);
        let stamp = if self.stamps && !row.stamp.is_empty() { format!("{} ", row.stamp) } else { String::new() };
        let bar = if self.current == Some(index) { theme.glyphs().bar } else { "" };
        let lead = text::width(&stamp) + text::width(bar);
        let room = usize::from(columns).saturating_sub(lead).max(1);
        let pieces = if self.wrap { wrap(&plain, room) } else { vec![window(&plain, self.left, room)] };
        let style = theme.style(Role::Stamp);
        let mut rows = Vec::with_capacity(pieces.len());
        for (nth, piece) in pieces.into_iter().enumerate() {
            let head = if nth == 0 { text::clean(&stamp).into_owned() } else { " ".repeat(text::width(&stamp)) };
            let mut line = Line::from(vec![Span::styled(bar, theme.style(Role::Accent)), Span::styled(head, style)]);
            line.spans.extend(cut(&plain, &styles, piece));
            rows.push(line);
        }
        rows
    }

    /// The clean text, and the style from each offset on: the stream's, the program's, and that of matches over both.
    fn styled(&self, row: &LogRow<'_>, theme: &Theme) -> (String, Styles) {
        let base = theme.style(if row.err { Role::Stderr } else { Role::Stdout });
        let (plain, styles) = ansi::parse(&row.text, base);
        // What is cleaned may change its length, and offsets with it; the program's own colours are given up then.
        let (plain, styles) = match text::clean(&plain) {
            Cow::Borrowed(_) => (plain, styles),
            Cow::Owned(clean) => (clean, vec![(0, base)]),
        };
        let found = self.find.map(|find| find(&plain)).unwrap_or_default();
        let styles = found.into_iter().fold(styles, |styles, range| over(styles, range, theme.style(Role::Match)));
        (plain, styles)
    }
}

/// Lays a style over a range.
fn over(styles: Styles, range: Range<usize>, style: Style) -> Styles {
    if range.is_empty() {
        return styles;
    }
    let at = |offset: usize| styles.iter().rev().find(|(from, _)| *from <= offset).map(|(_, style)| *style);
    let (before, after) = (at(range.start).unwrap_or_default(), at(range.end).unwrap_or_default());
    let inner = styles.iter().filter(|(from, _)| *from > range.start && *from < range.end);
    let inner: Styles = inner.map(|(from, own)| (*from, own.patch(style))).collect();
    let mut whole: Styles = styles.iter().copied().filter(|(from, _)| *from < range.start).collect();
    whole.push((range.start, before.patch(style)));
    whole.extend(inner);
    whole.push((range.end, after));
    whole.extend(styles.into_iter().filter(|(from, _)| *from > range.end));
    whole
}

/// A piece of a text in its styles.
fn cut(plain: &str, styles: &Styles, piece: Range<usize>) -> Vec<Span<'static>> {
    let ends = styles.iter().skip(1).map(|(from, _)| *from).chain([plain.len()]);
    let stretches = styles.iter().zip(ends);
    let within = stretches.map(|((from, style), to)| (piece.start.max(*from), piece.end.min(to), *style));
    within
        .filter(|(from, to, _)| from < to)
        .filter_map(|(from, to, style)| plain.get(from..to).map(|words| Span::styled(words.to_owned(), style)))
        .collect()
}

/// Pieces of at most `columns`; at least one, and in each at least one letter.
fn wrap(text: &str, columns: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut from, mut used) = (0, 0);
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns && at > from {
            pieces.push(from..at);
            (from, used) = (at, 0);
        }
        used += wide;
    }
    pieces.push(from..text.len());
    pieces
}

/// The part of a text from column `left` on, of at most `columns`.
fn window(text: &str, left: usize, columns: usize) -> Range<usize> {
    let (mut from, mut column) = (text.len(), 0);
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if column >= left {
            from = from.min(at);
        }
        if column + wide > left + columns {
            return from.min(at)..at;
        }
        column += wide;
    }
    from..text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    const LINES: &[&str] = &["GET /index.html 200", "\u{1b}[31merror\u{1b}[0m: no \u{1b}[2Jspace", "容器 up"];

    fn pane<'a>() -> LogPane<'a> {
        LogPane { end: LINES.len(), stamps: true, wrap: true, left: 0, find: None, current: None }
    }

    fn draw(pane: LogPane<'_>, width: u16, height: u16) -> (Buffer, Range<usize>) {
        probe::draw(width, height, |area, buffer, theme| {
            pane.draw(area, buffer, theme, |i| LogRow {
                stamp: format!("12:00:0{i}").into(),
                err: i == 1,
                text: LINES[i].into(),
            })
        })
    }

    #[test]
    fn the_last_lines_are_shown_wrapped_below_their_stamps() {
        let (buffer, shown) = draw(pane(), 20, 5);
        assert_eq!(shown, 0..3);
        insta::assert_snapshot!(probe::text(&buffer), @r"
            12:00:00 GET /index.
                     html 200
            12:00:01 error: no s
                     pace
            12:00:02 容器 up
            ");
        let (buffer, shown) = draw(pane(), 20, 2);
        assert_eq!(shown, 1..3);
        insta::assert_snapshot!(probe::text(&buffer), @r"
                     pace
            12:00:02 容器 up
            ");
    }

    #[test]
    fn a_line_that_does_not_wrap_is_shifted() {
        let (buffer, _) = draw(LogPane { wrap: false, stamps: false, left: 4, ..pane() }, 10, 3);
        insta::assert_snapshot!(probe::text(&buffer), @r"
            /index.htm
            r: no spac
             up
            ");
    }

    #[test]
    fn a_match_lies_over_the_programs_own_colours() {
        let find = |text: &str| text.match_indices("or: n").map(|(at, found)| at..at + found.len()).collect();
        let (buffer, _) = draw(LogPane { stamps: false, find: Some(&find), ..pane() }, 30, 3);
        let theme = probe::theme();
        let ground = |x: u16| buffer.cell((x, 1)).unwrap().bg;
        let lit = theme.style(Role::Match).bg.unwrap();
        assert_eq!((2..9).map(|x| ground(x) == lit).collect::<Vec<_>>(), [false, true, true, true, true, true, false]);
        assert_eq!(buffer.cell((0, 1)).unwrap().fg, ratatui::style::Color::Indexed(1));
    }

    #[test]
    fn no_size_is_too_small() {
        for width in 0..12 {
            for height in 0..3 {
                draw(pane(), width, height);
            }
        }
    }
}
