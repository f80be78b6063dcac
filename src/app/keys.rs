//! What keys mean: one table of intents, three presets of it, and the user's own file. Knows no view.

mod chord;
mod preset;
mod table;

use std::collections::HashMap;

use crossterm::event::KeyEvent;

pub use chord::{BadChord, Chord};
pub use preset::{BadPreset, Preset};
pub use table::{Entry, Intent, Place, TABLE, entry};

/// Which key means what, in each [`Place`].
#[derive(Clone, Debug)]
pub struct Keys {
    preset: Preset,
    meanings: HashMap<(Place, Chord), Intent>,
    chords: HashMap<Intent, Vec<Chord>>,
}

/// Something wrong with a user's `keys.toml`; everything else in the file counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysProblem {
    /// The file is no TOML.
    #[error("{file}: {why}")]
    Syntax {
        /// Which file.
        file: String,
        /// What the parser said, with line and column.
        why: String,
    },
    /// Nobody knows the action.
    #[error("{file}: `{name}` is no action; `longshore keys` lists them{}", nearest(name))]
    Action {
        /// Which file.
        file: String,
        /// The unknown name.
        name: String,
    },
    /// Nobody knows the key.
    #[error("{file}: `{name}`: {why}")]
    Chord {
        /// Which file.
        file: String,
        /// The action.
        name: String,
        /// What is wrong.
        why: BadChord,
    },
    /// Two actions want one key in the same place.
    #[error("{file}: `{chord}` is asked for by both `{first}` and `{second}`; `{first}` keeps it")]
    Clash {
        /// Which file.
        file: String,
        /// The key.
        chord: String,
        /// Who keeps it.
        first: &'static str,
        /// Who goes without.
        second: &'static str,
    },
    /// The value is neither a key nor a list of keys.
    #[error("{file}: `{name}` must be a key (\"x\") or a list of keys ([\"x\", \"ctrl-x\"])")]
    Shape {
        /// Which file.
        file: String,
        /// The action.
        name: String,
    },
}

fn nearest(name: &str) -> String {
    let alike = |e: &&Entry| e.name.starts_with(name.get(..3).unwrap_or(name)) || e.name.contains(name);
    TABLE.iter().find(alike).map(|e| format!(" (did you mean `{}`?)", e.name)).unwrap_or_default()
}

impl Keys {
    /// The keys of a preset.
    pub fn new(preset: Preset) -> Self {
        let mut keys = Self { preset, meanings: HashMap::new(), chords: HashMap::new() };
        for entry in TABLE {
            let chords: Vec<Chord> = preset.keys(entry).iter().filter_map(|k| k.parse().ok()).collect();
            keys.give(entry, chords);
        }
        keys
    }

    /// Which preset they began as.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    fn give(&mut self, entry: &'static Entry, chords: Vec<Chord>) {
        for chord in &chords {
            self.meanings.insert((entry.place, *chord), entry.intent);
        }
        self.chords.insert(entry.intent, chords);
    }

    fn take(&mut self, entry: &Entry) {
        for chord in self.chords.remove(&entry.intent).unwrap_or_default() {
            if self.meanings.get(&(entry.place, chord)) == Some(&entry.intent) {
                self.meanings.remove(&(entry.place, chord));
            }
        }
    }

    /// Takes a user's file: `action = "key"` or `action = ["key", …]`, which replace the preset's keys of that
    /// action. Whatever cannot be taken is told, and the rest counts. A key that the user gives to one action
    /// is taken from the action that the preset gave it to.
    pub fn customise(&mut self, file: &str, text: &str) -> Vec<KeysProblem> {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let why = error.to_string().trim().replace('\n', " ");
                return vec![KeysProblem::Syntax { file: file.into(), why }];
            }
        };
        let mut problems = Vec::new();
        let mut wishes = Vec::new();
        for (name, value) in &table {
            match wish(file, name, value) {
                Ok(wish) => wishes.push(wish),
                Err(problem) => problems.push(problem),
            }
        }
        for (entry, _) in &wishes {
            self.take(entry);
        }
        let mut taken: HashMap<(Place, Chord), &'static str> = HashMap::new();
        for (entry, mut chords) in wishes {
            chords.retain(|chord| match taken.get(&(entry.place, *chord)) {
                Some(first) => {
                    let chord = chord.to_string();
                    problems.push(KeysProblem::Clash { file: file.into(), chord, first, second: entry.name });
                    false
                }
                None => {
                    taken.insert((entry.place, *chord), entry.name);
                    true
                }
            });
            for chord in &chords {
                self.release(entry.place, *chord);
            }
            self.give(entry, chords);
        }
        problems
    }

    /// Takes a key from whoever has it in this place.
    fn release(&mut self, place: Place, chord: Chord) {
        if let Some(owner) = self.meanings.remove(&(place, chord))
            && let Some(chords) = self.chords.get_mut(&owner)
        {
            chords.retain(|c| *c != chord);
        }
    }

    /// What a key means, looked up in these places, innermost first.
    pub fn meaning(&self, places: &[Place], key: KeyEvent) -> Option<Intent> {
        let chord = Chord::of(key);
        places.iter().find_map(|place| self.meanings.get(&(*place, chord)).copied())
    }

    /// The first key of an intent, as people read it.
    pub fn label(&self, intent: Intent) -> Option<String> {
        self.chords.get(&intent)?.first().map(Chord::to_string)
    }

    /// All keys of an intent, as people read them, with blanks between.
    pub fn labels(&self, intent: Intent) -> String {
        let chords = self.chords.get(&intent).map(Vec::as_slice).unwrap_or_default();
        chords.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
    }
}

fn wish(file: &str, name: &str, value: &toml::Value) -> Result<(&'static Entry, Vec<Chord>), KeysProblem> {
    let file = file.to_owned();
    let Some(entry) = TABLE.iter().find(|e| e.name == name) else {
        return Err(KeysProblem::Action { file, name: name.into() });
    };
    let words: Option<Vec<&str>> = match value {
        toml::Value::String(one) => Some(vec![one]),
        toml::Value::Array(many) => many.iter().map(toml::Value::as_str).collect(),
        _ => None,
    };
    let Some(words) = words else { return Err(KeysProblem::Shape { file, name: name.into() }) };
    let chords: Result<Vec<Chord>, BadChord> = words.iter().map(|w| w.parse()).collect();
    match chords {
        Ok(chords) => Ok((entry, chords)),
        Err(why) => Err(KeysProblem::Chord { file, name: name.into(), why }),
    }
}

#[cfg(test)]
mod tests;
