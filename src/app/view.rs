//! What every view is: it reads the desk, answers keys with data and draws. Knows no particular view.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::{
    app::{
        cmd::Cmd,
        console::{ConsoleId, Wire},
        desk::Desk,
        jobs::JobId,
        keys::Intent,
        wants::Wants,
    },
    model::{ContainerId, Part, Refusal, Subject, endpoint::Endpoint},
};

/// Something on screen that owns what only the eye needs.
pub trait View {
    /// Says what it wants to know as long as it is on screen.
    fn wants(&self, desk: &Desk, wants: &mut Wants);

    /// Answers a key.
    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome;

    /// Answers the mouse.
    fn mouse(&mut self, _mouse: MouseEvent, _desk: &Desk) -> Outcome {
        Outcome::Ignored
    }

    /// Answers pasted text.
    fn paste(&mut self, _text: &str, _desk: &Desk) -> Outcome {
        Outcome::Ignored
    }

    /// Hears what became of a wish of the app: an opened terminal, another endpoint.
    fn hear(&mut self, _news: &News, _desk: &Desk) {}

    /// Whether `Esc` closes it, for the hint bar.
    fn closes_on_esc(&self, _desk: &Desk) -> bool {
        true
    }

    /// Whether it has nothing more to show and goes by itself.
    fn is_over(&self, _desk: &Desk) -> bool {
        false
    }

    /// Draws itself; gives where the terminal's cursor shall be.
    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position>;
}

/// What the app tells its views.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A terminal was opened.
    Console(ConsoleId),
    /// Another endpoint is looked at.
    Switched,
}

/// What a view answers.
pub enum Outcome {
    /// The key is not mine.
    Ignored,
    /// I took it.
    Handled,
    /// I know it and must not: here is why.
    Refuse(Refusal),
    /// These wishes, all of one sort; whoever shows me asks before what is risky.
    Do(Vec<Cmd>),
    /// These wishes, already confirmed.
    Confirmed(Vec<Cmd>),
    /// Something of the app.
    Wish(Wish),
    /// Show this on top of me.
    Open(Box<dyn View>),
    /// I am done: take me away.
    Close,
    /// I am done, and then that.
    CloseThen(Box<Outcome>),
    /// Go and show this thing.
    Jump(Subject),
    /// As if the key of this intent had been pressed below me.
    Act(Intent),
}

impl Outcome {
    /// A refusal in these words.
    pub fn refuse(words: impl Into<String>) -> Self {
        Self::Refuse(Refusal::new(words))
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

/// Something a view wants of the app rather than of an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// End the program.
    Quit,
    /// Go to the shell until `fg`.
    Suspend,
    /// Put this on the clipboard; the words name it.
    Copy(String),
    /// Write this text to a file of this name.
    Save {
        /// The file's path, as typed.
        path: String,
        /// Its content.
        text: String,
    },
    /// Take this theme.
    Theme(String),
    /// Turn the mouse on or off.
    Mouse,
    /// Set or lift read-only mode.
    ReadOnly(bool),
    /// Read these again, and retry a lost engine.
    Refresh(Vec<Part>),
    /// Look at another endpoint.
    Switch(String),
    /// Know one more endpoint, in the config file too.
    AddEndpoint(Box<Endpoint>),
    /// Know this endpoint no longer.
    RemoveEndpoint(String),
    /// Test an endpoint.
    TestEndpoint(String),
    /// Test a host port, `address:port`.
    TestPort(String),
    /// Call a job off.
    CancelJob(JobId),
    /// Open a terminal.
    Console {
        /// Into which container.
        container: ContainerId,
        /// Its name.
        name: String,
        /// To what.
        wire: Wire,
    },
    /// Type into a terminal.
    Type(ConsoleId, Vec<u8>),
    /// Scroll a terminal back by so many lines.
    Scroll(ConsoleId, usize),
    /// Hang up a terminal.
    CloseConsole(ConsoleId),
    /// Read a log from further back: this many lines, or all.
    MoreLog(ContainerId, Option<u32>),
}
