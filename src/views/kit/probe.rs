//! What tests of widgets share: a buffer to draw into, and reading it as text. Not part of the program.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::app::theme::{DEFAULT, Glyphs, Theme};

/// The default theme.
pub(crate) fn theme() -> Theme {
    let (mut themes, problems) = Theme::all(&[]);
    assert_eq!(problems, []);
    themes.remove(DEFAULT).unwrap()
}

/// The default theme with ASCII signs.
pub(crate) fn ascii() -> Theme {
    theme().with_glyphs(Glyphs::ASCII)
}

/// Draws into a buffer of this size.
pub(crate) fn draw<T>(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer, &Theme) -> T) -> (Buffer, T) {
    draw_with(&theme(), width, height, draw)
}

/// Draws with a theme. The buffer is larger than the area on all sides, and nothing may be drawn there.
pub(crate) fn draw_with<T>(
    theme: &Theme,
    width: u16,
    height: u16,
    draw: impl FnOnce(Rect, &mut Buffer, &Theme) -> T,
) -> (Buffer, T) {
    let area = Rect::new(1, 1, width, height);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width + 2, height + 2));
    let drawn = draw(area, &mut buffer, theme);
    let mut inner = Buffer::empty(Rect::new(0, 0, width, height));
    for at in buffer.area.positions() {
        if area.contains(at) {
            inner[(at.x - 1, at.y - 1)] = buffer[at].clone();
        } else {
            assert_eq!(buffer[at].symbol(), " ", "drawn outside of its area at {at}");
        }
    }
    (inner, drawn)
}

/// The rows of a buffer as text, without blanks at their ends.
pub(crate) fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let row = |y: u16| {
        let mut row = String::new();
        let mut skip = 0;
        for x in area.x..area.right() {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                row.push_str(symbol);
            }
            skip = skip.max(super::text::width(symbol)).saturating_sub(1);
        }
        row.trim_end().to_owned()
    };
    (area.y..area.bottom()).map(row).collect::<Vec<_>>().join("\n")
}
