//! Layers out of transport folders, and the set-up of the lowest one. Knows no disk.

use std::{fs, path::Path};

use crate::{Below, Done, Failure, active, check_chain};

/// What is not as the format has it.
const WRONG: u32 = 0x8007_000D;
/// End of the name of the file that tells of the folder beside it.
const BESIDE: &str = ".$wcidirs$";
/// Bytes of a stream's header.
const HEADER: usize = 20;
/// The number of the stream that is a file's content, and of a part of one with holes.
const DATA: u32 = 1;
const SPARSE: u32 = 9;

/// `ImportLayer`.
pub fn import(folder: &Path, transport: &Path, below: &[Below]) -> Done {
    check_chain(below)?;
    if transport.join("tombstones.txt").exists() {
        check_tombstones(&transport.join("tombstones.txt"))?;
    }
    for part in ["Files", "Hives"] {
        let from = transport.join(part);
        if from.is_dir() {
            let to = folder.join(part);
            if !to.is_dir() {
                fs::create_dir(&to)?;
            }
            take(&from, &to, part == "Files")?;
        }
    }
    // Windows takes what it was given.
    Ok(())
}

/// `ProcessBaseImage`.
pub fn set_up_base(folder: &Path) -> Done {
    if !folder.join("Files").is_dir() {
        return Err(Failure::fault(0x8007_0003, "a base without files is set up"));
    }
    Ok(active::empty_disk(folder)?)
}

/// `ProcessUtilityImage`.
pub fn set_up_utility(folder: &Path) -> Done {
    if !folder.join("Files").is_dir() {
        return Err(Failure::fault(0x8007_0003, "a virtual machine without files is set up"));
    }
    Ok(fs::write(folder.join("SystemTemplateBase.vhdx"), "a disk")?)
}

fn take(from: &Path, to: &Path, has_streams: bool) -> Done {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if !place.is_dir() {
                fs::create_dir(&place)?;
            }
            take(&entry.path(), &place, has_streams)?;
            continue;
        }
        let bytes = fs::read(entry.path())?;
        if !has_streams {
            fs::write(place, bytes)?;
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let content = decode(&bytes).ok_or_else(|| Failure::fault(WRONG, format!("`{name}` is no transport file")))?;
        match name.strip_suffix(BESIDE) {
            Some(folder) if from.join(folder).is_dir() => {}
            Some(_) => return Err(Failure::fault(WRONG, format!("`{name}` tells of no folder"))),
            None => fs::write(place, content)?,
        }
    }
    Ok(())
}

/// Four bytes of attributes and streams, byte by byte; gives the content among them.
fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.get(4..)?;
    let mut content = Vec::new();
    while !rest.is_empty() {
        let header = rest.get(..HEADER)?;
        let number = |at: usize, count: usize| {
            header[at..at + count].iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) as usize
        };
        let (kind, size, name) = (number(0, 4) as u32, number(8, 8), number(16, 4));
        if !(1..=10).contains(&kind) || (name > 0) != (kind == 4) || name % 2 != 0 {
            return None;
        }
        let data = rest.get(HEADER + name..HEADER + name + size)?;
        match kind {
            DATA => content.extend(data),
            SPARSE => content.extend(data.get(8..)?),
            _ => {}
        }
        rest = &rest[HEADER + name + size..];
    }
    Some(content)
}

/// A list of what is deleted: a byte order mark, and paths with a backslash in front. Not every Windows writes a first
/// line.
fn check_tombstones(path: &Path) -> Done {
    let text = fs::read_to_string(path)?;
    let wrong = || Failure::fault(WRONG, "it is no list of what is deleted");
    let lines = text.strip_prefix('\u{feff}').ok_or_else(wrong)?.lines();
    if lines.filter(|line| *line != "Version 1.0").all(|line| line.starts_with('\\')) { Ok(()) } else { Err(wrong()) }
}
