//! The app's part in terminals into containers: opening, printing, ending. No connection in here.

use super::{
    App,
    console::{ConsoleId, ConsoleScreen, ConsoleState, Wire},
    msg::Effect,
    view::News,
};
use crate::{
    backend::Size,
    model::{ContainerId, Problem},
};

/// Until a pane says its own size.
const FIRST_SIZE: Size = Size { columns: 80, rows: 24 };

impl App {
    pub(super) fn open_console(&mut self, container: ContainerId, name: String, wire: Wire) {
        let id = ConsoleId(self.next_console);
        self.next_console += 1;
        self.desk.consoles.insert(id, ConsoleScreen::new(id, container, name, wire, FIRST_SIZE));
        self.root.hear(&News::Console(id), &self.desk);
    }

    pub(super) fn console_open(&mut self, id: ConsoleId) -> bool {
        let Some(console) = self.desk.consoles.get_mut(&id) else { return false };
        if console.state == ConsoleState::Opening {
            console.state = ConsoleState::Open;
        }
        true
    }

    pub(super) fn console_print(&mut self, id: ConsoleId, bytes: &[u8]) -> bool {
        let Some(console) = self.desk.consoles.get_mut(&id) else { return false };
        console.print(bytes);
        true
    }

    pub(super) fn console_end(&mut self, id: ConsoleId, result: Result<Option<i64>, Problem>) -> bool {
        let Some(console) = self.desk.consoles.get_mut(&id) else { return false };
        console.state = match result {
            Ok(code) => ConsoleState::Ended(code),
            Err(problem) => ConsoleState::Failed(problem),
        };
        true
    }

    /// The pane has this size: a terminal that waited for it is opened, an open one follows.
    pub(super) fn resize_console(&mut self, id: ConsoleId, size: Size, effects: &mut Vec<Effect>) {
        let Some(console) = self.desk.consoles.get_mut(&id) else { return };
        let asked = std::mem::replace(&mut console.asked, true);
        let resized = console.size() != size;
        if resized {
            console.resize(size);
        }
        if !asked {
            effects.push(Effect::OpenConsole(id, console.container.clone(), console.wire.as_ref().clone(), size));
        } else if resized {
            effects.push(Effect::ResizeConsole(id, size));
        }
    }

    pub(super) fn close_console(&mut self, id: ConsoleId, effects: &mut Vec<Effect>) {
        if self.desk.consoles.remove(&id).is_some() {
            effects.push(Effect::CloseConsole(id));
        }
    }
}
