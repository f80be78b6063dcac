//! A terminal's screen inside a rectangle, and keys as the bytes a program in it expects. Knows no process.

mod keys;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Color, Modifier, Style},
};

use super::text;
use crate::app::theme::{Role, Theme};

pub use keys::{Modes, encode, paste};

/// Draws the screen, scrolled back as it is. Gives where the cursor shall be, unless it is hidden or scrolled away.
pub fn draw(screen: &vt100::Screen, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let area = area.intersection(buffer.area);
    let base = theme.style(Role::Text);
    for (row, y) in (area.y..area.bottom()).enumerate() {
        for (column, x) in (area.x..area.right()).enumerate() {
            // Both are offsets within a rectangle, whose sides are `u16`.
            let Some(cell) = screen.cell(row as u16, column as u16) else { continue };
            if cell.is_wide_continuation() {
                continue;
            }
            let letters = if cell.has_contents() { cell.contents() } else { " " };
            text::put(buffer, x, y, letters, area.right() - x, base.patch(style(cell)));
        }
    }
    cursor(screen, area)
}

fn cursor(screen: &vt100::Screen, area: Rect) -> Option<Position> {
    let (row, column) = screen.cursor_position();
    let row = usize::from(row) + screen.scrollback();
    let seen = !screen.hide_cursor() && row < usize::from(area.height) && column < area.width;
    seen.then(|| Position::new(area.x + column, area.y + row as u16))
}

fn style(cell: &vt100::Cell) -> Style {
    let modifiers = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    let style = Style { fg: colour(cell.fgcolor()), bg: colour(cell.bgcolor()), ..Style::new() };
    modifiers.into_iter().filter(|(on, _)| *on).fold(style, |style, (_, modifier)| style.add_modifier(modifier))
}

fn colour(colour: vt100::Color) -> Option<Color> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(Color::Indexed(index)),
        vt100::Color::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;
    use crate::views::kit::probe;

    fn screen(bytes: &[u8]) -> vt100::Parser {
        let mut parser = vt100::Parser::new(NonZero::new(3).unwrap(), NonZero::new(12).unwrap(), 50);
        parser.process(bytes);
        parser
    }

    #[test]
    fn a_shell_is_shown_with_its_colours_and_cursor() {
        let parser = screen("\u{1b}[32m$\u{1b}[0m echo 容器\r\n\u{1b}[7mdone\u{1b}[0m".as_bytes());
        let (buffer, cursor) = probe::draw(12, 3, |area, buffer, theme| draw(parser.screen(), area, buffer, theme));
        assert_eq!(probe::text(&buffer), "$ echo 容器\ndone\n");
        assert_eq!(cursor, Some(Position::new(1 + 4, 1 + 1)));
        assert_eq!(buffer[(0, 0)].fg, Color::Indexed(2));
        assert!(buffer[(0, 1)].modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn scrolled_back_the_cursor_goes_with_its_line() {
        let mut parser = screen(b"one\r\ntwo\r\nthree\r\nfour");
        parser.screen_mut().set_scrollback(1);
        let (buffer, cursor) = probe::draw(12, 3, |area, buffer, theme| draw(parser.screen(), area, buffer, theme));
        assert_eq!(probe::text(&buffer), "one\ntwo\nthree");
        assert_eq!(cursor, None);
    }

    #[test]
    fn an_area_smaller_or_larger_than_the_screen_is_no_harm() {
        let parser = screen("容器容器容器".as_bytes());
        for (width, height) in [(0, 0), (1, 1), (3, 2), (20, 6)] {
            probe::draw(width, height, |area, buffer, theme| draw(parser.screen(), area, buffer, theme));
        }
    }
}
