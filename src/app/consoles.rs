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
    pub(super) fn open_console(&mut self, container: ContainerId, name: String, wire: Wire, effects: &mut Vec<Effect>) {
        let id = ConsoleId(self.next_console);
        self.next_console += 1;
        let screen = ConsoleScreen::new(id, container.clone(), name, wire.clone(), FIRST_SIZE);
        self.desk.consoles.insert(id, screen);
        effects.push(Effect::OpenConsole(id, container, wire, FIRST_SIZE));
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

    pub(super) fn resize_console(&mut self, id: ConsoleId, size: Size, effects: &mut Vec<Effect>) {
        if let Some(console) = self.desk.consoles.get_mut(&id)
            && console.size() != size
        {
            console.resize(size);
            effects.push(Effect::ResizeConsole(id, size));
        }
    }

    pub(super) fn close_console(&mut self, id: ConsoleId, effects: &mut Vec<Effect>) {
        if self.desk.consoles.remove(&id).is_some() {
            effects.push(Effect::CloseConsole(id));
        }
    }
}
