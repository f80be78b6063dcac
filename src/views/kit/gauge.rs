//! A share as a bar in eighths of a column. Knows no unit.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::text;
use crate::app::theme::{Glyphs, Role, Theme};

/// A bar of `columns`, filled to `share` (0 to 1; more is full, no number is empty): the filled part and the rest.
pub fn bar(share: f64, columns: usize, glyphs: &Glyphs) -> (String, String) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    // Not more than eight times `columns`, and not less than 0.
    let mut eighths = (share * columns as f64 * 8.0).round() as usize;
    if share > 0.0 && columns > 0 {
        eighths = eighths.max(1);
    }
    let (full, part) = (eighths / 8, eighths % 8);
    let mut filled = glyphs.eighths[7].repeat(full);
    if part > 0 {
        filled.push_str(glyphs.eighths[part - 1]);
    }
    (filled, glyphs.track.repeat(columns - full - usize::from(part > 0)))
}

/// The same bar in a role's colour, to stand in a line or a cell.
pub fn spans(share: f64, columns: usize, role: Role, theme: &Theme) -> [Span<'static>; 2] {
    let (filled, rest) = bar(share, columns, theme.glyphs());
    [Span::styled(filled, theme.style(role)), Span::styled(rest, theme.style(Role::Track))]
}

/// A bar with a word before and a value after it.
#[derive(Clone, Copy, Debug)]
pub struct Gauge<'a> {
    /// What is measured.
    pub label: &'a str,
    /// Columns of the label, the same for gauges that stand under each other.
    pub label_columns: u16,
    /// The value in words.
    pub value: &'a str,
    /// Columns of the value.
    pub value_columns: u16,
    /// How full: 0 to 1.
    pub share: f64,
    /// The bar's colour.
    pub role: Role,
}

impl Gauge<'_> {
    /// Draws it in the first row of `area`; where there is no room, the bar gives way before the words.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let glyphs = theme.glyphs();
        let label = text::pad(self.label, usize::from(self.label_columns), false, glyphs);
        let value = text::pad(self.value, usize::from(self.value_columns), true, glyphs);
        let words = usize::from(self.label_columns) + usize::from(self.value_columns) + 2;
        let columns = usize::from(area.width).saturating_sub(words);
        let mut line = Line::from(vec![Span::styled(label, theme.style(Role::Muted)), Span::raw(" ")]);
        if columns > 0 {
            line.spans.extend(spans(self.share, columns, self.role, theme));
            line.spans.push(Span::raw(" "));
        }
        line.spans.push(Span::styled(value, theme.style(Role::Text)));
        text::put_line(buffer, area.x, area.y, line, area.width, glyphs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_eighths_and_shows_the_least_there_is() {
        let bar = |share| bar(share, 4, &Glyphs::UNICODE);
        assert_eq!(bar(0.0), ("".into(), "░░░░".into()));
        assert_eq!(bar(0.001), ("▏".into(), "░░░".into()));
        assert_eq!(bar(0.5), ("██".into(), "░░".into()));
        assert_eq!(bar(0.6), ("██▍".into(), "░".into()));
        assert_eq!(bar(7.0), ("████".into(), "".into()));
        assert_eq!(bar(f64::NAN), ("".into(), "░░░░".into()));
        assert_eq!(super::bar(0.5, 0, &Glyphs::UNICODE), ("".into(), "".into()));
    }
}
