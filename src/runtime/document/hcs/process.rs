//! A process to start in a container, what it is told while it runs, and how it stands. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{command_line, is_default};
use crate::runtime::document::Process;

/// What `HcsCreateProcess` is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessParameters {
    /// Program and words in one line, quoted as the C runtime of Windows takes them apart.
    pub command_line: String,
    /// Its user; the image's own when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Its folder inside.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_directory: String,
    /// Its variables beside those of the system.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Whether it has a console; then all it prints comes through one pipe.
    #[serde(skip_serializing_if = "is_default")]
    pub emulate_console: bool,
    /// Lines and columns of the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_size: Option<[u16; 2]>,
    /// Whether something can be written to it.
    #[serde(skip_serializing_if = "is_default")]
    pub create_std_in_pipe: bool,
    /// Whether what it prints can be read.
    #[serde(skip_serializing_if = "is_default")]
    pub create_std_out_pipe: bool,
    /// Whether its errors can be read, apart.
    #[serde(skip_serializing_if = "is_default")]
    pub create_std_err_pipe: bool,
}

impl ProcessParameters {
    /// The process as HCS is told of it, all its output readable.
    pub fn of(process: &Process) -> Self {
        Self {
            command_line: command_line(&process.args),
            user: process.user.clone(),
            working_directory: process.cwd.clone(),
            environment: environment(&process.env),
            emulate_console: process.tty,
            console_size: None,
            create_std_in_pipe: process.stdin,
            create_std_out_pipe: true,
            create_std_err_pipe: !process.tty,
        }
    }
}

/// `KEY=value` as variables. Windows knows no empty ones and takes `Path` and `PATH` for the same; the last one counts.
fn environment(variables: &[String]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for variable in variables {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        all.retain(|known: &String, _| !known.eq_ignore_ascii_case(name));
        if !name.is_empty() && !value.is_empty() {
            all.insert(name.to_owned(), value.to_owned());
        }
    }
    all
}

/// What `HcsModifyProcess` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Operation")]
pub enum ModifyProcess {
    /// Its console has another size.
    ConsoleSize {
        /// The size.
        #[serde(rename = "ConsoleSize")]
        size: ConsoleSize,
    },
    /// One of its pipes ends.
    CloseHandle {
        /// Which.
        #[serde(rename = "CloseHandle")]
        close: CloseHandle,
    },
}

/// The size of a console in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConsoleSize {
    /// Lines.
    pub height: u16,
    /// Columns.
    pub width: u16,
}

/// A pipe that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CloseHandle {
    /// Which.
    pub handle: StdHandle,
}

/// A pipe of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum StdHandle {
    /// What it reads.
    StdIn,
}

impl ModifyProcess {
    /// Another size of the console.
    pub const fn console(height: u16, width: u16) -> Self {
        Self::ConsoleSize { size: ConsoleSize { height, width } }
    }

    /// The end of its input.
    pub const END_OF_INPUT: Self = Self::CloseHandle { close: CloseHandle { handle: StdHandle::StdIn } };
}

/// What `HcsSignalProcess` is told; since build 17763.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignalProcess {
    /// Which event.
    pub signal: ConsoleEvent,
}

/// An event that Windows tells to the programs of a console, and services when the system shuts down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ConsoleEvent {
    /// Ctrl-C was pressed.
    CtrlC,
    /// Ctrl-Break was pressed.
    CtrlBreak,
    /// The window was closed.
    CtrlClose,
    /// The user logs off.
    CtrlLogOff,
    /// The system shuts down.
    CtrlShutdown,
}

impl ConsoleEvent {
    /// What stands for a signal of Linux, by its number there: `None` for those that only end the process by force or
    /// that Windows has nothing for.
    pub const fn of_signal(signal: i32) -> Option<Self> {
        Some(match signal {
            1 => Self::CtrlClose,
            2 => Self::CtrlC,
            3 => Self::CtrlBreak,
            15 => Self::CtrlShutdown,
            _ => return None,
        })
    }
}

/// How a process stands: the answer of `HcsGetProcessProperties`, and what its exit event carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessStatus {
    /// Its number.
    pub process_id: u32,
    /// Whether it has ended.
    pub exited: bool,
    /// With what.
    pub exit_code: u32,
    /// An `HRESULT`: whether HCS itself could follow it to its end.
    pub last_wait_result: i32,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this code; codes of Windows such as `0xC0000005` take all 32 bits.
    Code(u32),
    /// Nobody knows with what; this `HRESULT` says why.
    Unknown(i32),
}

impl ProcessStatus {
    /// How it ended; `None` while it runs.
    pub const fn ended(&self) -> Option<Ended> {
        match self {
            Self { exited: false, .. } => None,
            Self { last_wait_result: 0, exit_code, .. } => Some(Ended::Code(*exit_code)),
            Self { last_wait_result, .. } => Some(Ended::Unknown(*last_wait_result)),
        }
    }
}
