//! The root of all views: header, tabs, one dashboard, whatever lies on top of it, hint bar.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Dashboard, Hint, frame, news,
    overlay::{Choice, Confirm, Help, Palette, Picker},
    tab_bar::TabBar,
};
use crate::{
    app::{
        cmd::Cmd,
        desk::Desk,
        keys::{Intent, Place},
        view::{News, Outcome, View, Wish},
        wants::Wants,
    },
    model::{Kind, Subject},
};

/// Makes the view of a terminal that was opened.
type OpenConsole = fn(crate::app::console::ConsoleId) -> Box<dyn View>;

/// The root of all views.
pub struct Shell {
    boards: Vec<Box<dyn Dashboard>>,
    at: usize,
    before: usize,
    over: Vec<Box<dyn View>>,
    tabs: TabBar,
    console: OpenConsole,
}

/// The least width and height in which anything can be shown.
const LEAST: (u16, u16) = (60, 15);

impl Shell {
    /// A shell over these dashboards, the first of them shown.
    pub fn new(boards: Vec<Box<dyn Dashboard>>, console: OpenConsole) -> Self {
        Self { boards, at: 0, before: 0, over: Vec::new(), tabs: TabBar::default(), console }
    }

    /// Shows the dashboard of this name first; says whether there is one.
    pub fn show(&mut self, name: &str) -> bool {
        let found = self.boards.iter().position(|b| b.title().eq_ignore_ascii_case(name));
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }

    /// Names of all dashboards.
    pub fn names(&self) -> Vec<&'static str> {
        self.boards.iter().map(|b| b.title()).collect()
    }

    /// Filters the shown dashboard.
    pub fn filter(&mut self, text: &str) {
        self.boards[self.at].set_filter(text);
    }

    fn go(&mut self, to: usize) {
        if to != self.at {
            self.before = self.at;
            self.at = to;
        }
    }

    /// Takes what concerns views out of an outcome; the rest is the app's.
    fn settle(&mut self, outcome: Outcome, desk: &Desk) -> Outcome {
        match outcome {
            Outcome::Open(view) => {
                self.over.push(view);
                Outcome::Handled
            }
            Outcome::Close => {
                self.over.pop();
                Outcome::Handled
            }
            Outcome::CloseThen(then) => {
                self.over.pop();
                self.settle(*then, desk)
            }
            Outcome::Do(wishes) => self.ask(wishes, desk),
            Outcome::Jump(subject) => self.jump(&subject),
            Outcome::Act(intent) => self.act(intent, desk),
            outcome => outcome,
        }
    }

    /// Leaves out what cannot be granted, and asks about the rest where it is risky.
    fn ask(&mut self, wishes: Vec<Cmd>, desk: &Desk) -> Outcome {
        let mut refused = None;
        let granted: Vec<Cmd> = wishes
            .into_iter()
            .filter(|cmd| match desk.check(cmd) {
                Ok(()) => true,
                Err(refusal) => {
                    refused.get_or_insert(refusal);
                    false
                }
            })
            .collect();
        if granted.is_empty() {
            return refused.map_or(Outcome::Handled, Outcome::Refuse);
        }
        match Confirm::of(granted.clone()) {
            Some(question) => {
                self.over.push(Box::new(question.switched()));
                Outcome::Handled
            }
            None => Outcome::Confirmed(granted),
        }
    }

    fn jump(&mut self, subject: &Subject) -> Outcome {
        let Some(intent) = home(subject.kind) else {
            return Outcome::refuse(format!("there is no dashboard of {}s", subject.kind.word()));
        };
        if let Some(at) = self.boards.iter().position(|b| b.intent() == intent) {
            self.over.clear();
            self.go(at);
            self.boards[at].reveal(&subject.id);
        }
        Outcome::Handled
    }

    fn act(&mut self, intent: Intent, desk: &Desk) -> Outcome {
        match self.global(intent, desk) {
            Outcome::Ignored => {
                let outcome = self.boards[self.at].act(intent, desk);
                match self.settle(outcome, desk) {
                    Outcome::Ignored => Outcome::refuse(format!(
                        "{} does nothing in {}",
                        crate::app::keys::entry(intent).name,
                        self.boards[self.at].title().to_lowercase()
                    )),
                    outcome => outcome,
                }
            }
            outcome => outcome,
        }
    }

    /// What an intent means everywhere.
    fn global(&mut self, intent: Intent, desk: &Desk) -> Outcome {
        if let Some(at) = self.boards.iter().position(|b| b.intent() == intent) {
            self.go(at);
            return Outcome::Handled;
        }
        match intent {
            Intent::Help => self.over.push(Box::new(Help::default())),
            Intent::Palette => self.over.push(Box::new(Palette::new(desk, Outcome::Act))),
            Intent::Theme => self.over.push(Box::new(themes(desk))),
            Intent::Quit => return self.quit(desk),
            Intent::Mouse => return Outcome::Wish(Wish::Mouse),
            Intent::ReadOnly => return Outcome::Wish(Wish::ReadOnly(desk.read_only.is_none())),
            Intent::Suspend => return Outcome::Wish(Wish::Suspend),
            _ => return Outcome::Ignored,
        }
        Outcome::Handled
    }

    /// Quits, or asks when something would be cut off.
    fn quit(&mut self, desk: &Desk) -> Outcome {
        let jobs = desk.jobs.running().count();
        let consoles = desk.consoles.values().filter(|c| c.is_open()).count();
        let mut cut = Vec::new();
        if jobs > 0 {
            cut.push(format!("{jobs} job{} still under way", if jobs == 1 { " is" } else { "s are" }));
        }
        if consoles > 0 {
            cut.push(format!("{consoles} terminal{} still open", if consoles == 1 { " is" } else { "s are" }));
        }
        if cut.is_empty() {
            return Outcome::Wish(Wish::Quit);
        }
        let choices = vec![Choice::new("stay", ""), Choice::new("quit", "what is under way may stop half-way")];
        let quit = |i| if i == 1 { Outcome::Wish(Wish::Quit) } else { Outcome::Handled };
        self.over.push(Box::new(Picker::new(format!("Quit? {}", cut.join(", ")), choices, quit)));
        Outcome::Handled
    }

    fn on_key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        let key = if self.is_left_first(key, desk) { KeyCode::Esc.into() } else { key };
        if let Some(top) = self.over.last_mut() {
            let outcome = top.key(key, desk);
            return self.settle(outcome, desk);
        }
        let typing = self.boards[self.at].is_typing();
        let outcome = self.boards[self.at].key(key, desk);
        let outcome = self.settle(outcome, desk);
        if !matches!(outcome, Outcome::Ignored) || typing {
            return outcome;
        }
        let Some(intent) = desk.keys.meaning(&[Place::List, Place::Everywhere], key) else { return Outcome::Ignored };
        match self.global(intent, desk) {
            Outcome::Ignored if intent == Intent::Back => self.back(key, desk),
            Outcome::Ignored => self.refuse(intent),
            outcome => outcome,
        }
    }

    /// Whether the chord that quits only leaves what is open on top, or being typed: something may be lost in it.
    fn is_left_first(&self, key: KeyEvent, desk: &Desk) -> bool {
        let is_open = match self.over.last() {
            Some(top) => top.closes_on_esc(desk),
            None => self.boards[self.at].is_typing(),
        };
        let is_chord = key.modifiers.contains(KeyModifiers::CONTROL);
        is_open && is_chord && desk.keys.meaning(&[Place::Everywhere], key) == Some(Intent::Quit)
    }

    /// `q` at the root quits; `Esc` leads to the dashboard before.
    fn back(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        if key.code == KeyCode::Esc {
            (self.at, self.before) = (self.before, self.at);
            return Outcome::Handled;
        }
        self.quit(desk)
    }

    /// A key that does nothing right now says why.
    fn refuse(&self, intent: Intent) -> Outcome {
        let entry = crate::app::keys::entry(intent);
        Outcome::refuse(format!("{} does nothing in {}", entry.name, self.boards[self.at].title().to_lowercase()))
    }

    fn hints(&self, desk: &Desk) -> Vec<Hint> {
        match self.over.last() {
            Some(top) if top.closes_on_esc(desk) => vec![Hint::fixed("Esc", "close")],
            Some(_) => vec![Hint::fixed("^]", "leave")],
            None => self.boards[self.at].hints(desk),
        }
    }
}

fn themes(desk: &Desk) -> Picker {
    let names: Vec<String> = desk.themes.keys().cloned().collect();
    let now = names.iter().position(|n| n == desk.theme.name()).unwrap_or(0);
    let choices = names.iter().map(|n| Choice::new(n, if n == desk.theme.name() { "in use" } else { "" })).collect();
    Picker::new("Theme", choices, move |i| Outcome::Wish(Wish::Theme(names[i].clone()))).at(now)
}

/// The dashboard that shows a kind of thing.
const fn home(kind: Kind) -> Option<Intent> {
    Some(match kind {
        Kind::Container => Intent::Containers,
        Kind::Image => Intent::Images,
        Kind::Layer => Intent::Layers,
        Kind::Session => Intent::Sessions,
        Kind::Volume => Intent::Volumes,
        Kind::Mapping => Intent::Nat,
        Kind::Rule => Intent::Firewall,
        Kind::Network => Intent::Networks,
        Kind::Engine => Intent::Overview,
        Kind::Other => return None,
    })
}

impl View for Shell {
    fn wants(&self, desk: &Desk, wants: &mut Wants) {
        self.boards[self.at].wants(desk, wants);
        for view in &self.over {
            view.wants(desk, wants);
        }
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        self.over.retain(|view| !view.is_over(desk));
        self.on_key(key, desk)
    }

    fn mouse(&mut self, mouse: MouseEvent, desk: &Desk) -> Outcome {
        if let Some(top) = self.over.last_mut() {
            let outcome = top.mouse(mouse, desk);
            return self.settle(outcome, desk);
        }
        let at = (mouse.column, mouse.row).into();
        if mouse.kind == MouseEventKind::Down(MouseButton::Left)
            && let Some(board) = self.tabs.at(at)
        {
            self.go(board);
            return Outcome::Handled;
        }
        let outcome = self.boards[self.at].mouse(mouse, desk);
        self.settle(outcome, desk)
    }

    fn paste(&mut self, text: &str, desk: &Desk) -> Outcome {
        let outcome = match self.over.last_mut() {
            Some(top) => top.paste(text, desk),
            None => self.boards[self.at].paste(text, desk),
        };
        self.settle(outcome, desk)
    }

    fn hear(&mut self, news: &News, desk: &Desk) {
        match news {
            News::Console(id) => self.over.push((self.console)(*id)),
            News::Switched => {
                self.over.clear();
                self.tabs.forget();
            }
        }
        for board in &mut self.boards {
            board.hear(news, desk);
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            frame::too_small(LEAST, area, buffer, desk);
            return None;
        }
        self.over.retain(|view| !view.is_over(desk));
        let rooms = frame::rooms(area, desk);
        frame::header(rooms.header, buffer, desk);
        self.tabs.draw(&self.boards, self.at, rooms.tabs, buffer, desk);
        let mut cursor = self.boards[self.at].draw(rooms.body, buffer, desk);
        for view in &mut self.over {
            cursor = view.draw(rooms.body, buffer, desk);
        }
        news::draw(rooms.news, buffer, desk);
        frame::hints(&self.hints(desk), rooms.hints, buffer, desk);
        cursor
    }
}
