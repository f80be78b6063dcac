//! What Windows' host compute service does, as far as longshore can tell without Windows: the states of systems and
//! processes, operations, codes, strict documents, and an account of everything that is open. Portable and pure: knows
//! no pointer and no thread; the DLLs around it have those.
//!
//! It keeps the contract of the reference that the project wrote for itself from Microsoft's documentation and from
//! open source that runs on Windows. Where that says "nobody knows", a choice was made here.

mod answers;
pub mod codes;
mod handles;
mod schema;
mod sharing;
mod shell;
mod systems;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use answers::SERVICE;
pub use handles::{Handle, Kind};
pub use sharing::Systems;
pub use shell::{Step, script};
pub use systems::{Proc, Script, State, Sys};

use handles::Handles;

/// What a call gives: a document, or a code of an error with the words of its document.
pub type Outcome = Result<Option<String>, Failure>;

/// Why a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// An `HRESULT`.
    pub code: u32,
    /// The words of its document.
    pub words: String,
}

impl From<u32> for Failure {
    fn from(code: u32) -> Self {
        Self { code, words: String::new() }
    }
}

impl Failure {
    /// The document that comes with it.
    pub fn document(&self) -> String {
        let event = json!({ "Message": self.words, "Provider": "17a2a8b8-be35-4f71-9a2d-6a5a2a44a3a8", "EventId": 1 });
        json!({ "Error": self.code.cast_signed(), "ErrorMessage": self.words, "ErrorEvents": [event] }).to_string()
    }
}

/// Something that a handle is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Whom.
    pub handle: Handle,
    /// The number of the event's kind.
    pub event: i32,
    /// Its document.
    pub document: Option<String>,
}

/// A failure that is to come.
#[derive(Clone, Debug)]
struct Injected {
    code: u32,
    left: u32,
    /// Whether the call itself says it, and not the operation.
    at_once: bool,
}

/// All there is.
#[derive(Debug, Default)]
pub struct World {
    /// Systems by their id in small letters.
    systems: BTreeMap<String, Sys>,
    handles: Handles,
    injected: BTreeMap<String, Injected>,
    /// What a caller must never do, and did.
    pub faults: Vec<String>,
    last_pid: u32,
}

impl World {
    /// What is wrong with a call, if a failure was injected there: into the call itself, or into its operation.
    pub fn injected(&mut self, point: &str, at_once: bool) -> Result<(), Failure> {
        let Some(injected) = self.injected.get_mut(point).filter(|one| one.at_once == at_once) else { return Ok(()) };
        let code = injected.code;
        injected.left -= 1;
        if injected.left == 0 {
            self.injected.remove(point);
        }
        Err(Failure { code, words: format!("injected into {point}") })
    }

    /// The next calls at this point fail so often.
    pub fn inject(&mut self, point: &str, code: u32, times: u32, at_once: bool) {
        if times > 0 {
            self.injected.insert(point.to_owned(), Injected { code, left: times, at_once });
        }
    }

    /// A new handle.
    pub fn open(&mut self, kind: Kind) -> Handle {
        self.handles.open(kind)
    }

    /// What a handle stands for.
    ///
    /// # Errors
    /// When it is closed or nobody's, which is also a fault of the caller's; when the service was restarted.
    pub fn at(&mut self, handle: Handle, call: &str) -> Result<Kind, Failure> {
        match self.handles.get(handle) {
            Some(entry) if entry.is_dead => Err(codes::SERVICE_DISCONNECT.into()),
            Some(entry) => Ok(entry.kind.clone()),
            None => {
                self.faults.push(format!("{call} on a handle that is not open"));
                Err(codes::INVALID_HANDLE.into())
            }
        }
    }

    /// Says what a handle stands for that was given before that was known.
    pub fn becomes(&mut self, handle: Handle, kind: Kind) {
        self.handles.becomes(handle, kind);
    }

    /// Whether a handle may be listened to; marks it.
    pub fn listen(&mut self, handle: Handle) -> Result<(), Failure> {
        self.at(handle, "SetCallback")?;
        self.handles.listen(handle);
        Ok(())
    }

    /// Closes a handle. A system that has ended and is open nowhere is gone, one that ends with its last handle ends.
    pub fn close(&mut self, handle: Handle, call: &str) -> Vec<Telling> {
        let Some(kind) = self.handles.close(handle) else {
            self.faults.push(format!("{call} on a handle that is not open"));
            return Vec::new();
        };
        let Kind::System(id) = kind else { return Vec::new() };
        if self.handles.of_system(&id).next().is_some() {
            return Vec::new();
        }
        let Some(system) = self.systems.get(&id) else { return Vec::new() };
        let mut told = Vec::new();
        if system.ends_with_handles {
            told = self.end(&id, 0);
        }
        if self.systems.get(&id).is_some_and(|system| system.state == State::Stopped) {
            self.systems.remove(&id);
        }
        told
    }

    /// The service is restarted: handles are dead, systems live on.
    pub fn disconnect(&mut self) -> Vec<Telling> {
        let listening = self.handles.kill();
        listening.into_iter().map(|handle| Telling { handle, event: events::DISCONNECTED, document: None }).collect()
    }

    /// Everything that is open, as a document for tests.
    pub fn dump(&self) -> String {
        let systems: Vec<Value> = self.systems.iter().map(|(id, system)| system.dump(id)).collect();
        let open = self.handles.count();
        json!({ "Systems": systems, "Handles": open, "Faults": self.faults }).to_string()
    }
}

/// Numbers of events.
pub mod events {
    /// A system has ended.
    pub const SYSTEM_EXITED: i32 = 1;
    /// A process has ended.
    pub const PROCESS_EXITED: i32 = 0x0001_0000;
    /// The service was restarted.
    pub const DISCONNECTED: i32 = 0x0200_0000;
}
