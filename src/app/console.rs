//! Terminals into containers: what they print, as a screen. Knows no connection.

use std::{num::NonZero, sync::Arc};

use crate::{
    backend::Size,
    model::{ContainerId, ExecSpec, Problem},
};

/// A terminal's number, unique in one run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsoleId(pub u64);

/// What a terminal is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A new process.
    Exec(ExecSpec),
    /// The main process.
    Attach,
}

/// Where a terminal is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleState {
    /// The engine was asked.
    Opening,
    /// Connected.
    Open,
    /// The process ended, with this code where it is known.
    Ended(Option<i64>),
    /// It could not be opened, or broke.
    Failed(Problem),
}

/// One terminal into a container.
pub struct ConsoleScreen {
    /// Its number.
    pub id: ConsoleId,
    /// Into which container.
    pub container: ContainerId,
    /// The container's name.
    pub name: String,
    /// Connected to what.
    pub wire: Arc<Wire>,
    /// Where it is in its life.
    pub state: ConsoleState,
    /// Whether the engine was asked; it is once the pane has a size, so that programs start with the right one.
    pub(super) asked: bool,
    parser: vt100::Parser,
    revision: u64,
}

/// A terminal has at least one cell.
fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap_or(NonZero::<u16>::MIN)
}

/// Lines above the screen that can be scrolled back to.
const SCROLLBACK: usize = 5_000;

impl ConsoleScreen {
    /// A terminal that is being opened.
    pub fn new(id: ConsoleId, container: ContainerId, name: String, wire: Wire, size: Size) -> Self {
        let parser = vt100::Parser::new(cells(size.rows), cells(size.columns), SCROLLBACK);
        Self {
            id,
            container,
            name,
            wire: Arc::new(wire),
            state: ConsoleState::Opening,
            asked: false,
            parser,
            revision: 0,
        }
    }

    /// Takes what the process printed.
    pub fn print(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.revision += 1;
    }

    /// Follows the size of the pane.
    pub fn resize(&mut self, size: Size) {
        self.parser.screen_mut().set_size(cells(size.rows), cells(size.columns));
    }

    /// Scrolls back by so many lines from the end; 0 follows.
    pub fn scroll(&mut self, lines: usize) {
        self.parser.screen_mut().set_scrollback(lines);
    }

    /// The screen as it is.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Its size.
    pub fn size(&self) -> Size {
        let (rows, columns) = self.parser.screen().size();
        Size { columns: columns.get(), rows: rows.get() }
    }

    /// Grows with everything printed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether typing leads anywhere.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ConsoleState::Opening | ConsoleState::Open)
    }
}
