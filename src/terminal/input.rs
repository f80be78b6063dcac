//! Keys, pastes, mouse and resizes from the terminal, as they come.
//! Must not know what they mean.

use std::io;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;

/// The terminal's events. Waits without waking up: the reader thread of crossterm sleeps in the
/// kernel until a byte comes, and hands it over through a waker.
///
/// Needs crossterm's feature `use-dev-tty`. Its other reader asks the kernel for changes only, and
/// forgets a key that comes together with a resize or with the end of a pause until the next key.
#[derive(Default)]
pub struct Input {
    stream: Option<EventStream>,
}

impl Input {
    /// The next event; never while paused. `None` when the terminal is gone. May be dropped at any await.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        match &mut self.stream {
            Some(stream) => stream.next().await,
            None => std::future::pending().await,
        }
    }

    /// Begins to read, or goes on.
    pub fn resume(&mut self) {
        self.stream.get_or_insert_with(EventStream::new);
    }

    /// Stops reading, so that another program gets every key.
    pub fn pause(&mut self) {
        self.stream = None;
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("paused", &self.stream.is_none()).finish()
    }
}
