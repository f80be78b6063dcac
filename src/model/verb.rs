//! Which state of a container allows which action, and the sentence when it does not. Knows no keys.

use std::fmt;

use serde::Serialize;

use super::State;

/// Why something cannot be done right now: one sentence, lower case, no full stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Refusal(pub String);

impl Refusal {
    /// Why nothing is changed in read-only mode.
    pub fn read_only() -> Self {
        Self::new("read-only mode is on: F8 lifts it, and nothing is changed until then")
    }

    /// A refusal in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why nothing is done with what another program has made on the same host; `word` is an infinitive.
pub(super) fn foreign(word: &str, name: &str, maker: &str) -> Refusal {
    Refusal(format!("cannot {word} `{name}`: {}", made_by(maker)))
}

/// The second half of that sentence.
pub fn made_by(maker: &str) -> String {
    format!("{maker} has made it, and what others have made is only shown here")
}

/// Something that can be done with a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Start its main process.
    Start,
    /// Ask it to end, kill it after the grace.
    Stop,
    /// Stop and start.
    Restart,
    /// Send it a signal.
    Kill,
    /// Freeze its processes.
    Pause,
    /// Thaw its processes.
    Unpause,
    /// Give it another name.
    Rename,
    /// Remove it for good.
    Remove,
    /// Change its limits or restart policy.
    Update,
    /// Start another process in it.
    Exec,
    /// Connect to its main process.
    Attach,
}

impl Verb {
    /// The infinitive.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::Update => "update",
            Self::Exec => "exec in",
            Self::Attach => "attach to",
        }
    }

    /// The row's state while it is being done.
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Start => "starting",
            Self::Stop => "stopping",
            Self::Restart => "restarting",
            Self::Kill => "signalling",
            Self::Pause => "pausing",
            Self::Unpause => "unpausing",
            Self::Rename => "renaming",
            Self::Remove => "removing",
            Self::Update => "updating",
            Self::Exec => "starting",
            Self::Attach => "attaching",
        }
    }

    /// What the toast says when it was done.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
            Self::Kill => "signalled",
            Self::Pause => "paused",
            Self::Unpause => "unpaused",
            Self::Rename => "renamed",
            Self::Remove => "removed",
            Self::Update => "updated",
            Self::Exec => "started",
            Self::Attach => "attached",
        }
    }

    /// Whether a container called `name` in `state` allows it.
    ///
    /// # Errors
    /// The reason why not, naming the container.
    pub fn check(self, name: &str, state: State) -> Result<(), Refusal> {
        if self.allowed(state) {
            return Ok(());
        }
        let why = match (self, state) {
            (_, State::Removing) => "is being removed",
            (Self::Start, State::Paused) => "is paused: unpause it",
            (Self::Start, _) => "runs already",
            (Self::Unpause, _) => "is not paused",
            (_, State::Paused) => "is paused: unpause it first",
            (_, State::Created) => "was never started",
            (_, State::Restarting) => "is between two starts: stop it, or wait",
            _ => "does not run",
        };
        Err(Refusal(format!("cannot {} `{name}`: it {why}", self.word())))
    }

    fn allowed(self, state: State) -> bool {
        use State::{Created, Dead, Exited, Paused, Removing, Restarting, Running, Unknown};
        match state {
            Unknown => true,
            Removing => false,
            Dead => matches!(self, Self::Remove),
            _ => match self {
                Self::Start => matches!(state, Created | Exited(_)),
                Self::Stop => matches!(state, Running | Restarting | Paused),
                Self::Kill => matches!(state, Running | Restarting | Paused),
                Self::Pause | Self::Exec | Self::Attach => state == Running,
                Self::Unpause => state == Paused,
                Self::Restart => state != Paused,
                Self::Rename | Self::Remove | Self::Update => true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_container_and_the_reason() {
        let refused = Verb::Exec.check("web", State::Exited(0)).unwrap_err();
        assert_eq!(refused.0, "cannot exec in `web`: it does not run");
        let refused = Verb::Start.check("web", State::Running).unwrap_err();
        assert_eq!(refused.0, "cannot start `web`: it runs already");
    }

    #[test]
    fn what_others_have_made_allows_nothing() {
        let mut web = crate::model::sample::container("web", State::Running);
        assert_eq!(web.allows(Verb::Stop), Ok(()));
        web.maker = Some("docker".into());
        let refused = web.allows(Verb::Stop).unwrap_err();
        assert_eq!(refused.0, "cannot stop `web`: docker has made it, and what others have made is only shown here");
        assert!(web.allows(Verb::Remove).is_err());
    }

    #[test]
    fn every_state_can_be_left() {
        for state in [State::Running, State::Paused, State::Restarting, State::Created, State::Exited(1), State::Dead] {
            let ways = [Verb::Start, Verb::Stop, Verb::Unpause, Verb::Remove];
            assert!(ways.iter().any(|v| v.check("x", state).is_ok()), "{state:?}");
        }
    }
}
