//! App and hands together: news in, engine work out. What it needs a terminal or files for is given back.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::hands::{Hands, INBOX};
use crate::{
    app::{
        App,
        msg::{Effect, Msg},
    },
    backend::feed::{Clock, Connector},
};

/// App and hands together.
pub struct Core {
    /// The one writer.
    pub app: App,
    hands: Hands,
    inbox: mpsc::Receiver<Msg>,
    clock: Clock,
}

/// News taken before the screen is looked at again.
const BATCH: usize = 64;

impl Core {
    /// An app with hands; nothing happens before [`begin`](Self::begin).
    pub fn new(app: App, connector: Arc<dyn Connector>, clock: Clock) -> Self {
        let (sender, inbox) = mpsc::channel(INBOX);
        Self { app, hands: Hands::new(sender, connector, clock.clone()), inbox, clock }
    }

    /// Connects and reads what is looked at.
    pub fn begin(&mut self) -> Vec<Effect> {
        let effects = self.app.begin();
        self.act(effects)
    }

    /// Takes one piece of news from outside; gives the effects that need a terminal or files.
    pub fn take(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = self.app.update(msg, (self.clock)());
        self.act(effects)
    }

    /// Waits for news from engines and takes whatever has come; may be dropped while it waits.
    pub async fn news(&mut self) -> Vec<Effect> {
        let Some(first) = self.inbox.recv().await else { return std::future::pending().await };
        let mut left = self.take(first);
        for _ in 1..BATCH {
            let Ok(more) = self.inbox.try_recv() else { break };
            left.extend(self.take(more));
        }
        left
    }

    /// What the screen wants now that it was drawn.
    pub fn drawn(&mut self) -> Vec<Effect> {
        let effects = self.app.after_draw();
        self.act(effects)
    }

    fn act(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        effects.into_iter().filter_map(|effect| self.hands.act(effect)).collect()
    }
}
