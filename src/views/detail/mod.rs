//! Pages of the detail pane that more than one dashboard shows. They know no dashboard.

mod cursor;
pub(crate) mod facts;
mod files;
mod history;
mod inspect;
mod log;
mod processes;
pub(crate) mod related;
#[cfg(test)]
pub(crate) mod scene;
mod search;
mod stats;

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

pub(crate) use cursor::Cursor;
pub use files::FilesPage;
pub(crate) use history::{history, instruction};
pub use inspect::InspectPage;
pub use log::LogPage;
pub use processes::ProcessesPage;
pub use stats::StatsPage;

use crate::{app::desk::Desk, views::kit::text};

/// Draws lines from the top of a page.
pub(crate) fn lines(lines: Vec<Line<'static>>, area: Rect, buffer: &mut Buffer, desk: &Desk) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        text::put_line(buffer, area.x + 1, y, line, area.width.saturating_sub(2), desk.theme.glyphs());
    }
}
