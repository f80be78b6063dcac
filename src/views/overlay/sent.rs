//! What became of a form or line that was sent. Asks the desk each time and remembers nothing of it.

use crate::app::{
    cmd::Cmd,
    desk::Desk,
    jobs::{Job, JobId, JobState},
};

/// Wishes that were sent.
pub(super) struct Sent {
    wishes: Vec<Cmd>,
    /// The newest job before them.
    after: Option<JobId>,
}

/// What became of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nobody has taken them on: the question about them was answered with no.
    None,
    /// The engine is at it.
    Awaited,
    /// All were done, or called off.
    Done,
    /// The first that failed: why, and what to do about it.
    Failed(String),
}

impl Sent {
    /// What is said while nothing has become of them.
    pub(super) const AWAITED: &'static str = "the engine is at it; Esc leaves it to that";

    /// These wishes, sent now.
    pub(super) fn now(wishes: Vec<Cmd>, desk: &Desk) -> Self {
        Self { wishes, after: desk.jobs.iter().next().map(|job| job.id) }
    }

    /// Whether the engine has begun to tell how far it is: what it was asked for is no longer in doubt.
    pub(super) fn is_under_way(&self, desk: &Desk) -> bool {
        self.jobs(desk).any(|job| !job.progress.pieces.is_empty())
    }

    /// What has become of them so far.
    pub(super) fn answer(&self, desk: &Desk) -> Answer {
        let mut answer = Answer::None;
        for job in self.jobs(desk) {
            match &job.state {
                JobState::Running => return Answer::Awaited,
                JobState::Failed(_, problem) => {
                    let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
                    answer = Answer::Failed(format!("{}{hint}", problem.sentence));
                }
                JobState::Done(..) | JobState::Cancelled(_) if answer == Answer::None => answer = Answer::Done,
                JobState::Done(..) | JobState::Cancelled(_) => {}
            }
        }
        answer
    }

    fn jobs<'a>(&'a self, desk: &'a Desk) -> impl Iterator<Item = &'a Job> {
        desk.jobs.iter().filter(|job| Some(job.id) > self.after && self.wishes.contains(&job.cmd))
    }
}
