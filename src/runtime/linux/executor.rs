//! What libcontainer calls as the last thing in a container's first process. Knows nothing of what was done before.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    sync::Arc,
};

use libcontainer::workload::{ExecutorError, ExecutorSetEnvsError, ExecutorValidationError};
use oci_spec::runtime::Spec;

use super::{
    confine::{Confinement, close_all_but, command, explain},
    init,
};

/// Becomes the container's program.
#[derive(Clone)]
pub(crate) struct Executor {
    confinement: Arc<Confinement>,
    /// Closed by the program's start; a [`super::confine::NoProgram`] as JSON otherwise.
    failure: Arc<OwnedFd>,
    /// Whether it stays as the first process and has the program for its child.
    init: bool,
}

impl Executor {
    pub(crate) fn new(confinement: Confinement, failure: OwnedFd, init: bool) -> Self {
        Self { confinement: Arc::new(confinement), failure: Arc::new(failure), init }
    }
}

impl libcontainer::workload::Executor for Executor {
    fn exec(&self, spec: &Spec) -> Result<(), ExecutorError> {
        let process = spec.process().as_ref().ok_or(ExecutorError::InvalidArg)?;
        let args = process.args().clone().unwrap_or_default();
        let env = process.env().clone().unwrap_or_default();
        let confinement = Arc::clone(&self.confinement);
        close_all_but(self.failure.as_raw_fd());
        let mut command = command(&args, &env, move || confinement.take());
        let error = match self.init {
            true => init::run(command, &self.failure, &self.confinement),
            false => command.exec(),
        };
        let failure = explain(&error, &args, &env, process.cwd());
        if let (Ok(text), Ok(pipe)) = (serde_json::to_vec(&failure), self.failure.try_clone()) {
            // The other side then only knows that it failed.
            let _ = File::from(pipe).write_all(&text);
        }
        Err(ExecutorError::Other(failure.why))
    }

    // The kernel knows better than a look at the mode bits what may be run.
    fn validate(&self, _: &Spec) -> Result<(), ExecutorValidationError> {
        Ok(())
    }

    // The program gets its environment as a whole.
    fn setup_envs(&self, _: HashMap<String, String>) -> Result<(), ExecutorSetEnvsError> {
        Ok(())
    }
}
