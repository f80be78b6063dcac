//! A panel on top of everything else, as large as it needs to be.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::panel::Panel;
use crate::app::theme::{Role, Theme};

/// Draws an empty popup in the middle of `area` for content of this size; gives the room inside.
pub fn popup(title: Line<'_>, width: u16, height: u16, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
    let place = middle(width + 4, height + 2, area);
    clear(place, buffer, theme);
    let inner = Panel { title, remark: Line::default(), active: true }.draw(place, buffer, theme);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// A rectangle of this size, or smaller, in the middle of another, a little above its centre.
pub fn middle(width: u16, height: u16, area: Rect) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    let y = area.y + (area.height - height) * 2 / 5;
    Rect { x: area.x + (area.width - width) / 2, y, width, height }
}

/// Empties a rectangle in the popup's colours.
pub fn clear(area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buffer.area);
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            let cell = &mut buffer[(x, y)];
            cell.reset();
            cell.set_style(theme.style(Role::Popup));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::{probe, text};

    #[test]
    fn what_lies_below_does_not_shine_through() {
        let (buffer, ()) = probe::draw(16, 5, |area, buffer, theme| {
            for y in area.y..area.bottom() {
                text::put(buffer, area.x, y, "xxxxxxxxxxxxxxxx", 16, theme.style(Role::Text));
            }
            let inner = popup("Stop?".into(), 8, 1, area, buffer, theme);
            text::put(buffer, inner.x, inner.y, "y / n", inner.width, theme.style(Role::Text));
        });
        insta::assert_snapshot!(probe::text(&buffer), @r"
            xx╭ Stop? ───╮xx
            xx│ y / n    │xx
            xx╰──────────╯xx
            xxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxx
            ");
    }

    #[test]
    fn it_is_never_larger_than_what_it_lies_on() {
        for (width, height) in [(0, 0), (3, 2), (200, 90)] {
            let area = Rect::new(2, 2, width, height);
            assert_eq!(middle(300, 100, area), area);
            let (_, inner) =
                probe::draw(width, height, |area, buffer, theme| popup("?".into(), 60, 9, area, buffer, theme));
            assert!(inner.width <= 60 && inner.height <= 9);
        }
    }
}
