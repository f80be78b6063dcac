//! Looks into containers: their processes, what they use, what they changed, what they printed. Knows neither cgroups
//! nor the form of a log.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Result, Runtime, RuntimeError, document::Process, host::Counters, monitor::log::Reader, records::container::Record,
};
use crate::model::{
    Bytes, Container, ContainerId, LogLine, LogOptions, PathChange, Process as Running_, SessionId, State,
};

/// What runs in a container.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// The user its main process was made with.
    pub user: String,
    /// All its processes, parents before their children.
    pub processes: Vec<Running_>,
    /// Its exec sessions, with their leaders' ids on the host.
    pub execs: Vec<(SessionId, Process, u32)>,
}

/// A log that is being read.
pub struct Reading {
    id: ContainerId,
    name: String,
    reader: Reader,
    follow: bool,
}

impl Reading {
    /// The next lines; none at the end, which is that of the container for one that is followed.
    ///
    /// # Errors
    /// What the system says.
    pub async fn next(&mut self, runtime: &Arc<Runtime>) -> Result<Vec<LogLine>> {
        let folder = runtime.layout.running(&self.id);
        let read = if self.follow {
            self.reader.follow(|| runtime.platform.compute.is_watched(&folder)).await
        } else {
            self.reader.read()
        };
        read.map_err(RuntimeError::system(format!("read the log of `{}`", self.name)))
    }
}

impl Runtime {
    /// A container's log.
    ///
    /// # Errors
    /// `NotFound` when there is no such container, or what the system says.
    pub fn log(&self, id: &ContainerId, options: LogOptions) -> Result<Reading> {
        let record = self.record(id, "read the log of")?;
        let folder = self.layout.container(&record.id).join("log");
        let reader = Reader::open(&folder, options, None)
            .map_err(RuntimeError::system(format!("read the log of `{}`", record.name)))?;
        Ok(Reading { id: record.id, name: record.name, reader, follow: options.follow })
    }

    /// What a container has used until now, and the host's memory; `None` when it does not run.
    ///
    /// # Errors
    /// When there is none, or its counters cannot be read.
    pub fn counters(&self, id: &ContainerId) -> Result<Option<(DateTime<Utc>, Counters, Bytes)>> {
        let record = match self.record(id, "measure") {
            Err(RuntimeError::NotFound { .. }) => return Ok(None),
            Err(error) => return self.foreign_counters(id, error),
            Ok(record) => record,
        };
        if !self.runs(&record) {
            return Ok(None);
        }
        let counters = self.platform.compute.counters(&self.layout.running(&record.id));
        match counters {
            // It ended in the moment.
            Err(_) if !self.runs(&self.record(id, "measure")?) => Ok(None),
            counters => Ok(Some((Utc::now(), counters?, self.platform.about.memory))),
        }
    }

    fn foreign_counters(
        &self,
        id: &ContainerId,
        error: RuntimeError,
    ) -> Result<Option<(DateTime<Utc>, Counters, Bytes)>> {
        match self.foreigner(id) {
            Some(foreign) if foreign.state.is_up() => {
                let counters = self.platform.compute.foreign_counters(&foreign.id)?;
                Ok(Some((Utc::now(), counters, self.platform.about.memory)))
            }
            Some(_) => Ok(None),
            None => Err(error),
        }
    }

    fn runs(&self, record: &Record) -> bool {
        matches!(record.state, State::Running | State::Paused) && self.is_watched(record)
    }

    /// A container's processes, parents before their children.
    ///
    /// # Errors
    /// `Conflict` when it does not run.
    pub fn processes(&self, id: &ContainerId) -> Result<Vec<Running_>> {
        let is_own = self.own_record(id, "look at").is_ok();
        if !is_own && let Some(foreign) = self.foreigner(id) {
            return self.platform.compute.foreign_processes(&foreign.id);
        }
        let record = self.running_record(id, "list the processes of")?;
        self.platform.compute.processes(&self.layout.running(&record.id))
    }

    /// The row of a container that must run.
    pub(super) fn running_record(&self, id: &ContainerId, tried: &str) -> Result<Record> {
        let record = self.record(id, tried)?;
        if self.runs(&record) {
            return Ok(record);
        }
        let why = format!("it is not running: it is {}", record.state);
        Err(RuntimeError::Conflict { tried: format!("{tried} `{}`", record.name), why })
    }

    /// What runs, container by container. One that ends meanwhile is left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn running(&self) -> Result<Vec<(Container, Running)>> {
        let mut all = Vec::new();
        for container in self.containers()? {
            let running = if container.maker.is_some() {
                let processes = self.platform.compute.foreign_processes(container.id.as_str());
                processes.map(|processes| Running { processes, ..Running::default() })
            } else {
                self.running_record(&container.id, "look into").and_then(|record| self.inside(&record))
            };
            if let Ok(running) = running {
                all.push((container, running));
            }
        }
        Ok(all)
    }

    fn inside(&self, record: &Record) -> Result<Running> {
        let folder = self.layout.running(&record.id);
        let user = record.settled.process.user.clone();
        Ok(Running {
            user: if user.is_empty() { "root".into() } else { user },
            processes: self.platform.compute.processes(&folder)?,
            execs: self.platform.compute.execs(&folder)?,
        })
    }

    /// What a container changed in its files.
    ///
    /// # Errors
    /// When there is none, or its files cannot be read.
    pub fn changes(&self, id: &ContainerId) -> Result<Vec<PathChange>> {
        let record = self.record(id, "compare the files of")?;
        let layers = self.layers_of(&record)?;
        self.platform.storage.changes(&layers, &self.layout.container(&record.id))
    }
}
