//! Terminals into containers: one task each that carries bytes both ways. Knows no screen.

use std::collections::HashMap;

use futures_util::StreamExt;
use tokio::{
    io::AsyncWriteExt,
    sync::{mpsc, watch},
};

use super::{Line, Task};
use crate::{
    app::{
        console::{ConsoleId, Wire},
        msg::Msg,
    },
    backend::{Console, Result, Size},
    model::{ContainerId, Problem},
};

/// Keys and pastes waiting to be sent; more than this from a person is a paste that may wait.
const TYPED: usize = 256;

/// All terminals that are open.
pub(super) struct Consoles {
    inbox: mpsc::Sender<Msg>,
    open: HashMap<ConsoleId, Open>,
}

struct Open {
    typed: mpsc::Sender<Vec<u8>>,
    size: watch::Sender<Size>,
    _task: Task,
}

impl Consoles {
    pub(super) fn new(inbox: mpsc::Sender<Msg>) -> Self {
        Self { inbox, open: HashMap::new() }
    }

    pub(super) fn open(&mut self, line: Line, id: ConsoleId, container: ContainerId, wire: Wire, size: Size) {
        let (typed, keys) = mpsc::channel(TYPED);
        let (resize, sizes) = watch::channel(size);
        let carrier = Carrier { line, id, keys, sizes };
        let task = Task::spawn(carrier.run(container, wire));
        self.open.insert(id, Open { typed, size: resize, _task: task });
    }

    pub(super) fn type_into(&mut self, id: ConsoleId, bytes: Vec<u8>) {
        let full = self.open.get(&id).is_some_and(|open| open.typed.try_send(bytes).is_err());
        if full {
            let sentence = "the terminal does not take what is typed: it is busy or has ended";
            // Dropped when the inbox is full too: the screen has more to do than to say so.
            drop(self.inbox.try_send(Msg::Notice(Err(Problem::new(sentence)))));
        }
    }

    pub(super) fn resize(&mut self, id: ConsoleId, size: Size) {
        if let Some(open) = self.open.get(&id) {
            open.size.send_replace(size);
        }
    }

    pub(super) fn close(&mut self, id: ConsoleId) {
        self.open.remove(&id);
    }
}

struct Carrier {
    line: Line,
    id: ConsoleId,
    keys: mpsc::Receiver<Vec<u8>>,
    sizes: watch::Receiver<Size>,
}

impl Carrier {
    async fn run(mut self, container: ContainerId, wire: Wire) {
        let result = self.carry(&container, &wire).await.map_err(|error| self.line.problem(&error));
        self.line.tell(Msg::ConsoleEnd(self.id, result)).await;
    }

    async fn carry(&mut self, container: &ContainerId, wire: &Wire) -> Result<Option<i64>> {
        let Some(engine) = self.line.engine().await else { return Ok(None) };
        let size = *self.sizes.borrow_and_update();
        let Console { mut input, mut output, control } = match wire {
            Wire::Exec(spec) => engine.exec(container, spec, size).await?,
            Wire::Attach => engine.attach(container, size).await?,
        };
        self.line.tell(Msg::ConsoleOpen(self.id)).await;
        // The pane may have got another size while the engine was asked.
        self.sizes.mark_changed();
        loop {
            tokio::select! {
                chunk = output.next() => match chunk {
                    Some(Ok(piece)) => self.line.tell(Msg::ConsolePrint(self.id, piece.bytes.to_vec())).await,
                    Some(Err(error)) => return Err(error),
                    None => break,
                },
                Some(bytes) = self.keys.recv() => {
                    let sent = async { input.write_all(&bytes).await?; input.flush().await };
                    if sent.await.is_err() {
                        // The process is gone; its last words and its code still come.
                        continue;
                    }
                }
                Ok(()) = self.sizes.changed() => {
                    let size = *self.sizes.borrow_and_update();
                    if let Err(error) = control.resize(size).await {
                        tracing::debug!(%error, "resize");
                    }
                }
            }
        }
        control.exit_code().await
    }
}
