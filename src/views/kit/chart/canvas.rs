//! Points finer than cells: braille dots, two by four in a cell, or eight heights of a block. Knows no scale.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::app::theme::Glyphs;
use crate::views::kit::text;

/// Where lines are drawn before they become letters.
pub(super) struct Canvas<'a> {
    area: Rect,
    glyphs: &'a Glyphs,
    /// What is in each cell, row by row: dots or height, and the style of whoever drew last.
    cells: Vec<(u8, Style)>,
}

/// The bits of Unicode's braille patterns for each of two columns, top to bottom (U+2800, Unicode chapter 21.1).
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl<'a> Canvas<'a> {
    /// An empty canvas over an area.
    pub(super) fn new(area: Rect, glyphs: &'a Glyphs) -> Self {
        Self { area, glyphs, cells: vec![(0, Style::new()); usize::from(area.width) * usize::from(area.height)] }
    }

    /// Draws the newest samples that have room, `top` being the full height.
    pub(super) fn plot(&mut self, samples: &[f64], top: f64, style: Style, filled: bool) {
        let (across, down) = if self.glyphs.ascii { (1, 8) } else { (2, 4) };
        let columns = usize::from(self.area.width) * across;
        let levels = usize::from(self.area.height) * down;
        if columns == 0 || levels == 0 {
            return;
        }
        let shown = &samples[samples.len().saturating_sub(columns)..];
        let mut before = None;
        for (column, sample) in (columns - shown.len()..columns).zip(shown) {
            let height =
                sample.is_finite().then(|| ((sample / top).clamp(0.0, 1.0) * (levels - 1) as f64).round() as usize);
            if let Some(height) = height {
                if self.glyphs.ascii {
                    self.block(column, height, style, filled);
                } else {
                    self.dots(column, height, before.unwrap_or(height), style, filled);
                }
            }
            before = height;
        }
    }

    /// A column of dots from the last height to this one, so that steep lines stay whole.
    fn dots(&mut self, column: usize, height: usize, before: usize, style: Style, filled: bool) {
        let joined = match () {
            () if filled => 0,
            () if before < height => before + 1,
            () if before > height => height,
            () => height,
        };
        let upper = if filled { height } else { height.max(before.saturating_sub(1)) };
        for level in joined.min(height)..=upper {
            let (row, dot) = (level / 4, 3 - level % 4);
            self.cell(column / 2, row, style, |bits| bits | DOTS[column % 2][dot]);
        }
    }

    /// A cell of a height from one to eight, and full ones below it.
    fn block(&mut self, column: usize, height: usize, style: Style, filled: bool) {
        self.cell(column, height / 8, style, |_| (height % 8 + 1) as u8);
        for row in 0..if filled { height / 8 } else { 0 } {
            self.cell(column, row, style, |_| 8);
        }
    }

    /// Changes a cell; rows count from the bottom.
    fn cell(&mut self, column: usize, row: usize, style: Style, change: impl Fn(u8) -> u8) {
        let Some(from_top) = usize::from(self.area.height).checked_sub(row + 1) else { return };
        if let Some((bits, own)) = self.cells.get_mut(from_top * usize::from(self.area.width) + column) {
            *bits = change(*bits);
            *own = style;
        }
    }

    /// Puts what was drawn into the buffer.
    pub(super) fn paint(&self, buffer: &mut Buffer) {
        for ((bits, style), at) in self.cells.iter().zip(self.area.positions()).filter(|((bits, _), _)| *bits > 0) {
            let mut letter = [0; 4];
            let sign = match self.glyphs.ascii {
                true => self.glyphs.levels[usize::from(*bits - 1).min(7)],
                false => char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ').encode_utf8(&mut letter),
            };
            text::put(buffer, at.x, at.y, sign, 1, *style);
        }
    }
}
