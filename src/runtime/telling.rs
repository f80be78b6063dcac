//! Tells what happens, whichever process did it. Knows no screen.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream};

use super::{
    Result, Runtime, blocking,
    records::{container, event},
    watch::rung,
};
use crate::model::Event;

/// Events that are read at once; more follow in the next read.
const AT_ONCE: u32 = 256;

struct Following {
    runtime: Arc<Runtime>,
    rings: tokio::sync::watch::Receiver<u64>,
    last: i64,
    waiting: VecDeque<Event>,
}

impl Runtime {
    /// All events from now on. While somebody follows, containers whose monitor was killed are noticed and accounted
    /// for.
    ///
    /// # Errors
    /// What the database says; later ones come in the stream and end it.
    pub async fn events(self: &Arc<Self>) -> Result<impl Stream<Item = Result<Event>> + Send + use<>> {
        let rings = self.watch.listen();
        let runtime = Arc::clone(self);
        let last = blocking("read the newest event", move || runtime.db.look(event::newest)).await?;
        let start = Following { runtime: Arc::clone(self), rings, last, waiting: VecDeque::new() };
        Ok(stream::unfold(Some(start), |following| async move {
            let mut following = following?;
            match following.next().await {
                Ok(event) => Some((Ok(event), Some(following))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    /// Accounts for containers whose monitor is gone.
    fn notice_lost(&self) -> Result<()> {
        let up = self.db.look(container::all)?.into_iter().filter(|record| record.state.is_up());
        for record in up {
            self.bury_if_lost(&record);
        }
        Ok(())
    }
}

impl Following {
    async fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            let (runtime, last) = (Arc::clone(&self.runtime), self.last);
            let read = move || runtime.db.look(|c| event::after(c, last, AT_ONCE));
            for (number, event) in blocking("read the events", read).await? {
                self.last = number;
                self.waiting.push_back(event);
            }
            if self.waiting.is_empty() {
                rung(&mut self.rings).await;
                let runtime = Arc::clone(&self.runtime);
                blocking("look for lost containers", move || runtime.notice_lost()).await?;
            }
        }
    }
}
