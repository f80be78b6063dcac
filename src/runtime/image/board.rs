//! How far a job with several layers has come, told now and then. Knows no layer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::model::{Bytes, Piece, Progress};

/// Is told how far a job has come; must not wait.
pub type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// Between two tellings of nothing but more bytes: nobody sees more.
const OFTEN: Duration = Duration::from_millis(50);

/// What is done with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Waiting,
    Downloading,
    Extracting,
    Complete,
    AlreadyHere,
    Uploading,
    Uploaded,
    AlreadyThere,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Downloading => "downloading",
            Self::Extracting => "extracting",
            Self::Complete => "complete",
            Self::AlreadyHere => "already here",
            Self::Uploading => "uploading",
            Self::Uploaded => "uploaded",
            Self::AlreadyThere => "already there",
        }
    }

    fn is_last(self) -> bool {
        matches!(self, Self::Complete | Self::AlreadyHere | Self::Uploaded | Self::AlreadyThere)
    }
}

/// Gathers what the pieces of a job tell.
#[derive(Clone)]
pub(super) struct Board(Arc<Shared>);

struct Shared {
    tell: Tell,
    state: Mutex<State>,
}

struct State {
    progress: Progress,
    told: Option<Instant>,
}

/// One piece of a job.
#[derive(Clone)]
pub(super) struct Entry {
    board: Board,
    at: usize,
}

impl Board {
    pub(super) fn new(tell: &Tell) -> Self {
        let state = State { progress: Progress::default(), told: None };
        Self(Arc::new(Shared { tell: Arc::clone(tell), state: Mutex::new(state) }))
    }

    /// Says what the job does now.
    pub(super) fn note(&self, words: impl Into<String>) {
        self.change(true, |progress| progress.note = words.into());
    }

    /// One more piece, which waits. Each has its place in the order of these calls.
    pub(super) fn piece(&self, name: &str, size: u64) -> Entry {
        let piece = Piece {
            name: name.to_owned(),
            step: Step::Waiting.word().to_owned(),
            done: Bytes(0),
            total: Some(Bytes(size)),
            finished: false,
        };
        let mut at = 0;
        self.change(true, |progress| {
            at = progress.pieces.len();
            progress.pieces.push(piece);
        });
        Entry { board: self.clone(), at }
    }

    fn change(&self, at_once: bool, what: impl FnOnce(&mut Progress)) {
        let mut state: MutexGuard<'_, State> = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut state.progress);
        if !at_once && state.told.is_some_and(|told| told.elapsed() < OFTEN) {
            return;
        }
        state.told = Some(Instant::now());
        // Told under the lock, so that nothing older comes after it.
        (self.0.tell)(state.progress.clone());
    }
}

impl Entry {
    /// The next step begins, and with it the count of bytes.
    pub(super) fn step(&self, step: Step) {
        self.change(true, |piece| {
            step.word().clone_into(&mut piece.step);
            piece.finished = step.is_last();
            piece.done = Bytes(0);
        });
    }

    /// So many bytes of the step are done.
    pub(super) fn done(&self, bytes: u64) {
        self.change(false, |piece| piece.done = Bytes(bytes));
    }

    fn change(&self, at_once: bool, what: impl FnOnce(&mut Piece)) {
        self.board.change(at_once, |progress| {
            if let Some(piece) = progress.pieces.get_mut(self.at) {
                what(piece);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_told_and_bytes_only_now_and_then() {
        let told: Arc<Mutex<Vec<Progress>>> = Arc::default();
        let into = Arc::clone(&told);
        let tell: Tell = Arc::new(move |progress| into.lock().unwrap().push(progress));
        let board = Board::new(&tell);
        let (one, two) = (board.piece("aaa", 100), board.piece("bbb", 50));
        one.step(Step::Downloading);
        (0..=100).for_each(|n| one.done(n));
        two.step(Step::AlreadyHere);
        one.step(Step::Complete);
        let told = told.lock().unwrap();
        assert!(told.len() < 50, "each byte was told");
        let last = told.last().unwrap();
        assert_eq!(last.fraction(), Some(1.0));
        assert_eq!(last.pieces.iter().map(|p| p.step.as_str()).collect::<Vec<_>>(), ["complete", "already here"]);
    }
}
