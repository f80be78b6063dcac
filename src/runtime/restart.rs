//! When a container that ended is started again, and how long after, as Docker decides it. Pure.

use std::time::Duration;

use crate::model::RestartPolicy;

/// Before the first new start.
const FIRST: Duration = Duration::from_millis(100);
/// Never longer than this between two starts.
const LONGEST: Duration = Duration::from_secs(60);
/// Who ran this long has recovered: the next wait is the first one again.
const RECOVERED: Duration = Duration::from_secs(10);

/// How a run of a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Exit code of its main process.
    pub code: i64,
    /// Whether a person ended it: stop, kill or the stop of a restart.
    pub by_hand: bool,
    /// How long it ran.
    pub ran: Duration,
}

/// What has been tried since a person last started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How often the policy started it again.
    pub count: u32,
    /// The wait before the last of those starts.
    pub last_wait: Option<Duration>,
}

/// The wait before it is started again; `None`: it stays ended.
pub fn again(policy: RestartPolicy, ending: Ending, attempts: Attempts) -> Option<Duration> {
    let wanted = match policy {
        _ if ending.by_hand => false,
        RestartPolicy::No => false,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
        RestartPolicy::OnFailure(most) => ending.code != 0 && (most == 0 || attempts.count < most),
    };
    wanted.then(|| wait(ending.ran, attempts.last_wait))
}

/// Twice the last wait, within bounds.
fn wait(ran: Duration, last: Option<Duration>) -> Duration {
    match last {
        Some(last) if ran < RECOVERED => last.saturating_mul(2).clamp(FIRST, LONGEST),
        _ => FIRST,
    }
}

/// How a container was left when the host went down or its monitor was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It was never started.
    Created,
    /// Its processes ran.
    Up,
    /// It had ended with this code; by a person's hand or not.
    Ended {
        /// Exit code.
        code: i64,
        /// Whether a person ended it.
        by_hand: bool,
    },
}

/// Whether `longshore up` starts it.
pub const fn at_boot(policy: RestartPolicy, left: Left) -> bool {
    match (policy, left) {
        (RestartPolicy::No, _) | (_, Left::Created) => false,
        (RestartPolicy::Always, _) => true,
        (RestartPolicy::UnlessStopped, Left::Up) => true,
        (RestartPolicy::UnlessStopped, Left::Ended { by_hand, .. }) => !by_hand,
        (RestartPolicy::OnFailure(_), Left::Up) => true,
        (RestartPolicy::OnFailure(_), Left::Ended { code, by_hand }) => code != 0 && !by_hand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRASHED: Ending = Ending { code: 1, by_hand: false, ran: Duration::from_secs(1) };

    fn seconds(policy: RestartPolicy, ran: u64, attempts: Attempts) -> Option<f64> {
        again(policy, Ending { ran: Duration::from_secs(ran), ..CRASHED }, attempts).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_begins_anew_after_a_good_run() {
        let mut attempts = Attempts::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = again(RestartPolicy::Always, CRASHED, attempts).unwrap();
            waits.push(wait.as_millis());
            attempts = Attempts { count: attempts.count + 1, last_wait: Some(wait) };
        }
        assert_eq!(waits[..4], [100, 200, 400, 800]);
        assert_eq!(waits[11], 60_000);
        assert_eq!(seconds(RestartPolicy::Always, 10, attempts), Some(0.1));
    }

    #[test]
    fn a_failure_is_tried_so_often_and_a_success_is_left_alone() {
        let thrice = RestartPolicy::OnFailure(3);
        let tried = |count| Attempts { count, last_wait: None };
        assert_eq!(seconds(thrice, 1, tried(2)), Some(0.1));
        assert_eq!(seconds(thrice, 1, tried(3)), None);
        assert_eq!(seconds(RestartPolicy::OnFailure(0), 1, tried(1000)), Some(0.1));
        assert_eq!(again(thrice, Ending { code: 0, ..CRASHED }, tried(0)), None);
    }

    #[test]
    fn what_a_person_ended_stays_ended() {
        let by_hand = Ending { by_hand: true, ..CRASHED };
        for policy in [RestartPolicy::Always, RestartPolicy::UnlessStopped, RestartPolicy::OnFailure(0)] {
            assert_eq!(again(policy, by_hand, Attempts::default()), None, "{policy}");
        }
    }

    #[test]
    fn after_a_boot_a_stopped_one_comes_back_only_by_always() {
        let stopped = Left::Ended { code: 143, by_hand: true };
        assert!(at_boot(RestartPolicy::Always, stopped));
        assert!(!at_boot(RestartPolicy::UnlessStopped, stopped));
        assert!(!at_boot(RestartPolicy::OnFailure(0), stopped));
        assert!(at_boot(RestartPolicy::UnlessStopped, Left::Up));
        assert!(!at_boot(RestartPolicy::No, Left::Up));
        assert!(!at_boot(RestartPolicy::Always, Left::Created));
    }
}
