//! Paths in a Windows layer: as Windows takes them, and never outside. Knows no disk.
//!
//! Refused is what leads out, and what Windows takes for something else than it says: `C:x`, `a:stream`, `nul.txt`,
//! `a.`, `a\b` as one name. Names differ by more than their case ([`LayerPath::key`]).

use std::fmt;

use super::WCIDIRS;
use crate::{model::text::clean, runtime::tar::Limits};

/// UTF-16 units of one name at most, as NTFS has it.
const NAME: usize = 255;
/// UTF-16 units of a whole path: the 32,767 of Windows less room for where the layer lies.
const WHOLE: usize = 32_000;
/// Names of devices in every folder, also with an extension (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Devices with a number, likewise.
const NUMBERED: [&str; 2] = ["COM", "LPT"];

/// Which part of a layer a path lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What becomes `C:\`.
    Files,
    /// The registry.
    Hives,
    /// The virtual machine's own.
    UtilityVm,
}

/// A path below a layer's folder, with backslashes between its names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerPath(String);

/// Why a path is none of a layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It is no text.
    #[error("its name is no text in UTF-8")]
    NoText,
    /// It is absolute or has `..` in it.
    #[error("it leads out of the layer")]
    Outside,
    /// It is too long or too deep.
    #[error("its name is too long, or too deep")]
    Long,
    /// Windows cannot have the name, or takes it for something else.
    #[error("Windows takes no file with the name `{0}`")]
    Name(String),
    /// It stands where nothing of a layer does.
    #[error("it is in none of Files, Hives and UtilityVM\\Files")]
    Nowhere,
}

impl LayerPath {
    /// Reads the path of a tar's entry.
    ///
    /// # Errors
    /// When it leads out, or is none that Windows takes as it is written.
    pub fn of(path: &[u8], limits: &Limits) -> Result<Self, BadPath> {
        let text = str::from_utf8(path).map_err(|_| BadPath::NoText)?;
        if text.starts_with('/') {
            return Err(BadPath::Outside);
        }
        // A folder's entry ends with a slash; some writers begin with `./`.
        let names: Vec<_> = text.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
        if names.contains(&"..") {
            return Err(BadPath::Outside);
        }
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            return Err(BadPath::Name(clean(bad).into_owned()));
        }
        let path = names.join("\\");
        if path.len() > limits.path || names.len() > limits.depth || path.encode_utf16().count() > WHOLE {
            return Err(BadPath::Long);
        }
        let path = Self(path);
        path.part()?;
        Ok(path)
    }

    /// It, with backslashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In which part of a layer it is.
    ///
    /// # Errors
    /// [`BadPath::Nowhere`].
    pub fn part(&self) -> Result<Part, BadPath> {
        let mut names = self.0.split('\\');
        match (names.next(), names.next()) {
            (Some("Files"), _) => Ok(Part::Files),
            (Some("Hives"), _) => Ok(Part::Hives),
            (Some("UtilityVM"), None | Some("Files")) => Ok(Part::UtilityVm),
            _ => Err(BadPath::Nowhere),
        }
    }

    /// Whether it is a part as a whole: `Files`, not what is in it.
    pub fn is_part(&self) -> bool {
        matches!(self.0.as_str(), "Files" | "Hives" | "UtilityVM" | "UtilityVM\\Files")
    }

    /// The folder it is in; `None` for what lies in the layer's own.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('\\').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('\\').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The same for all paths that Windows takes for one. NTFS folds case by a table of single UTF-16 units, which is
    /// what Unicode says of each letter, where its capital is one letter of one unit.
    pub fn key(&self) -> String {
        fold(&self.0)
    }

    /// Beside it, with another last name.
    ///
    /// # Errors
    /// [`BadPath::Name`].
    pub fn renamed(&self, name: &str) -> Result<Self, BadPath> {
        if !is_name(name) {
            return Err(BadPath::Name(clean(name).into_owned()));
        }
        let at = self.0.len() - self.name().len();
        Ok(Self(format!("{}{name}", &self.0[..at])))
    }

    /// The file that holds this folder's streams in a transport folder.
    pub fn wcidirs(&self) -> Self {
        Self(format!("{}{WCIDIRS}", self.0))
    }
}

impl fmt::Display for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clean(&self.0))
    }
}

/// Whether a stream beside a file's content may be called so.
pub(super) fn is_stream(name: &str) -> bool {
    let odd = |letter: char| letter.is_control() || matches!(letter, '/' | '\\' | ':');
    !name.is_empty() && name.encode_utf16().count() <= NAME && !name.contains(odd)
}

/// Text with its case folded as NTFS does.
pub(super) fn fold(text: &str) -> String {
    let one = |letter: char| {
        let mut capital = letter.to_uppercase();
        match (capital.next(), capital.next()) {
            (Some(one), None) if letter.len_utf16() == 1 && one.len_utf16() == 1 => one,
            _ => letter,
        }
    };
    text.chars().map(one).collect()
}

/// Whether Windows takes a name of a file as it is written.
pub fn is_name(name: &str) -> bool {
    let odd = |letter: char| letter.is_control() || matches!(letter, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*');
    let has_odd_end = name.ends_with(['.', ' ']);
    let is_long = name.encode_utf16().count() > NAME;
    !is_long && !has_odd_end && !name.contains(odd) && !is_device(name) && !fold(name).ends_with(&fold(WCIDIRS))
}

/// Whether Windows takes the name for a device.
fn is_device(name: &str) -> bool {
    let stem = fold(name.split('.').next().unwrap_or_default().trim_end());
    let is_numbered = |stem: &str| {
        let digit = NUMBERED.iter().find_map(|device| stem.strip_prefix(device));
        // Superscript digits count as digits.
        digit.is_some_and(|rest| {
            matches!(rest, "¹" | "²" | "³") || (rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
        })
    };
    DEVICES.contains(&stem.as_str()) || is_numbered(&stem)
}
