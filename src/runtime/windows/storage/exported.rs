//! What a writable layer changes, out of the transport folder that `ExportLayer` fills. Knows no service.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    os::windows::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{
    model::{PathChange, PathChangeKind},
    runtime::{
        Result,
        backup_stream::BasicInfo,
        layer_transport::{Found, How, LayerSource, deleted_of, is_beside},
        windows::layers::{Backup, file_info, file_number, open_to_read},
    },
};

/// Folders within folders that are looked into.
const DEPTH: usize = 256;

/// The folder, which goes when this is dropped.
pub(super) struct Transport(PathBuf);

impl Transport {
    /// Makes it anew.
    pub(super) fn make(path: &Path) -> io::Result<Self> {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
        fs::create_dir(path)?;
        // As Windows takes it whatever is in it.
        Ok(Self(fs::canonicalize(path)?))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "what was exported stays");
        }
    }
}

/// The folder as [`crate::runtime::layer_transport::export`] reads it. Only administrators write below.
pub(super) struct Source<'p>(&'p Path);

impl<'p> Source<'p> {
    pub(super) const fn new(folder: &'p Path) -> Self {
        Self(folder)
    }
}

impl LayerSource for Source<'_> {
    fn list(&mut self, folder: &str) -> io::Result<Vec<Found>> {
        list(&self.0.join(folder))
    }

    fn info(&mut self, path: &str) -> io::Result<BasicInfo> {
        file_info(&open_to_read(&self.0.join(path))?)
    }

    fn open(&mut self, path: &str, how: How) -> io::Result<Box<dyn Read + '_>> {
        let path = self.0.join(path);
        Ok(match how {
            How::Plain => Box::new(File::open(path)?),
            How::Restored { security } => Box::new(Backup::from(open_to_read(&path)?, security)),
        })
    }

    fn shared(&mut self, path: &str) -> io::Result<Option<u128>> {
        file_number(&open_to_read(&self.0.join(path))?)
    }
}

fn list(folder: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let info = BasicInfo { attributes: entry.metadata()?.file_attributes(), ..BasicInfo::default() };
        found.push(Found { name: entry.file_name().to_string_lossy().into_owned(), is_folder: info.is_folder() });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// All that is different of `C:` in the exported folder from the layers below, folders before what is in them. The
/// registry is not listed: of its changes only Windows knows which they are.
pub(super) fn changes(folder: &Path, layers: &[PathBuf]) -> Result<Vec<PathChange>> {
    let look = || -> io::Result<Vec<PathChange>> {
        let mut changes = Changes { folder, layers, found: Vec::new() };
        if folder.join("Files").is_dir() {
            changes.inside("", 0)?;
        }
        let mut source = Source::new(folder);
        let gone: BTreeSet<_> = deleted_of(&mut source)?.into_iter().collect();
        changes.found.extend(gone.into_iter().map(|path| change(PathChangeKind::Removed, &path)));
        Ok(changes.found)
    };
    look().map_err(crate::runtime::RuntimeError::system(format!("read `{}`", folder.display())))
}

struct Changes<'c> {
    folder: &'c Path,
    layers: &'c [PathBuf],
    found: Vec<PathChange>,
}

impl Changes<'_> {
    fn inside(&mut self, path: &str, depth: usize) -> io::Result<()> {
        for Found { name, is_folder } in list(&self.folder.join(format!("Files{path}")))? {
            if is_beside(&name) {
                continue;
            }
            let inner = format!("{path}\\{name}");
            let was = self.layers.iter().any(|layer| fs::symlink_metadata(layer.join(format!("Files{inner}"))).is_ok());
            // A folder is exported also where only something in it differs.
            self.found.push(change(if was { PathChangeKind::Changed } else { PathChangeKind::Added }, &inner));
            if is_folder && depth < DEPTH {
                self.inside(&inner, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn change(kind: PathChangeKind, path: &str) -> PathChange {
    PathChange { kind, path: crate::model::text::clean(&format!("C:{path}")).into_owned() }
}
