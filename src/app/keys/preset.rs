//! The three sets of keys longshore comes with. Knows no file.

use std::{fmt, str::FromStr};

use super::Entry;

/// A set of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// longshore's own.
    #[default]
    Longshore,
    /// For hands that know k9s.
    K9s,
    /// For hands that know lazydocker.
    Lazydocker,
}

/// A preset nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no set of keys: take longshore, k9s or lazydocker")]
pub struct BadPreset(String);

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Longshore, Self::K9s, Self::Lazydocker];

    /// Its name in files and flags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Longshore => "longshore",
            Self::K9s => "k9s",
            Self::Lazydocker => "lazydocker",
        }
    }

    /// The keys of an entry in this preset.
    pub fn keys(self, entry: &Entry) -> &'static [&'static str] {
        match self {
            Self::Longshore => entry.keys,
            Self::K9s => entry.k9s.unwrap_or(entry.keys),
            Self::Lazydocker => entry.lazydocker.unwrap_or(entry.keys),
        }
    }
}

impl FromStr for Preset {
    type Err = BadPreset;

    fn from_str(name: &str) -> Result<Self, BadPreset> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| BadPreset(name.to_owned()))
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
