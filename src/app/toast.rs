//! Short news above the hint bar, gone after a while. Knows no clock.

use chrono::{DateTime, Duration, Utc};

/// How a toast is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something worked.
    Good,
    /// Something to know.
    Plain,
    /// Something failed.
    Bad,
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// When it goes.
    pub until: DateTime<Utc>,
}

/// The news on screen, newest last.
#[derive(Debug, Default)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Shown at once.
    pub const MOST: usize = 3;

    /// Shows one more; a repeated one stays longer instead of appearing twice.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, hint: Option<String>, now: DateTime<Utc>) {
        let text = text.into();
        let seconds = if tone == Tone::Bad { 10 } else { 4 };
        let until = now + Duration::seconds(seconds);
        self.0.retain(|t| t.text != text);
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push(Toast { tone, text, hint, until });
    }

    /// Takes away those whose time is over; says whether any went.
    pub fn expire(&mut self, now: DateTime<Utc>) -> bool {
        let before = self.0.len();
        self.0.retain(|t| t.until > now);
        before != self.0.len()
    }

    /// Takes all away; says whether there were any.
    pub fn clear(&mut self) -> bool {
        let any = !self.0.is_empty();
        self.0.clear();
        any
    }

    /// When the next one goes.
    pub fn next_end(&self) -> Option<DateTime<Utc>> {
        self.0.iter().map(|t| t.until).min()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Toast> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_goes_after_its_time_and_is_never_told_twice() {
        let mut toasts = Toasts::default();
        let now = DateTime::UNIX_EPOCH;
        toasts.push(Tone::Good, "stopped", None, now);
        toasts.push(Tone::Good, "stopped", None, now + Duration::seconds(1));
        assert_eq!(toasts.iter().len(), 1);
        assert!(!toasts.expire(now + Duration::seconds(4)));
        assert!(toasts.expire(now + Duration::seconds(6)));
        assert_eq!(toasts.next_end(), None);
    }
}
