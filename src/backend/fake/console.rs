//! Terminals into a fake container: they echo, obey the few commands of `shell`, and end. Knows no screen.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes as Chunk;
use futures_util::stream;
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream};

use super::{FakeEngine, shell::Step};
use crate::{
    backend::{Console, ConsoleControl, Printed, Result, Size},
    model::{ContainerId, SessionId, Stream as Channel},
};

/// Bytes typed ahead at most.
const TYPED: usize = 64 << 10;
/// What a terminal sends for the end of the input (`^D`).
const END: char = '\u{4}';

/// What a console shall do.
pub(super) struct Plan {
    pub(super) id: ContainerId,
    /// The exec it is of; `None` for the main process.
    pub(super) session: Option<SessionId>,
    pub(super) steps: Vec<Step>,
    pub(super) tty: bool,
}

struct Control {
    size: Mutex<Size>,
    code: Mutex<Option<i64>>,
}

impl Control {
    fn size(&self) -> Size {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConsoleControl for Control {
    async fn resize(&self, size: Size) -> Result<()> {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
        Ok(())
    }

    async fn exit_code(&self) -> Result<Option<i64>> {
        Ok(*self.code.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Process {
    engine: FakeEngine,
    id: ContainerId,
    session: Option<SessionId>,
    steps: VecDeque<Step>,
    tty: bool,
    input: BufReader<DuplexStream>,
    control: Arc<Control>,
}

/// Opens a console. The process goes on as its output is read.
pub(super) fn open(engine: FakeEngine, plan: Plan, size: Size) -> Console {
    let (near, far) = tokio::io::duplex(TYPED);
    let control = Arc::new(Control { size: Mutex::new(size), code: Mutex::new(None) });
    let process = Process {
        engine,
        id: plan.id,
        session: plan.session,
        steps: plan.steps.into(),
        tty: plan.tty,
        input: BufReader::new(far),
        control: control.clone(),
    };
    let output = stream::unfold(process, |mut process| async move {
        let (channel, text) = process.next().await?;
        Some((Ok(Printed { channel, bytes: Chunk::from(text) }), process))
    });
    Console { input: Box::pin(near), output: Box::pin(output), control }
}

impl Process {
    /// Goes on to its next output; `None` when it has ended.
    async fn next(&mut self) -> Option<(Channel, String)> {
        loop {
            match self.steps.front()?.clone() {
                Step::Print(channel, text) => {
                    self.steps.pop_front();
                    return Some((if self.tty { Channel::Out } else { channel }, self.line(&text)));
                }
                Step::Size => {
                    self.steps.pop_front();
                    let Size { rows, columns } = self.control.size();
                    return Some((Channel::Out, self.line(&format!("{rows} {columns}"))));
                }
                Step::Read => {
                    self.steps.pop_front();
                    let typed = self.read().await.unwrap_or_default();
                    if self.tty {
                        return Some((Channel::Out, self.line(&typed)));
                    }
                }
                Step::Cat | Step::Prompt => match self.read().await {
                    Some(line) => return Some((Channel::Out, self.answer(&line))),
                    None => drop(self.steps.pop_front()),
                },
                // Nothing is heard of it any more; whoever wants its end has to kill it.
                Step::Sleep => std::future::pending().await,
                Step::Touch(_) => drop(self.steps.pop_front()),
                Step::Exit(code) => self.exit(code),
            }
        }
    }

    fn answer(&mut self, line: &str) -> String {
        let told_to_exit = line.strip_prefix("exit").filter(|_| self.steps.front() == Some(&Step::Prompt));
        let echo = if self.tty { self.line(line) } else { String::new() };
        if let Some(code) = told_to_exit {
            let code = code.trim().parse().unwrap_or(0);
            self.steps = [Step::Exit(code)].into();
            return echo;
        }
        echo + &self.line(line)
    }

    /// One line of input without its end; `None` at the end of the input.
    async fn read(&mut self) -> Option<String> {
        let mut typed = Vec::new();
        loop {
            let waiting = self.input.fill_buf().await.ok()?;
            let end = waiting.iter().position(|byte| matches!(byte, b'\n' | b'\r') || *byte == END as u8);
            let Some(end) = end else {
                if waiting.is_empty() {
                    return (!typed.is_empty()).then(|| String::from_utf8_lossy(&typed).into_owned());
                }
                let length = waiting.len();
                typed.extend_from_slice(waiting);
                self.input.consume(length);
                continue;
            };
            let closed = waiting[end] == END as u8;
            typed.extend_from_slice(&waiting[..end]);
            self.input.consume(end + 1);
            return (!closed).then(|| String::from_utf8_lossy(&typed).into_owned());
        }
    }

    fn line(&self, text: &str) -> String {
        format!("{text}{}", if self.tty { "\r\n" } else { "\n" })
    }

    fn exit(&mut self, code: i64) {
        self.steps.clear();
        *self.control.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
        let mut world = self.engine.world();
        match &self.session {
            Some(session) => world.end_exec(&self.id, session, code),
            None if world.is_up(&self.id) => world.died(&self.id, code),
            None => {}
        }
    }
}
