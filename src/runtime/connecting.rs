//! Connects to processes of containers, starts more of them, and signals single ones. Knows no socket.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use super::{
    Result, Runtime, RuntimeError,
    document::Process,
    host::{Line, Started},
    records::{container::Record, new_id},
};
use crate::model::{ContainerId, ExecSpec, SessionId, State, Verb};

impl Runtime {
    /// Starts a process in a running container. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `Conflict` when it does not run; `Program` when that cannot be started in it.
    pub fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Result<Started> {
        let record = self.record(id, "exec in")?;
        self.allowed(Verb::Exec, &record)?;
        if !self.is_watched(&record) {
            let why = "its monitor is gone".into();
            return Err(RuntimeError::Conflict { tried: format!("exec in `{}`", record.name), why });
        }
        let process = process(&record, spec)?;
        let session = SessionId::new(new_id());
        let command = process.args.join(" ");
        let told = |t: &Transaction, action: &str| {
            record.tell(t, &format!("{action}: {command}"), &[("execID", session.as_str())])
        };
        self.db.change("write down an exec", |t| told(t, "exec_create"))?;
        let started = self.platform.compute.exec(&self.layout.running(&record.id), &session, &process)?;
        self.db.change("write down an exec", |t| told(t, "exec_start"))?;
        Ok(started)
    }

    /// A line to the main process of a container that is up.
    ///
    /// # Errors
    /// `Conflict` when it is not.
    pub fn attach(&self, id: &ContainerId) -> Result<Line> {
        let record = self.record(id, "attach to")?;
        if record.state != State::Paused {
            self.allowed(Verb::Attach, &record)?;
        }
        self.platform.compute.attach(&self.layout.running(&record.id))
    }

    /// Sends a signal to one process of a container, by its id on the host.
    ///
    /// # Errors
    /// `NotFound` when it is not a process of that container any more.
    pub fn signal(&self, id: &ContainerId, pid: u32, signal: i32) -> Result<()> {
        let record = self.running_record(id, &format!("send a signal to process {pid} of"))?;
        self.platform.compute.signal(&self.layout.running(&record.id), pid, signal)
    }
}

/// What is asked for over what the container has.
fn process(record: &Record, spec: &ExecSpec) -> Result<Process> {
    if spec.command.first().is_none_or(String::is_empty) {
        let why = "no command was given".into();
        return Err(RuntimeError::Invalid { tried: format!("exec in `{}`", record.name), why });
    }
    let own = &record.settled.process;
    let name = |entry: &String| entry.split('=').next().unwrap_or_default().to_owned();
    let mut env: BTreeMap<_, _> = own.env.iter().map(|entry| (name(entry), entry.clone())).collect();
    if spec.tty {
        env.entry("TERM".into()).or_insert_with(|| "TERM=xterm".into());
    }
    env.extend(spec.env.iter().map(|entry| (name(entry), entry.clone())));
    Ok(Process {
        args: spec.command.clone(),
        env: env.into_values().collect(),
        cwd: spec.workdir.clone().filter(|cwd| !cwd.is_empty()).unwrap_or_else(|| own.cwd.clone()),
        user: spec.user.clone().filter(|user| !user.is_empty()).unwrap_or_else(|| own.user.clone()),
        tty: spec.tty,
        stdin: true,
        privileged: spec.privileged || own.privileged,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::records::fixtures, *};

    #[test]
    fn a_process_has_what_its_container_has_unless_it_is_asked_otherwise() {
        let mut web = fixtures::container("web");
        web.settled.process.env = vec!["A=1".into(), "B=1".into()];
        web.settled.process.user = "app".into();
        web.settled.process.cwd = "/srv".into();
        let spec = ExecSpec { command: vec!["sh".into()], env: vec!["A=2".into()], tty: true, ..ExecSpec::default() };
        let merged = process(&web, &spec).unwrap();
        assert_eq!(merged.env, ["A=2", "B=1", "TERM=xterm"]);
        assert_eq!((merged.user.as_str(), merged.cwd.as_str(), merged.tty), ("app", "/srv", true));
        assert!(process(&web, &ExecSpec::default()).is_err());
    }
}
