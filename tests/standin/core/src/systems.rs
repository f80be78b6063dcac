//! Systems and their processes: states, and which call each allows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Failure, Handle, Kind, Outcome, Telling, World, answers, codes, events, schema};

/// Exit code of what was ended by force.
const FORCED: u32 = 0x8037_0107;
/// Exit code of what a console event ended (`STATUS_CONTROL_C_EXIT`).
const BY_EVENT: u32 = 0xC000_013A;
/// What runs in every container beside its own program, in the order of its beginning.
const SERVICES: [&str; 6] = ["smss.exe", "csrss.exe", "wininit.exe", "services.exe", "svchost.exe", "CExecSvc.exe"];

/// How a system stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Made.
    Created,
    /// Runs.
    Running,
    /// Has ended; open handles still get answers.
    Stopped,
}

/// A system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sys {
    /// Its id as it was given.
    pub(crate) id: String,
    pub(crate) owner: String,
    /// How it stands.
    pub state: State,
    pub(crate) ends_with_handles: bool,
    pub(crate) processes: BTreeMap<u32, Proc>,
    /// How often statistics were asked for; what it uses grows by that.
    pub(crate) looks: u64,
}

impl Sys {
    pub(crate) fn dump(&self, id: &str) -> Value {
        let alive = self.processes.values().filter(|process| process.exit.is_none()).count();
        json!({ "Id": id, "State": format!("{:?}", self.state), "Processes": alive })
    }
}

/// A process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proc {
    pub(crate) image: String,
    /// Lines and columns of its console.
    pub size: (u64, u64),
    /// What it does.
    pub script: Script,
    /// Its code, once it has ended.
    pub exit: Option<u32>,
}

/// What a process does, by its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Script {
    /// `sleep`: lives until it is told to end.
    Sleep,
    /// `stubborn`: lives until it is ended by force.
    Stubborn,
    /// `hang`: a signal to it is never done as long as it lives.
    Hang,
    /// `exit N`: has ended before anybody can listen.
    Exit(u32),
    /// `echo`: prints what it reads, ends with its input.
    Echo,
    /// `say N TEXT`: prints a text and ends with this code.
    Say(u32),
    /// What a shell does with the line.
    Shell,
}

impl Script {
    /// Reads a command line; what is not known sleeps.
    pub fn of(line: &str) -> Self {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let code = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
        match name {
            "stubborn" => Self::Stubborn,
            "hang" => Self::Hang,
            "exit" => Self::Exit(code),
            "echo" => Self::Echo,
            "say" => Self::Say(code),
            _ if crate::shell::script(line).is_some() => Self::Shell,
            _ => Self::Sleep,
        }
    }
}

impl World {
    /// A system, with what a call may do in its state.
    fn running(&mut self, id: &str) -> Result<&mut Sys, Failure> {
        let system = self.systems.get_mut(id).ok_or(codes::SYSTEM_NOT_FOUND)?;
        match system.state {
            State::Running => Ok(system),
            State::Created => Err(codes::INVALID_STATE.into()),
            State::Stopped => Err(codes::SYSTEM_ALREADY_STOPPED.into()),
        }
    }

    /// Makes a system; its handle exists already.
    pub fn create(&mut self, id: &str, text: &str) -> Outcome {
        let document = schema::read(text, &schema::SYSTEM)?;
        schema::check_system(&document)?;
        let key = id.to_lowercase();
        if self.systems.contains_key(&key) {
            return Err(codes::SYSTEM_ALREADY_EXISTS.into());
        }
        let flag = |name: &str| document.get(name).and_then(Value::as_bool).unwrap_or_default();
        let system = Sys {
            id: id.to_owned(),
            owner: text_of(&document, "Owner"),
            state: State::Created,
            ends_with_handles: flag("ShouldTerminateOnLastHandleClosed"),
            processes: BTreeMap::new(),
            looks: 0,
        };
        self.systems.insert(key, system);
        Ok(None)
    }

    /// Opens a system that there is and that has not ended.
    ///
    /// # Errors
    /// When there is none.
    pub fn open_system(&mut self, id: &str) -> Result<Handle, Failure> {
        self.injected("open", true)?;
        let key = id.to_lowercase();
        match self.systems.get(&key) {
            Some(system) if system.state != State::Stopped => Ok(self.open(Kind::System(key))),
            _ => Err(codes::SYSTEM_NOT_FOUND.into()),
        }
    }

    /// Starts a system.
    pub fn start(&mut self, id: &str) -> Outcome {
        let system = self.systems.get_mut(id).ok_or(codes::SYSTEM_NOT_FOUND)?;
        match system.state {
            State::Created => system.state = State::Running,
            State::Running => return Err(codes::INVALID_STATE.into()),
            State::Stopped => return Err(codes::SYSTEM_ALREADY_STOPPED.into()),
        }
        for image in SERVICES {
            self.begin(id, image, Script::Stubborn);
        }
        Ok(None)
    }

    fn begin(&mut self, id: &str, image: &str, script: Script) -> u32 {
        // As on Windows, in steps of four.
        self.last_pid = self.last_pid.max(1000) + 4;
        let exit = if let Script::Exit(code) = script { Some(code) } else { None };
        let process = Proc { image: image.to_owned(), size: (0, 0), script, exit };
        if let Some(system) = self.systems.get_mut(id) {
            system.processes.insert(self.last_pid, process);
        }
        self.last_pid
    }

    /// Freezes a system: nothing that process isolation can do.
    pub fn pause(&mut self, id: &str) -> Outcome {
        self.running(id)?;
        Err(codes::NOT_SUPPORTED.into())
    }

    /// Thaws a system, of which none is frozen.
    pub fn resume(&mut self, id: &str) -> Outcome {
        self.running(id)?;
        Err(codes::INVALID_STATE.into())
    }

    /// Whether a system can be asked to end, and whether what holds it up is left.
    pub fn shut_down(&mut self, id: &str) -> Result<bool, Failure> {
        let held = |process: &Proc| {
            let stays = matches!(process.script, Script::Stubborn | Script::Hang);
            process.exit.is_none() && stays && !SERVICES.contains(&process.image.as_str())
        };
        Ok(self.running(id)?.processes.values().any(held))
    }

    /// Ends a system.
    pub fn terminate(&mut self, id: &str) -> Result<Vec<Telling>, Failure> {
        let system = self.systems.get(id).ok_or(codes::SYSTEM_NOT_FOUND)?;
        if system.state == State::Stopped {
            return Err(codes::SYSTEM_ALREADY_STOPPED.into());
        }
        Ok(self.end(id, codes::TERMINATED))
    }

    /// Ends a system with this status: its processes first, and then itself.
    pub fn end(&mut self, id: &str, status: u32) -> Vec<Telling> {
        let Some(system) = self.systems.get_mut(id) else { return Vec::new() };
        system.state = State::Stopped;
        let alive = system.processes.iter().filter(|(_, process)| process.exit.is_none());
        let alive: Vec<u32> = alive.map(|(pid, _)| *pid).collect();
        let mut told: Vec<Telling> = alive.into_iter().flat_map(|pid| self.exit(id, pid, FORCED)).collect();
        let document = answers::system_exit(status);
        let listening = self.handles.listening(|kind| *kind == Kind::System(id.to_owned()));
        let tell = |handle| Telling { handle, event: events::SYSTEM_EXITED, document: Some(document.clone()) };
        told.extend(listening.into_iter().map(tell));
        told
    }

    /// Starts a process; gives its number and what it is to do.
    ///
    /// # Errors
    /// When the document or the system's state does not allow it.
    pub fn create_process(&mut self, id: &str, text: &str) -> Result<(u32, Map<String, Value>), Failure> {
        let document = schema::read(text, &schema::PROCESS)?;
        self.running(id)?;
        let line = text_of(&document, "CommandLine");
        if line.starts_with("no-such") {
            return Err(codes::FILE_NOT_FOUND.into());
        }
        let image = format!("{}.exe", line.split(' ').next().unwrap_or_default());
        Ok((self.begin(id, &image, Script::of(&line)), document))
    }

    /// Opens a process that runs.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn open_process(&mut self, id: &str, pid: u32) -> Result<Handle, Failure> {
        let process = self.running(id)?.processes.get(&pid).ok_or(codes::NOT_FOUND)?;
        if process.exit.is_some() {
            return Err(codes::NOT_FOUND.into());
        }
        Ok(self.open(Kind::Process(id.to_owned(), pid, false)))
    }

    /// A process.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn process(&mut self, id: &str, pid: u32) -> Result<&mut Proc, Failure> {
        let system = self.systems.get_mut(id).ok_or(codes::SYSTEM_NOT_FOUND)?;
        system.processes.get_mut(&pid).ok_or_else(|| codes::NOT_FOUND.into())
    }

    /// Whether there is a process of this number that has not ended.
    pub fn is_alive(&self, pid: u32) -> bool {
        self.systems.values().any(|system| system.processes.get(&pid).is_some_and(|process| process.exit.is_none()))
    }

    /// Ends a process with this code, unless it has ended.
    pub fn exit(&mut self, id: &str, pid: u32, code: u32) -> Vec<Telling> {
        match self.process(id, pid) {
            Ok(process) if process.exit.is_none() => process.exit = Some(code),
            _ => return Vec::new(),
        }
        let document = answers::process_status(pid, Some(code));
        let of = |kind: &Kind| matches!(kind, Kind::Process(system, number, _) if system == id && *number == pid);
        let listening = self.handles.listening(of);
        let tell = |handle| Telling { handle, event: events::PROCESS_EXITED, document: Some(document.clone()) };
        listening.into_iter().map(tell).collect()
    }

    /// Ends a process by force.
    pub fn terminate_process(&mut self, id: &str, pid: u32) -> Result<Vec<Telling>, Failure> {
        match self.process(id, pid)?.exit {
            Some(_) => Err(codes::PROCESS_ALREADY_STOPPED.into()),
            None => Ok(self.exit(id, pid, FORCED)),
        }
    }

    /// Tells a process of an event; `None`: the call is not done as long as the process lives.
    pub fn signal(&mut self, id: &str, pid: u32, text: &str) -> Result<Option<Vec<Telling>>, Failure> {
        schema::read(text, &schema::SIGNAL)?;
        let process = self.process(id, pid)?;
        match (process.exit, process.script) {
            (Some(_), _) => Err(codes::PROCESS_ALREADY_STOPPED.into()),
            (None, Script::Hang) => Ok(None),
            (None, Script::Stubborn) => Ok(Some(Vec::new())),
            (None, _) => Ok(Some(self.exit(id, pid, BY_EVENT))),
        }
    }

    /// How a process stands.
    pub fn status(&mut self, id: &str, pid: u32) -> Outcome {
        let exit = self.process(id, pid)?.exit;
        Ok(Some(answers::process_status(pid, exit)))
    }

    /// Changes a process; `true`: its input ends.
    pub fn modify_process(&mut self, id: &str, pid: u32, text: &str) -> Result<bool, Failure> {
        let document = schema::read(text, &schema::MODIFY_PROCESS)?;
        let process = self.process(id, pid)?;
        if process.exit.is_some() {
            return Err(codes::PROCESS_ALREADY_STOPPED.into());
        }
        if let Some(size) = document.get("ConsoleSize") {
            let member = |name: &str| size.get(name).and_then(Value::as_u64).unwrap_or_default();
            process.size = (member("Height"), member("Width"));
        }
        Ok(document.contains_key("CloseHandle"))
    }

    /// Changes a system.
    pub fn modify(&mut self, id: &str, text: &str) -> Outcome {
        let document = schema::read(text, &schema::MODIFY)?;
        self.running(id)?;
        match text_of(&document, "ResourcePath").as_str() {
            "Container/Memory/SizeInMB" | "Container/Processor" => Ok(None),
            _ => Err(codes::NOT_SUPPORTED.into()),
        }
    }

    /// Answers a question about a system.
    pub fn properties(&mut self, id: &str, query: Option<&str>) -> Outcome {
        let query = query.map(|text| schema::read(text, &schema::PROPERTIES)).transpose()?;
        let types = query.and_then(|query| query.get("PropertyTypes").cloned()).unwrap_or_default();
        let types: Vec<&str> = types.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !types.is_empty() {
            self.running(id)?;
        }
        let system = self.systems.get_mut(id).ok_or(codes::SYSTEM_NOT_FOUND)?;
        system.looks += 1;
        Ok(Some(answers::properties(system, &types)))
    }

    /// Lists systems that have not ended.
    pub fn enumerate(&self, query: Option<&str>) -> Outcome {
        let query = query.map(|text| schema::read(text, &schema::ENUMERATE)).transpose()?.unwrap_or_default();
        let fits = |member: &str, value: &str| match query.get(member).and_then(Value::as_array) {
            Some(all) if !all.is_empty() => all.iter().any(|one| one.as_str() == Some(value)),
            _ => true,
        };
        let listed = self.systems.values().filter(|system| {
            let alive = system.state != State::Stopped;
            alive && fits("Ids", &system.id) && fits("Owners", &system.owner) && fits("Types", "Container")
        });
        Ok(Some(Value::Array(listed.map(answers::basic).collect()).to_string()))
    }
}

fn text_of(document: &Map<String, Value>, member: &str) -> String {
    document.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
