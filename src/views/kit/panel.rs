//! A bordered panel with a title on the left and a remark on the right.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

use super::text;
use crate::app::theme::{Role, Theme};

/// A bordered panel.
pub struct Panel<'a> {
    /// What stands in the upper border, on the left.
    pub title: Line<'a>,
    /// What stands in the upper border, on the right; dropped where there is no room.
    pub remark: Line<'a>,
    /// Whether it has the keys.
    pub active: bool,
}

impl Panel<'_> {
    /// Draws the border and gives the room inside.
    pub fn draw(self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
        let area = area.intersection(buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let style = theme.style(if self.active { Role::BorderActive } else { Role::Border });
        border(area, buffer, theme, style);
        let room = area.width.saturating_sub(4);
        let title_width = (self.title.width() as u16).min(room);
        let remark_width = self.remark.width() as u16;
        let glyphs = theme.glyphs();
        if title_width > 0 {
            text::put(buffer, area.x + 1, area.y, " ", 1, style);
            text::put_line(buffer, area.x + 2, area.y, self.title, title_width, glyphs);
            text::put(buffer, area.x + 2 + title_width, area.y, " ", 1, style);
        }
        if remark_width > 0 && title_width + remark_width + 4 <= room {
            let x = area.right() - 2 - remark_width;
            text::put(buffer, x - 1, area.y, " ", 1, style);
            text::put_line(buffer, x, area.y, self.remark, remark_width, glyphs);
            text::put(buffer, x + remark_width, area.y, " ", 1, style);
        }
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }
}

/// Draws the border alone.
fn border(area: Rect, buffer: &mut Buffer, theme: &Theme, style: Style) {
    let [top_left, top_right, bottom_left, bottom_right, across, down] = theme.glyphs().border;
    let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
    for x in left + 1..right {
        buffer[(x, top)].set_symbol(across).set_style(style);
        buffer[(x, bottom)].set_symbol(across).set_style(style);
    }
    for y in top + 1..bottom {
        buffer[(left, y)].set_symbol(down).set_style(style);
        buffer[(right, y)].set_symbol(down).set_style(style);
    }
    for (x, y, corner) in
        [(left, top, top_left), (right, top, top_right), (left, bottom, bottom_left), (right, bottom, bottom_right)]
    {
        buffer[(x, y)].set_symbol(corner).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    fn drawn(width: u16, height: u16) -> (String, Rect) {
        let (buffer, inner) = probe::draw(width, height, |area, buffer, theme| {
            Panel { title: "Containers".into(), remark: "sort cpu".into(), active: true }.draw(area, buffer, theme)
        });
        (probe::text(&buffer), inner)
    }

    #[test]
    fn the_remark_gives_way_to_the_title() {
        let rows = [34, 26, 12].map(|width| drawn(width, 3).0);
        insta::assert_snapshot!(rows.join("\n"), @r"
            ╭ Containers ────────── sort cpu ╮
            │                                │
            ╰────────────────────────────────╯
            ╭ Containers ── sort cpu ╮
            │                        │
            ╰────────────────────────╯
            ╭ Contain… ╮
            │          │
            ╰──────────╯
            ");
    }

    #[test]
    fn what_is_inside_is_never_outside() {
        for (width, height) in [(0, 0), (1, 4), (2, 2), (3, 3), (5, 1)] {
            let inner = drawn(width, height).1;
            assert_eq!(inner.area() > 0, width > 2 && height > 2, "{width}×{height}");
        }
    }
}
