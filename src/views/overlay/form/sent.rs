//! What became of a form that was sent. Asks the desk each time and remembers nothing of it.

use crate::app::{
    cmd::Cmd,
    desk::Desk,
    jobs::{Job, JobId, JobState},
};

/// Wishes that a form has sent.
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
    /// These wishes, sent now.
    pub(super) fn now(wishes: Vec<Cmd>, desk: &Desk) -> Self {
        Self { wishes, after: desk.jobs.iter().next().map(|job| job.id) }
    }

    /// What has become of them so far.
    pub(super) fn answer(&self, desk: &Desk) -> Answer {
        let mine = |job: &&Job| Some(job.id) > self.after && self.wishes.contains(&job.cmd);
        let mut answer = Answer::None;
        for job in desk.jobs.iter().filter(mine) {
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
}
