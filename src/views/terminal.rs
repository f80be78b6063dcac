//! A terminal into a container on the whole screen: every key goes to the program in it, but for one.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::kit::{
    panel::Panel,
    terminal::{self, Modes},
    text,
};
use crate::{
    app::{
        console::{ConsoleId, ConsoleScreen, ConsoleState, Wire},
        desk::Desk,
        theme::Role,
        view::{Outcome, View, Wish},
        wants::Wants,
    },
    backend::Size,
};

/// A terminal into a container.
pub struct TerminalView {
    id: ConsoleId,
    size: Cell<Option<Size>>,
}

/// Lines that one notch of the wheel scrolls back.
const WHEEL: usize = 3;

impl TerminalView {
    /// The view of this terminal.
    pub fn new(id: ConsoleId) -> Self {
        Self { id, size: Cell::new(None) }
    }

    fn console<'a>(&self, desk: &'a Desk) -> Option<&'a ConsoleScreen> {
        desk.consoles.get(&self.id)
    }

    fn scroll(&self, console: &ConsoleScreen, by: isize) -> Outcome {
        let lines = console.screen().scrollback().saturating_add_signed(by);
        Outcome::Wish(Wish::Scroll(self.id, lines))
    }

    /// The keys that are not the program's.
    fn own_key(&self, key: KeyEvent, console: &ConsoleScreen) -> Option<Outcome> {
        let hang_up = || Outcome::CloseThen(Box::new(Outcome::Wish(Wish::CloseConsole(self.id))));
        if !console.is_open() {
            let leaves = matches!(key.code, KeyCode::Enter | KeyCode::Esc | KeyCode::Char('q' | ' ')) || is_leave(key);
            return Some(if leaves { hang_up() } else { Outcome::Handled });
        }
        if is_leave(key) {
            return Some(Outcome::Close);
        }
        let page = console.size().rows.saturating_sub(1).max(1) as isize;
        match key.code {
            KeyCode::PageUp if key.modifiers.contains(KeyModifiers::SHIFT) => Some(self.scroll(console, page)),
            KeyCode::PageDown if key.modifiers.contains(KeyModifiers::SHIFT) => Some(self.scroll(console, -page)),
            _ => None,
        }
    }

    fn state(console: &ConsoleScreen, desk: &Desk) -> Line<'static> {
        let theme = &desk.theme;
        let say = |role, words: String| Line::styled(words, theme.style(role));
        match &console.state {
            ConsoleState::Opening => say(Role::Busy, "opening …".into()),
            ConsoleState::Open if console.screen().scrollback() > 0 => {
                say(Role::Warn, format!("{} lines back · S-PgDn returns", console.screen().scrollback()))
            }
            ConsoleState::Open => say(Role::Muted, "^] leaves it running · S-PgUp scrolls back".into()),
            ConsoleState::Ended(Some(0)) => say(Role::Good, "ended · Enter closes".into()),
            ConsoleState::Ended(Some(code)) => say(Role::Bad, format!("ended with {code} · Enter closes")),
            ConsoleState::Ended(None) => say(Role::Muted, "the connection ended · Enter closes".into()),
            ConsoleState::Failed(_) => say(Role::Bad, "failed · Enter closes".into()),
        }
    }
}

/// `^]`, as telnet has it; terminals send it as the control code that crossterm names after 5.
fn is_leave(key: KeyEvent) -> bool {
    key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char(']' | '5'))
}

impl View for TerminalView {
    fn wants(&self, _desk: &Desk, wants: &mut Wants) {
        wants.consoles.extend(self.size.get().map(|size| (self.id, size)));
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        let Some(console) = self.console(desk) else { return Outcome::Close };
        if let Some(outcome) = self.own_key(key, console) {
            return outcome;
        }
        let bytes = terminal::encode(key, Modes::from(console.screen()));
        if bytes.is_empty() { Outcome::Handled } else { Outcome::Wish(Wish::Type(self.id, bytes)) }
    }

    fn mouse(&mut self, mouse: MouseEvent, desk: &Desk) -> Outcome {
        let Some(console) = self.console(desk) else { return Outcome::Close };
        match mouse.kind {
            MouseEventKind::ScrollUp => self.scroll(console, WHEEL as isize),
            MouseEventKind::ScrollDown => self.scroll(console, -(WHEEL as isize)),
            _ => Outcome::Handled,
        }
    }

    fn paste(&mut self, pasted: &str, desk: &Desk) -> Outcome {
        let Some(console) = self.console(desk).filter(|c| c.is_open()) else { return Outcome::Handled };
        Outcome::Wish(Wish::Type(self.id, terminal::paste(pasted, Modes::from(console.screen()))))
    }

    fn closes_on_esc(&self, desk: &Desk) -> bool {
        self.console(desk).is_none_or(|console| !console.is_open())
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let console = self.console(desk)?;
        let theme = &desk.theme;
        super::kit::popup::clear(area, buffer, theme);
        let what = match console.wire.as_ref() {
            Wire::Exec(spec) => spec.command.join(" "),
            Wire::Attach => "main process".to_owned(),
        };
        let title = Line::from(vec![
            Span::styled(console.name.clone(), theme.style(Role::Title)),
            Span::styled(format!(" {} ", theme.glyphs().border[4]), theme.style(Role::Border)),
            Span::styled(what, theme.style(Role::Muted)),
        ]);
        let inner = Panel { title, remark: Self::state(console, desk), active: true }.draw(area, buffer, theme);
        self.size.set(Some(Size { columns: inner.width.max(1), rows: inner.height.max(1) }));
        let cursor = terminal::draw(console.screen(), inner, buffer, theme);
        if let ConsoleState::Failed(problem) = &console.state {
            let y = inner.bottom().saturating_sub(2);
            text::put(buffer, inner.x + 1, y, &problem.sentence, inner.width.saturating_sub(2), theme.style(Role::Bad));
        }
        cursor.filter(|_| console.is_open())
    }
}
