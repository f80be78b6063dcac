//! Which layers of a chain stand already, for those above that wait for them. Knows no layer.

use std::{
    collections::HashSet,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use super::digest::Digest;

/// The layers of one job that stand.
#[derive(Clone, Default)]
pub(super) struct Ladder(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    stand: HashSet<Digest>,
    over: bool,
}

/// Ends all waits when it is dropped: the job is done, has failed or was given up.
pub(super) struct Watch(Ladder);

impl Ladder {
    /// A ladder, and what the job holds as long as waiting makes sense.
    pub(super) fn new() -> (Self, Watch) {
        let ladder = Self::default();
        (ladder.clone(), Watch(ladder))
    }

    /// This layer stands.
    pub(super) fn stands(&self, chain: Digest) {
        self.change(|state| {
            state.stand.insert(chain);
        });
    }

    /// Blocks until these layers stand; false when that will not happen any more.
    pub(super) fn wait(&self, for_all: &[Digest]) -> bool {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = |state: &mut State| !state.over && !for_all.iter().all(|chain| state.stand.contains(chain));
        let state = self.0.bell.wait_while(state, is_open).unwrap_or_else(PoisonError::into_inner);
        for_all.iter().all(|chain| state.stand.contains(chain))
    }

    fn change(&self, what: impl FnOnce(&mut State)) {
        what(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.bell.notify_all();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.change(|state| state.over = true);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_upper_layer_waits_for_the_lower_ones_or_for_the_end() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let (ladder, watch) = Ladder::new();
        let above = ladder.clone();
        let waiting = thread::spawn(move || above.wait(&[one, two]));
        ladder.stands(two);
        ladder.stands(one);
        assert!(waiting.join().unwrap());
        let above = ladder.clone();
        let waiting = thread::spawn(move || above.wait(&[Digest::of(b"3")]));
        drop(watch);
        assert!(!waiting.join().unwrap());
        assert!(ladder.wait(&[one]), "what stands, stands");
    }
}
