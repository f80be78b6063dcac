//! Jobs: wishes on their way, and the memory of those that ended. Performs nothing and knows no clock.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::{
    app::cmd::Cmd,
    model::{Problem, Progress, Refusal, Subject},
};

/// A job's number, unique in one run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// One job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The number as a text, which names it in a table.
    pub key: String,
    /// What was wished.
    pub cmd: Cmd,
    /// The endpoint it works on.
    pub endpoint: String,
    /// When it began.
    pub began: DateTime<Utc>,
    /// How far it is.
    pub progress: Progress,
    /// Where it is in its life.
    pub state: JobState,
}

/// Where a job is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Under way.
    Running,
    /// Done, with one more thing to tell.
    Done(DateTime<Utc>, Option<String>),
    /// Failed.
    Failed(DateTime<Utc>, Problem),
    /// Called off by the user.
    Cancelled(DateTime<Utc>),
}

impl JobState {
    /// The word on screen.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done(..) => "done",
            Self::Failed(..) => "failed",
            Self::Cancelled(_) => "cancelled",
        }
    }
}

/// All jobs, newest first, at most [`Jobs::KEPT`] ended ones.
#[derive(Debug, Default)]
pub struct Jobs {
    next: u64,
    revision: u64,
    all: VecDeque<Job>,
}

impl Jobs {
    /// Ended jobs that are remembered.
    pub const KEPT: usize = 200;

    /// Takes a wish on, unless one is under way on the same subject.
    ///
    /// # Errors
    /// The refusal, naming the job in the way.
    pub fn begin(&mut self, cmd: Cmd, endpoint: &str, now: DateTime<Utc>) -> Result<JobId, Refusal> {
        if let Some(busy) = self.on(&cmd.subject()) {
            return Err(Refusal::new(format!("cannot {}: \"{}\" is still under way", cmd.title(), busy.cmd.title())));
        }
        let id = JobId(self.next);
        self.next += 1;
        self.revision += 1;
        let key = id.0.to_string();
        let endpoint = endpoint.to_owned();
        let state = JobState::Running;
        self.all.push_front(Job { id, key, cmd, endpoint, began: now, progress: Progress::default(), state });
        while self.all.len() > Self::KEPT && self.all.back().is_some_and(|j| j.state != JobState::Running) {
            self.all.pop_back();
        }
        Ok(id)
    }

    /// The running job on a subject.
    pub fn on(&self, subject: &Subject) -> Option<&Job> {
        self.running().find(|job| job.cmd.subject() == *subject)
    }

    /// The running job on the container with this id.
    pub fn on_container(&self, id: &crate::model::ContainerId) -> Option<&Job> {
        self.running().find(|job| job.cmd.verb().is_some_and(|(target, _)| target.id == *id))
    }

    /// Jobs under way.
    pub fn running(&self) -> impl Iterator<Item = &Job> {
        self.all.iter().filter(|job| job.state == JobState::Running)
    }

    /// All, newest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Job> {
        self.all.iter()
    }

    /// One by its number.
    pub fn get(&self, id: JobId) -> Option<&Job> {
        self.all.iter().find(|job| job.id == id)
    }

    /// Notes how far a job is.
    pub fn progress(&mut self, id: JobId, progress: Progress) {
        if let Some(job) = self.find(id) {
            job.progress = progress;
            self.revision += 1;
        }
    }

    /// Notes how a job ended; gives it back when it was still running.
    pub fn end(&mut self, id: JobId, state: JobState) -> Option<&Job> {
        let job = self.find(id).filter(|job| job.state == JobState::Running)?;
        job.state = state;
        self.revision += 1;
        self.get(id)
    }

    /// Grows with every change of any job.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    fn find(&mut self, id: JobId) -> Option<&mut Job> {
        self.all.iter_mut().find(|job| job.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::cmd::Target, model::ContainerId};

    fn start(name: &str) -> Cmd {
        Cmd::Start(Target { id: ContainerId::new(name), name: name.into(), up: false })
    }

    #[test]
    fn one_job_at_a_time_works_on_a_subject() {
        let mut jobs = Jobs::default();
        let now = DateTime::UNIX_EPOCH;
        let first = jobs.begin(start("web"), "here", now).unwrap();
        let refused = jobs.begin(start("web"), "here", now).unwrap_err();
        assert_eq!(refused.0, "cannot start `web`: \"start `web`\" is still under way");
        jobs.begin(start("db"), "here", now).unwrap();
        jobs.end(first, JobState::Done(now, None)).unwrap();
        jobs.begin(start("web"), "here", now).unwrap();
    }

    #[test]
    fn a_job_ends_once() {
        let mut jobs = Jobs::default();
        let id = jobs.begin(start("web"), "here", DateTime::UNIX_EPOCH).unwrap();
        assert!(jobs.end(id, JobState::Cancelled(DateTime::UNIX_EPOCH)).is_some());
        assert!(jobs.end(id, JobState::Done(DateTime::UNIX_EPOCH, None)).is_none());
        assert_eq!(jobs.get(id).map(|j| j.state.word()), Some("cancelled"));
    }

    #[test]
    fn old_jobs_are_forgotten_and_running_ones_are_not() {
        let mut jobs = Jobs::default();
        let kept = jobs.begin(start("first"), "here", DateTime::UNIX_EPOCH).unwrap();
        for n in 0..Jobs::KEPT + 10 {
            let id = jobs.begin(start(&format!("c{n}")), "here", DateTime::UNIX_EPOCH).unwrap();
            jobs.end(id, JobState::Cancelled(DateTime::UNIX_EPOCH));
        }
        assert!(jobs.get(kept).is_some());
    }
}
