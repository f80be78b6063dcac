//! What a writable layer changes, as a transport folder. Knows no disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Below, Done, active, check_chain};

/// `FILE_ATTRIBUTE_DIRECTORY` and `FILE_ATTRIBUTE_ARCHIVE`.
const FOLDER: u32 = 0x10;
const FILE: u32 = 0x20;

/// `ExportLayer`.
pub fn export(folder: &Path, transport: &Path, below: &[Below]) -> Done {
    check_chain(below)?;
    let content = active::content(folder)?;
    let mut export = Export { below, gone: Vec::new() };
    fs::create_dir(transport.join("Files"))?;
    export.inside(&content, &transport.join("Files"), "")?;
    export.missing(&content, "")?;
    if !export.gone.is_empty() {
        // Without a first line, as most releases write it.
        let lines: String = export.gone.iter().map(|path| format!("{path}\r\n")).collect();
        fs::write(transport.join("tombstones.txt"), format!("\u{feff}{lines}"))?;
    }
    Ok(())
}

struct Export<'b> {
    below: &'b [Below],
    gone: Vec<String>,
}

impl Export<'_> {
    /// What is at a path in the layers below.
    fn was(&self, path: &str) -> Option<PathBuf> {
        self.below.iter().map(|layer| layer.path.join(format!("Files{path}"))).find(|place| place.exists())
    }

    /// Writes what differs; gives whether anything does.
    fn inside(&mut self, from: &Path, to: &Path, path: &str) -> io::Result<bool> {
        let mut differs = false;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let (inner, place) = (format!("{path}\\{name}"), to.join(&name));
            let was = self.was(&inner);
            if entry.file_type()?.is_dir() {
                fs::create_dir(&place)?;
                let within = self.inside(&entry.path(), &place, &inner)?;
                if within || was.is_none() {
                    fs::write(to.join(format!("{name}.$wcidirs$")), FOLDER.to_le_bytes())?;
                    differs = true;
                } else {
                    fs::remove_dir(&place)?;
                }
                continue;
            }
            let bytes = fs::read(entry.path())?;
            if was.is_none_or(|was| fs::read(was).is_ok_and(|before| before != bytes)) {
                let header = [&1_u32.to_le_bytes()[..], &[0; 4], &(bytes.len() as u64).to_le_bytes(), &[0; 4]].concat();
                fs::write(place, [&FILE.to_le_bytes()[..], &header, &bytes].concat())?;
                differs = true;
            }
        }
        Ok(differs)
    }

    /// Notes what is below and not here any more.
    fn missing(&mut self, content: &Path, path: &str) -> io::Result<()> {
        for layer in self.below {
            let place = layer.path.join(format!("Files{path}"));
            for entry in fs::read_dir(place).into_iter().flatten() {
                let inner = format!("{path}\\{}", entry?.file_name().to_string_lossy());
                let here = content.join(inner.trim_start_matches('\\'));
                if !here.exists() {
                    if !self.gone.contains(&inner) {
                        self.gone.push(inner);
                    }
                } else if here.is_dir() {
                    self.missing(content, &inner)?;
                }
            }
        }
        Ok(())
    }
}
