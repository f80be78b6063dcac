//! Where what lies: what outlives a boot below the data root, what does not below the run root. Makes nothing itself.

use std::path::{Path, PathBuf};

use crate::model::{ContainerId, VolumeName};

/// Where the data lies on Linux where nobody says otherwise.
pub const DATA_ROOT: &str = "/var/lib/longshore";
/// Where what ends with the boot lies there.
pub const RUN_ROOT: &str = "/run/longshore";

/// The folders of one engine aboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Images, writable layers, volumes, logs, the database.
    pub data: PathBuf,
    /// Monitors, sockets, mounts. One of its own for each data root but the default one.
    pub run: PathBuf,
}

impl Default for Layout {
    fn default() -> Self {
        let (data, run) = super::usual_folders();
        Self { data, run }
    }
}

impl Layout {
    /// The layout over another data root. What ends with the boot lies below `run` beside it, so that two engines
    /// on one host do not meet.
    pub fn at(data: &Path) -> Self {
        let usual = Self::default();
        if data == usual.data { usual } else { Self { data: data.into(), run: data.join("run") } }
    }

    /// The same with its data root as the disk spells it, as far as it is there: whatever it was called by, links, short
    /// names of Windows and small letters for great ones, there is one engine over it.
    #[must_use]
    pub fn as_on_disk(self) -> Self {
        let (data, usual) = (on_disk(&self.data), Self::default());
        if data == on_disk(&usual.data) { usual } else { Self::at(&data) }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join("longshore.db")
    }

    /// Written to after each change, so that other consoles look; see [`super::db`].
    pub fn bell(&self) -> PathBuf {
        self.data.join("bell")
    }

    /// Manifests, configs and packed layers by digest: `blobs/sha256/HEX`. Packed layers are kept so that an image can
    /// be pushed or saved with the digests it came with.
    pub fn blobs(&self) -> PathBuf {
        self.data.join("blobs")
    }

    /// Unpacked layers, each in a folder named after its chain id without `sha256:`.
    pub fn layers(&self) -> PathBuf {
        self.data.join("layers")
    }

    /// Downloads in the making, `ingest/HEX` by digest, so that they can be resumed.
    pub fn ingest(&self) -> PathBuf {
        self.data.join("ingest")
    }

    /// A container's folder that outlives a boot: `upper`, `work`, `log/`, `hosts`, `resolv.conf`, `hostname`.
    pub fn container(&self, id: &ContainerId) -> PathBuf {
        self.data.join("containers").join(id.as_str())
    }

    /// Volumes: `volumes/NAME/_data`.
    pub fn volumes(&self) -> PathBuf {
        self.data.join("volumes")
    }

    /// A volume's folder: its files in `_data`, and beside it what a restore is making.
    pub fn volume(&self, name: &VolumeName) -> PathBuf {
        self.volumes().join(name.as_str())
    }

    /// Locked while a volume is being restored.
    pub fn restoring(&self, name: &VolumeName) -> PathBuf {
        self.volume(name).join("restoring")
    }

    /// Locked while a process starts a container.
    pub fn starting(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join("starting")
    }

    /// What a running container needs: `order.json`, `state.json`, `lock`, `monitor.sock`, `root/` (its mounted
    /// root), `bundle/`, `exec/ID/`, `netns`.
    pub fn running(&self, id: &ContainerId) -> PathBuf {
        self.run.join("containers").join(id.as_str())
    }
}

/// A path whose beginning, as far as it is there, is as the disk spells it.
fn on_disk(path: &Path) -> PathBuf {
    for there in path.ancestors() {
        if let Ok(spelled) = there.canonicalize() {
            let rest = path.strip_prefix(there).unwrap_or(path);
            let spelled = plain(spelled);
            return if rest.as_os_str().is_empty() { spelled } else { spelled.join(rest) };
        }
    }
    path.to_owned()
}

/// Without what Windows puts before a path that is to be taken as it is: it would be seen by people.
fn plain(path: PathBuf) -> PathBuf {
    let Some(text) = path.to_str() else { return path };
    if let Some(share) = text.strip_prefix(r"\\?\UNC\") {
        return PathBuf::from(format!(r"\\{share}"));
    }
    text.strip_prefix(r"\\?\")
        .filter(|rest| rest.as_bytes().get(1) == Some(&b':'))
        .map_or_else(|| path.clone(), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_root_is_one_whatever_it_is_called_by() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("Data");
        std::fs::create_dir(&root).unwrap();
        let one = Layout::at(&root).as_on_disk();
        assert!(one.data.ends_with("Data") && one.run == one.data.join("run"));
        assert_eq!(Layout::at(&above.path().join(".").join("Data")).as_on_disk(), one, "a dot");
    }

    #[test]
    fn the_usual_root_is_the_usual_one() {
        let usual = Layout::default();
        assert_eq!(usual.clone().as_on_disk(), usual);
    }

    #[test]
    fn paths_of_windows_are_shown_as_people_write_them() {
        for (given, plainly) in [
            (r"\\?\C:\ls", r"C:\ls"),
            (r"\\?\UNC\host\share\ls", r"\\host\share\ls"),
            (r"\\?\Volume{1}\ls", r"\\?\Volume{1}\ls"),
            ("/var/lib/longshore", "/var/lib/longshore"),
        ] {
            assert_eq!(plain(given.into()), Path::new(plainly));
        }
    }
}
