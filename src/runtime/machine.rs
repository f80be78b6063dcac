//! The life of a container: which happening leads from which state to which, and the words for it in the database.
//! Pure; which *action* a state allows is said by [`crate::model::Verb`].

use crate::model::{Health, State};

/// Something that happens to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Its main process runs.
    Started,
    /// Its main process could not be started.
    StartFailed {
        /// Exit code that says so: 127 not found, 126 not executable, 128 otherwise (Docker's).
        code: i64,
    },
    /// Its main process ended.
    Ended {
        /// Exit code.
        code: i64,
        /// Whether its restart policy starts it again.
        again: bool,
    },
    /// A wait for a new start was called off.
    CalledOff {
        /// Exit code of its last run.
        code: i64,
    },
    /// Its processes were frozen.
    Frozen,
    /// Its processes were thawed.
    Thawed,
    /// Its removal began.
    RemovalBegun,
    /// Its removal failed half-way.
    RemovalFailed,
}

/// The state after a happening; `None` when it cannot happen in that state, which is a bug or two hands at once.
pub const fn next(state: State, happening: Happening) -> Option<State> {
    use Happening::{CalledOff, Ended, Frozen, RemovalBegun, RemovalFailed, StartFailed, Started, Thawed};
    use State::{Created, Dead, Exited, Paused, Removing, Restarting, Running};
    match (state, happening) {
        (Created | Exited(_) | Restarting, Started) => Some(Running),
        (Created, StartFailed { .. }) => Some(Created),
        (Exited(_) | Restarting, StartFailed { code }) => Some(Exited(code)),
        (Running | Paused, Ended { again: true, .. }) => Some(Restarting),
        (Running | Paused, Ended { code, again: false }) | (Restarting, CalledOff { code }) => Some(Exited(code)),
        (Running, Frozen) => Some(Paused),
        (Paused, Thawed) => Some(Running),
        (Created | Exited(_) | Dead, RemovalBegun) => Some(Removing),
        (Removing, RemovalFailed) => Some(Dead),
        _ => None,
    }
}

/// The word for a state in the database; an exit code has a column of its own.
pub const fn word(state: State) -> &'static str {
    match state {
        State::Created => "created",
        State::Running => "running",
        State::Paused => "paused",
        State::Restarting => "restarting",
        State::Exited(_) => "exited",
        State::Removing => "removing",
        State::Dead | State::Unknown => "dead",
    }
}

/// The state of a word and an exit code.
pub fn state(word: &str, code: Option<i64>) -> State {
    match word {
        "created" => State::Created,
        "running" => State::Running,
        "paused" => State::Paused,
        "restarting" => State::Restarting,
        "exited" => State::Exited(code.unwrap_or_default()),
        "removing" => State::Removing,
        "dead" => State::Dead,
        _ => State::Unknown,
    }
}

/// The word for a health in the database and in events.
pub const fn health_word(health: Health) -> &'static str {
    match health {
        Health::None => "none",
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

/// The health of a word.
pub fn health(word: &str) -> Health {
    match word {
        "starting" => Health::Starting,
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        _ => Health::None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [State; 7] = [
        State::Created,
        State::Running,
        State::Paused,
        State::Restarting,
        State::Exited(3),
        State::Removing,
        State::Dead,
    ];

    #[test]
    fn words_and_states_are_one_to_one() {
        for there in ALL {
            assert_eq!(state(word(there), Some(3)), there);
        }
    }

    #[test]
    fn an_end_is_an_exit_or_a_new_start_and_a_frozen_one_can_end_too() {
        assert_eq!(next(State::Paused, Happening::Ended { code: 137, again: false }), Some(State::Exited(137)));
        assert_eq!(next(State::Running, Happening::Ended { code: 1, again: true }), Some(State::Restarting));
        assert_eq!(next(State::Exited(0), Happening::Ended { code: 1, again: true }), None);
        assert_eq!(next(State::Running, Happening::RemovalBegun), None, "it has to end first");
    }

    fn any() -> impl Strategy<Value = Happening> {
        prop_oneof![
            Just(Happening::Started),
            any_code().prop_map(|code| Happening::StartFailed { code }),
            (any_code(), proptest::bool::ANY).prop_map(|(code, again)| Happening::Ended { code, again }),
            any_code().prop_map(|code| Happening::CalledOff { code }),
            Just(Happening::Frozen),
            Just(Happening::Thawed),
            Just(Happening::RemovalBegun),
            Just(Happening::RemovalFailed),
        ]
    }

    fn any_code() -> impl Strategy<Value = i64> {
        0_i64..256
    }

    proptest! {
        #[test]
        fn no_order_of_happenings_leads_into_a_state_without_a_way_out(all in prop::collection::vec(any(), 0..40)) {
            let mut now = State::Created;
            for happening in all {
                now = next(now, happening).unwrap_or(now);
                prop_assert_ne!(now, State::Unknown);
                let leaves = [
                    Happening::Started,
                    Happening::Ended { code: 0, again: false },
                    Happening::RemovalBegun,
                    Happening::RemovalFailed,
                ];
                prop_assert!(leaves.into_iter().any(|way| next(now, way).is_some()), "{:?}", now);
            }
        }
    }
}
