//! Terminals into containers: exec and attach over a connection taken out of HTTP. Knows no terminal of ours.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bollard::{
    container::LogOutput, errors::Error, exec::StartExecOptions, exec::StartExecResults,
    query_parameters::AttachContainerOptions,
};
use futures_util::{
    FutureExt, Stream as Pieces, StreamExt,
    future::{BoxFuture, Shared},
};
use tokio::{
    io::AsyncWrite,
    task::{AbortHandle, JoinError},
    time::{sleep, timeout},
};

use super::{
    DockerEngine, QUICK, UNBOUND,
    call::{Ask, Call, segment},
    error::{failed, nonsense, timeout as late},
};
use crate::{
    backend::{
        Console, ConsoleControl, Containers, Flow, Printed, Result, Size,
        wire::{container, exec, spec},
    },
    model::{ContainerId, ExecSpec, State, Stream, Until},
};

/// Keys by which an engine lets go of a terminal. Its default begins with Ctrl-P, which shells use.
const DETACH: &str = "ctrl-^,ctrl-^,ctrl-^";
/// Looks at an exec or container until its end is noted; the output ends a moment before.
const LOOKS: u32 = 20;
/// Time between two looks.
const BETWEEN: Duration = Duration::from_millis(50);

impl DockerEngine {
    pub(super) async fn create_exec(&self, id: &ContainerId, wanted: &ExecSpec) -> Result<String> {
        let mut body = exec::create_body(wanted);
        body["DetachKeys"] = DETACH.into();
        let ask = Ask::post(format!("/containers/{}/exec", segment(id.as_str()))).body(&body);
        self.call.read(&self.tried("exec in", id), ask, QUICK, spec::id).await
    }

    pub(super) async fn exec_console(&self, id: &ContainerId, wanted: &ExecSpec, size: Size) -> Result<Console> {
        let tried = self.tried("exec in", id);
        let exec = self.create_exec(id, wanted).await?;
        let options = StartExecOptions { detach: false, tty: wanted.tty, output_capacity: None };
        let start = self.docker.start_exec(&exec, Some(options));
        let started = timeout(QUICK, start).await.map_err(|_| late(&tried, QUICK))?;
        let StartExecResults::Attached { output, input } = started.map_err(|error| failed(&tried, error))? else {
            return Err(nonsense(&tried, "it let go of the terminal at once"));
        };
        let control = Control { call: Call::new(self.docker.clone()), of: Of::Exec(exec), tty: wanted.tty };
        if wanted.tty {
            control.resize_soon(size).await;
        }
        Ok(Console { input, output: chunks(output, tried), control: Arc::new(control) })
    }

    pub(super) async fn attach_console(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let tty = self.container(id).await?.tty.unwrap_or(false);
        let (input, output) = self.attached(id).await?;
        let control = Control { call: Call::new(self.docker.clone()), of: Of::Main(id.clone()), tty };
        if tty {
            control.resize_soon(size).await;
        }
        Ok(Console { input, output, control: Arc::new(control) })
    }

    /// Connects, begins to wait for the end, and only then starts: no word and no code is missed.
    pub(super) async fn run_console(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let inspected = self.inspected(id).await?;
        let tty = inspected.container.tty.unwrap_or(false);
        let until = if inspected.auto_remove { Until::Removed } else { Until::NextExit };
        let wait = Ask::post(format!("/containers/{}/wait", segment(id.as_str()))).with("condition", until.word());
        let (call, tried) = (Call::new(self.docker.clone()), self.tried("wait for", id));
        let end = tokio::spawn(async move { call.read(&tried, wait, UNBOUND, spec::exit_code).await });
        let end = End { abort: end.abort_handle(), code: end.map(|told| told.unwrap_or_else(lost)).boxed().shared() };
        let (input, output) = self.attached(id).await?;
        self.start(id).await?;
        let control = Control { call: Call::new(self.docker.clone()), of: Of::Run(id.clone(), end), tty };
        if tty {
            control.resize_soon(size).await;
        }
        Ok(Console { input, output, control: Arc::new(control) })
    }

    async fn attached(&self, id: &ContainerId) -> Result<(Pin<Box<dyn AsyncWrite + Send>>, Flow<Printed>)> {
        let tried = self.tried("attach to", id);
        let options = AttachContainerOptions {
            detach_keys: Some(DETACH.to_owned()),
            logs: false,
            stream: true,
            stdin: true,
            stdout: true,
            stderr: true,
        };
        let attach = self.docker.attach_container(id.as_str(), Some(options));
        let attached = timeout(QUICK, attach).await.map_err(|_| late(&tried, QUICK))?;
        let attached = attached.map_err(|error| failed(&tried, error))?;
        Ok((attached.input, chunks(attached.output, tried)))
    }

    /// The exit code of an exec that is about to end.
    pub(super) async fn exec_code(&self, exec: &str) -> Result<Option<i64>> {
        let control = Control { call: Call::new(self.docker.clone()), of: Of::Exec(exec.to_owned()), tty: false };
        control.exit_code().await
    }
}

fn chunks(
    output: impl Pieces<Item = std::result::Result<LogOutput, Error>> + Send + 'static,
    tried: String,
) -> Flow<Printed> {
    Box::pin(output.map(move |piece| piece.map(printed).map_err(|error| failed(&tried, error))))
}

fn printed(piece: LogOutput) -> Printed {
    let channel = if matches!(piece, LogOutput::StdErr { .. }) { Stream::Err } else { Stream::Out };
    Printed { channel, bytes: piece.into_bytes() }
}

/// Somebody who waits for a container's end, and stops waiting when dropped.
struct End {
    abort: AbortHandle,
    code: Shared<BoxFuture<'static, Result<i64>>>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

fn lost(why: JoinError) -> Result<i64> {
    Err(nonsense("wait for the container", why))
}

/// Steers one terminal.
struct Control {
    call: Call,
    of: Of,
    tty: bool,
}

/// Whose terminal it is.
enum Of {
    Exec(String),
    Main(ContainerId),
    /// The main process of a container that was started with this terminal.
    Run(ContainerId, End),
}

impl Control {
    /// Tells the first size. A process that has ended already has no terminal: that is no error.
    async fn resize_soon(&self, size: Size) {
        if let Err(why) = self.resize(size).await {
            tracing::debug!(%why, "the first size was not taken");
        }
    }

    /// The code, or `None` while it runs.
    async fn code(&self) -> Result<Option<i64>> {
        match &self.of {
            Of::Exec(id) => {
                let ask = Ask::get(format!("/exec/{}/json", segment(id)));
                let exec = self.call.read("ask how the exec ended", ask, QUICK, exec::exec).await?;
                Ok(exec.exit_code)
            }
            Of::Run(_, end) => end.code.clone().await.map(Some),
            Of::Main(id) => {
                let ask = Ask::get(format!("/containers/{}/json", segment(id.as_str())));
                let main = self.call.read("ask how the container ended", ask, QUICK, container::container).await?;
                Ok(if let State::Exited(code) = main.container.state { Some(code) } else { None })
            }
        }
    }
}

#[async_trait]
impl ConsoleControl for Control {
    async fn resize(&self, size: Size) -> Result<()> {
        if !self.tty {
            return Ok(());
        }
        let path = match &self.of {
            Of::Exec(id) => format!("/exec/{}/resize", segment(id)),
            Of::Main(id) | Of::Run(id, _) => format!("/containers/{}/resize", segment(id.as_str())),
        };
        let ask = Ask::post(path).with("h", size.rows.to_string()).with("w", size.columns.to_string());
        self.call.done("resize the terminal", ask, QUICK).await
    }

    async fn exit_code(&self) -> Result<Option<i64>> {
        for _ in 0..LOOKS {
            if let Some(code) = self.code().await? {
                return Ok(Some(code));
            }
            sleep(BETWEEN).await;
        }
        Ok(None)
    }
}
