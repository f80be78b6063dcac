//! Amounts with their unit in the type, and how people read them. Knows no column widths.

use std::{fmt, iter::Sum, ops::Add, time::Duration};

use serde::{Deserialize, Serialize};

/// A number of bytes. Shown in binary units with at most four characters of number: `64 MiB`, `1.2 GiB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// No limit, said on purpose; Docker writes it as -1.
    pub const UNLIMITED: Self = Self(u64::MAX);

    /// `n` mebibytes.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// Less by `other`, or zero.
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Reads `512m`, `1.5g`, `64MiB`, `100k` or plain bytes, as Docker's `--memory` does (powers of 1024).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let shift = match unit.trim() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        let bytes = number * (1u64 << shift) as f64;
        (bytes.is_finite() && bytes < u64::MAX as f64).then_some(Self(bytes as u64))
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        // 1000 rather than 1024, so that the number never has four digits before the point.
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let text = if unit > 0 && value < 9.95 {
            format!("{value:.1} {}", UNITS[unit])
        } else {
            format!("{value:.0} {}", UNITS[unit])
        };
        f.pad(&text)
    }
}

/// Bytes a second, shown as `1.2 MiB/s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
pub struct Rate(pub f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", Bytes(self.0.max(0.0) as u64)))
    }
}

/// A span of time as one reads an age: the largest unit alone, `7 s`, `20 s`, `3 m`, `2 h`, `4 d`, `5 w`, `2 y`. From
/// ten seconds on in tens, so that a table of young containers is not drawn anew each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub Duration);

impl Age {
    /// From `then` to `now`; a `then` in the future (clocks differ) is no age at all, so zero.
    pub fn since(then: chrono::DateTime<chrono::Utc>, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self((now - then).to_std().unwrap_or_default())
    }

    /// When the shown text changes next, from now on.
    pub fn ticks_in(self) -> Duration {
        let seconds = self.0.as_secs();
        let unit = [(10, 1), (MINUTE, 10), (HOUR, MINUTE), (DAY, HOUR)]
            .into_iter()
            .find(|(below, _)| seconds < *below)
            .map_or(DAY, |(_, unit)| unit);
        Duration::from_secs(unit - seconds % unit)
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0.as_secs();
        let text = match s {
            0..10 => format!("{s} s"),
            10..MINUTE => format!("{} s", s / 10 * 10),
            MINUTE..HOUR => format!("{} m", s / MINUTE),
            HOUR..DAY => format!("{} h", s / HOUR),
            s if s < 14 * DAY => format!("{} d", s / DAY),
            s if s < 730 * DAY => format!("{} w", s / (7 * DAY)),
            s => format!("{} y", s / (365 * DAY)),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_read_as_people_write_them() {
        let shown: Vec<_> =
            [0, 999, 1000, 65_536, 1 << 26, 1_288_490_189, u64::MAX].map(|n| Bytes(n).to_string()).into();
        assert_eq!(shown, ["0 B", "999 B", "1.0 KiB", "64 KiB", "64 MiB", "1.2 GiB", "16384 PiB"]);
        assert_eq!(Bytes::parse("1.5g"), Some(Bytes(3 << 29)));
        assert_eq!(Bytes::parse("512 MiB"), Some(Bytes::mib(512)));
        assert_eq!(Bytes::parse("12 parsecs"), None);
        assert_eq!(Bytes::parse(""), None);
    }

    #[test]
    fn ages_show_their_largest_unit() {
        let shown: Vec<_> = [0, 9, 59, 60, 7_200, 86_400, 14 * 86_400, 800 * 86_400]
            .map(|s| Age(Duration::from_secs(s)).to_string())
            .into();
        assert_eq!(shown, ["0 s", "9 s", "50 s", "1 m", "2 h", "1 d", "2 w", "2 y"]);
    }

    proptest! {
        #[test]
        fn an_age_keeps_its_text_until_it_ticks(seconds in 0u64..DAY * 3) {
            let age = Age(Duration::from_secs(seconds));
            let last = age.0 + age.ticks_in() - Duration::from_secs(1);
            prop_assert_eq!(Age(last).to_string(), age.to_string());
            prop_assert_ne!(Age(age.0 + age.ticks_in()).to_string(), age.to_string());
        }
    }
}
