//! News for the app, and what it wants done about it. Both are data; neither does anything.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::{
    app::{
        cmd::Cmd,
        console::{ConsoleId, Wire},
        jobs::JobId,
    },
    backend::Size,
    model::{Ask, Change, ContainerId, LogLine, Part, Problem, Progress, Told, endpoint::Endpoint},
};

/// One connection to one endpoint; what comes from an older one is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// News.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// The terminal must be drawn anew: back from the shell.
    Redraw,
    /// Time went by: the moment asked for by `next_wakeup` is there.
    Tick,
    /// Somebody asks the program to end.
    Terminate,
    /// The engine tells facts.
    Changes(Epoch, Vec<Change>),
    /// A question was answered.
    Told(Epoch, Ask, Result<Told, Problem>),
    /// Lines of a log.
    Log(Epoch, ContainerId, Vec<LogLine>),
    /// A log ended, by itself or by failing.
    LogEnd(Epoch, ContainerId, Option<Problem>),
    /// A job is so far.
    Progress(JobId, Progress),
    /// A job ended; with a sentence more where there is something to tell.
    Done(JobId, Result<Option<String>, Problem>),
    /// A terminal is connected.
    ConsoleOpen(ConsoleId),
    /// A terminal prints.
    ConsolePrint(ConsoleId, Vec<u8>),
    /// A terminal ended.
    ConsoleEnd(ConsoleId, Result<Option<i64>, Problem>),
    /// A file was written, or not.
    Saved(PathBuf, Result<(), Problem>),
    /// Something outside an engine worked (`Ok`) or did not.
    Notice(Result<String, Problem>),
    /// An endpoint was probed: the engine's words or the problem.
    Probed(String, Result<String, Problem>),
}

/// What the app wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Connect to an endpoint; everything before belongs to older epochs.
    Connect(Epoch, Endpoint),
    /// Try the lost endpoint at once.
    Retry,
    /// Read a part.
    Load(Epoch, Part),
    /// Ask a question.
    Ask(Epoch, Ask),
    /// Stream a container's use, or no longer.
    Stats(Epoch, ContainerId, bool),
    /// Follow a container's log from its last lines, or no longer.
    Log(Epoch, ContainerId, Option<u32>),
    /// Sample the host's load, or no longer.
    HostLoad(Epoch, bool),
    /// Do what was wished.
    Perform(JobId, Cmd),
    /// Call a job off.
    Cancel(JobId),
    /// Open a terminal.
    OpenConsole(ConsoleId, ContainerId, Wire, Size),
    /// Type into a terminal.
    TypeConsole(ConsoleId, Vec<u8>),
    /// Tell a terminal its size.
    ResizeConsole(ConsoleId, Size),
    /// Hang up a terminal.
    CloseConsole(ConsoleId),
    /// Put a text on the clipboard.
    Clipboard(String),
    /// Write a file that must not exist yet.
    Save(PathBuf, String),
    /// Ask the terminal for mouse reports, or for no more.
    Mouse(bool),
    /// Write down what was done.
    Audit(AuditLine),
    /// Write an endpoint into the config file.
    KeepEndpoint(Endpoint),
    /// Take an endpoint out of the config file.
    DropEndpoint(String),
    /// Probe an endpoint without switching to it.
    Probe(Endpoint),
    /// Probe a host port.
    ProbePort(String),
    /// Go to the shell until `fg`.
    Suspend,
    /// End the program.
    Quit,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// The endpoint's name.
    pub endpoint: String,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub object: String,
    /// `ok`, `cancelled` or the error.
    pub result: String,
}
