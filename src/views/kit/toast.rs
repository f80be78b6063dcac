//! Short news, drawn upwards from the bottom of an area. Knows no clock; who shows them takes them away.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::text;
use crate::app::theme::{Role, Theme};

/// One piece of news as it is drawn.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    /// [`Role::ToastGood`], [`Role::ToastPlain`] or [`Role::ToastBad`].
    pub role: Role,
    /// The sentence.
    pub text: &'a str,
    /// What to do about it.
    pub hint: Option<&'a str>,
}

/// Draws the news, newest last, in the bottom rows of `area`. Gives how many rows were taken.
pub fn draw(notes: &[Note<'_>], area: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
    let area = area.intersection(buffer.area);
    let rows = notes.len().min(usize::from(area.height)) as u16;
    let newest = notes.iter().skip(notes.len() - usize::from(rows));
    for (note, y) in newest.zip(area.bottom() - rows..area.bottom()) {
        for x in area.x..area.right() {
            text::put(buffer, x, y, " ", 1, theme.style(Role::Text));
        }
        text::put_line(buffer, area.x, y, line(note, theme), area.width, theme.glyphs());
    }
    rows
}

fn line<'a>(note: &Note<'a>, theme: &Theme) -> Line<'a> {
    let glyphs = theme.glyphs();
    let sign = match note.role {
        Role::ToastGood => glyphs.check,
        Role::ToastBad => glyphs.cross,
        _ => glyphs.dot,
    };
    let style = theme.style(note.role);
    let mut spans = vec![Span::styled(format!(" {sign} {} ", note.text), style)];
    if let Some(hint) = note.hint {
        spans.push(Span::styled(format!(" {} {hint}", glyphs.none), theme.style(Role::Muted)));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    const NOTES: [Note<'static>; 2] = [
        Note { role: Role::ToastGood, text: "stopped web-1", hint: None },
        Note { role: Role::ToastBad, text: "cannot stop db: the engine is gone", hint: Some("press ^r") },
    ];

    #[test]
    fn news_grow_upwards_and_the_newest_wins_where_there_is_one_row() {
        let draw = |width, height| probe::draw(width, height, |area, buffer, theme| draw(&NOTES, area, buffer, theme));
        let (buffer, rows) = draw(52, 3);
        assert_eq!(rows, 2);
        insta::assert_snapshot!(probe::text(&buffer), @r"
            ✓ stopped web-1
            ✕ cannot stop db: the engine is gone  — press ^r
            ");
        assert!(probe::text(&draw(40, 1).0).contains("cannot stop db"));
        assert_eq!(draw(0, 0).1, 0);
    }
}
