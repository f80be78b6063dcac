//! Health checks: what is run, when, and what its results make of a container, as Docker has it. Pure.

use std::time::Duration;

use crate::model::{Health, HealthCheck};

/// Between two checks, and for one, where nobody says otherwise (Docker's defaults).
const DEFAULT_TIME: Duration = Duration::from_secs(30);
/// Failures in a row, likewise.
const DEFAULT_RETRIES: u32 = 3;

/// A check with all its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is run inside, the program first; exit code 0 is good.
    pub command: Vec<String>,
    /// Between the end of one check and the start of the next.
    pub interval: Duration,
    /// A check that takes longer is ended and has failed.
    pub timeout: Duration,
    /// Failures this soon after the start do not count.
    pub start_period: Duration,
    /// Failures in a row that make it unhealthy; at least 1.
    pub retries: u32,
}

impl Check {
    /// Reads Docker's form: `NONE`, `CMD` and words, or `CMD-SHELL` and a line; `None` when nothing is to be run.
    pub fn of(check: &HealthCheck) -> Option<Self> {
        let (form, rest) = check.test.split_first()?;
        let command = match form.as_str() {
            "CMD" if !rest.is_empty() => rest.to_vec(),
            "CMD-SHELL" => vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.first()?.clone()],
            _ => return None,
        };
        let time = |asked: Option<Duration>| asked.filter(|time| !time.is_zero()).unwrap_or(DEFAULT_TIME);
        Some(Self {
            command,
            interval: time(check.interval),
            timeout: time(check.timeout),
            start_period: check.start_period.unwrap_or_default(),
            retries: check.retries.filter(|retries| *retries > 0).unwrap_or(DEFAULT_RETRIES),
        })
    }
}

/// The check asked for, with what it leaves open taken from the image's; `None` where there is none to run.
pub fn merged(image: Option<&HealthCheck>, asked: Option<&HealthCheck>) -> Option<HealthCheck> {
    let merged = match (image, asked) {
        (image, None) => image.cloned()?,
        (None, Some(asked)) => asked.clone(),
        (Some(image), Some(asked)) => HealthCheck {
            test: if asked.test.is_empty() { image.test.clone() } else { asked.test.clone() },
            interval: asked.interval.or(image.interval),
            timeout: asked.timeout.or(image.timeout),
            start_period: asked.start_period.or(image.start_period),
            retries: asked.retries.or(image.retries),
        },
    };
    Check::of(&merged).map(|_| merged)
}

/// What the checks since the start have made of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// What is said of it.
    pub health: Health,
    /// Failures in a row.
    pub streak: u32,
}

impl Default for Watch {
    fn default() -> Self {
        Self { health: Health::Starting, streak: 0 }
    }
}

impl Watch {
    /// Takes the result of a check that began `age` after the container; says whether its health changed.
    pub fn told(&mut self, check: &Check, passed: bool, age: Duration) -> bool {
        let before = self.health;
        if passed {
            *self = Self { health: Health::Healthy, streak: 0 };
        } else if before != Health::Starting || age >= check.start_period {
            self.streak = self.streak.saturating_add(1);
            if self.streak >= check.retries {
                self.health = Health::Unhealthy;
            }
        }
        self.health != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str]) -> HealthCheck {
        HealthCheck { test: words.iter().map(|word| (*word).to_owned()).collect(), ..HealthCheck::default() }
    }

    #[test]
    fn docker_s_forms_are_read() {
        let command = |words: &[&str]| Check::of(&check(words)).map(|check| check.command);
        assert_eq!(command(&["CMD", "curl", "-f", "localhost"]).unwrap(), ["curl", "-f", "localhost"]);
        assert_eq!(command(&["CMD-SHELL", "true || false"]).unwrap(), ["/bin/sh", "-c", "true || false"]);
        assert_eq!(command(&["NONE"]), None);
        assert_eq!(command(&[]), None);
        assert_eq!(command(&["CMD"]), None);
    }

    #[test]
    fn what_is_left_open_comes_from_the_image() {
        let image = HealthCheck { retries: Some(5), ..check(&["CMD", "a"]) };
        let asked = HealthCheck { interval: Some(Duration::from_secs(1)), ..HealthCheck::default() };
        let merged_ = merged(Some(&image), Some(&asked)).unwrap();
        assert_eq!((merged_.test, merged_.retries), (image.test.clone(), Some(5)));
        assert_eq!(merged_.interval, asked.interval);
        assert_eq!(merged(Some(&image), Some(&check(&["NONE"]))), None);
        assert_eq!(merged(None, None), None);
    }

    #[test]
    fn failures_count_after_the_start_period_and_a_success_forgets_them() {
        let check =
            Check::of(&HealthCheck { start_period: Some(Duration::from_secs(5)), ..check(&["CMD", "a"]) }).unwrap();
        let (early, late) = (Duration::from_secs(1), Duration::from_secs(6));
        let mut watch = Watch::default();
        for _ in 0..9 {
            assert!(!watch.told(&check, false, early));
        }
        assert_eq!(watch, Watch::default());
        assert!(!watch.told(&check, false, late) && !watch.told(&check, false, late));
        assert!(watch.told(&check, false, late));
        assert_eq!(watch.health, Health::Unhealthy);
        assert!(watch.told(&check, true, late));
        assert_eq!(watch, Watch { health: Health::Healthy, streak: 0 });
        assert!(!watch.told(&check, false, early), "one failure is not enough");
        assert_eq!(watch.streak, 1, "once healthy, the start is over");
    }
}
