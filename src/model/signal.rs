//! Signals by their names. Knows no process and sends nothing.

use std::fmt;

use serde::Serialize;

/// A signal that can be sent to a container or a process, by its name without `SIG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Signal(&'static str);

/// All by name, in the order of their numbers from 1 (Linux on x86 and ARM, signal(7)).
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
];

impl Signal {
    /// Ends at once; cannot be caught.
    pub const KILL: Self = Self("KILL");
    /// Asks to end.
    pub const TERM: Self = Self("TERM");
    /// Signals on offer, the most wanted first (Linux, signal(7)), with what they usually do.
    pub const OFFERED: [(Self, &'static str); 9] = [
        (Self("TERM"), "ask to end"),
        (Self("KILL"), "end at once, nothing is saved"),
        (Self("HUP"), "often: read the configuration again"),
        (Self("INT"), "as Ctrl-C"),
        (Self("QUIT"), "end with a dump"),
        (Self("USR1"), "program's own meaning"),
        (Self("USR2"), "program's own meaning"),
        (Self("STOP"), "freeze"),
        (Self("CONT"), "thaw"),
    ];

    /// The name without `SIG`.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// The number, from 1 to 31.
    pub fn number(self) -> u8 {
        (1..).zip(NAMES).find(|(_, name)| *name == self.0).map_or(0, |(number, _)| number)
    }

    /// The signal of this number.
    pub fn numbered(number: u8) -> Option<Self> {
        NAMES.get(usize::from(number.checked_sub(1)?)).map(|name| Self(name))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl std::str::FromStr for Signal {
    type Err = BadSignal;

    /// Takes a name with or without `SIG`, in any case, or a number.
    fn from_str(text: &str) -> Result<Self, BadSignal> {
        if let Ok(number) = text.parse() {
            return Self::numbered(number).ok_or_else(|| BadSignal(text.to_owned()));
        }
        let name = text.to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        NAMES.iter().find(|known| **known == name).map(|known| Self(known)).ok_or_else(|| BadSignal(text.to_owned()))
    }
}

/// A signal nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no signal: take a name such as TERM or a number from 1 to 31")]
pub struct BadSignal(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_goes_by_name_and_number() {
        assert_eq!("SIGterm".parse(), Ok(Signal::TERM));
        assert_eq!("9".parse(), Ok(Signal::KILL));
        assert_eq!((Signal::TERM.number(), Signal::KILL.number()), (15, 9));
        for number in 1..=31 {
            assert_eq!(Signal::numbered(number).map(Signal::number), Some(number));
        }
        for (offered, _) in Signal::OFFERED {
            assert_eq!(offered.name().parse(), Ok(offered));
        }
        for bad in ["", "0", "32", "SIGNAL", "-9"] {
            assert_eq!(bad.parse::<Signal>(), Err(BadSignal(bad.to_owned())));
        }
    }
}
