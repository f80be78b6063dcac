//! The cgroup of a container, whichever version of cgroups the host has. Knows neither libcontainer nor monitors.
//!
//! On version 1, and on a host with both ("hybrid"), a container has a folder in each controller's own tree; on
//! version 2 it has one. A hybrid host is treated as version 1: its controllers are there.

mod devices;
mod limits;
mod stats;

pub(crate) use devices::Allowed;
pub(crate) use limits::PERIOD;
pub(crate) use stats::net_dev;

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    model::ContainerId,
    runtime::{Result, RuntimeError},
};

/// Where cgroups are mounted (cgroups(7)).
const ROOT: &str = "/sys/fs/cgroup";
/// The cgroup above all of longshore's.
const PARENT: &str = "longshore";
/// How long removing waits for killed processes to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which version of cgroups holds the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Each controller has a tree of its own.
    One,
    /// There is one tree.
    Two,
}

impl Version {
    /// The host's.
    pub(crate) fn of_host() -> Self {
        // Only the root of a version 2 tree has this file there.
        if Path::new(ROOT).join("cgroup.controllers").exists() { Self::Two } else { Self::One }
    }
}

/// The path of a container's cgroup below each tree's root, as the OCI spec wants it.
pub(crate) fn path_of(id: &ContainerId) -> PathBuf {
    Path::new("/").join(PARENT).join(id.as_str())
}

/// A container's cgroup.
#[derive(Clone, Debug)]
pub(crate) struct Cgroup {
    version: Version,
    id: ContainerId,
}

impl Cgroup {
    /// That of this container, which there may or may not be.
    pub(crate) fn of(id: &ContainerId) -> Self {
        Self { version: Version::of_host(), id: id.clone() }
    }

    /// Its folder in the tree of a version 1 controller; the only one on version 2.
    fn folder(&self, controller: &str) -> PathBuf {
        let root = match self.version {
            Version::One => Path::new(ROOT).join(controller),
            Version::Two => ROOT.into(),
        };
        root.join(PARENT).join(self.id.as_str())
    }

    /// All of its folders that there are.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        match self.version {
            Version::Two => Some(self.folder("")).filter(|folder| folder.exists()).into_iter().collect(),
            Version::One => {
                let trees = fs::read_dir(ROOT).into_iter().flatten().flatten();
                let folders = trees.map(|tree| self.folder(&tree.file_name().to_string_lossy()));
                folders.filter(|folder| folder.exists()).collect()
            }
        }
    }

    /// The files to which a process writes 0 to join it.
    pub(crate) fn doors(&self) -> io::Result<Vec<fs::File>> {
        let open = |folder: PathBuf| fs::OpenOptions::new().write(true).open(folder.join("cgroup.procs"));
        self.folders().into_iter().map(open).collect()
    }

    /// Its processes by their ids on the host.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
        // Not every tree needs to hold all of them, but this one decides what is frozen.
        let folder = self.folder("freezer");
        let path = folder.join("cgroup.procs");
        let text = fs::read_to_string(&path)
            .map_err(RuntimeError::system(format!("read the processes of container `{}`", self.id.short())))?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Freezes or thaws all of its processes and waits until that has happened.
    pub(crate) fn freeze(&self, frozen: bool) -> Result<()> {
        let verb = if frozen { "freeze" } else { "thaw" };
        let tried = || format!("{verb} container `{}`", self.id.short());
        let folder = self.folder("freezer");
        let (file, word) = match (self.version, frozen) {
            (Version::One, true) => ("freezer.state", "FROZEN"),
            (Version::One, false) => ("freezer.state", "THAWED"),
            (Version::Two, true) => ("cgroup.freeze", "1"),
            (Version::Two, false) => ("cgroup.freeze", "0"),
        };
        fs::write(folder.join(file), word).map_err(RuntimeError::system(tried()))?;
        let begun = Instant::now();
        while self.is_frozen() != frozen {
            if begun.elapsed() > PATIENCE {
                let why = format!("its processes have not obeyed for {} s", PATIENCE.as_secs());
                return Err(RuntimeError::Platform { tried: tried(), why });
            }
            // Version 1 freezes those that are missing at each reading or writing of the state.
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets it use these devices and no others, where the OCI runtime does not see to that: on version 2.
    pub(crate) fn restrict_devices(&self, allowed: &[Allowed]) -> Result<()> {
        if self.version == Version::One {
            return Ok(());
        }
        let tried = format!("restrict the devices of container `{}`", self.id.short());
        devices::restrict(&self.folder("devices"), allowed).map_err(RuntimeError::system(tried))
    }

    /// Whether all of its processes are frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        let folder = self.folder("freezer");
        match self.version {
            Version::One => read_word(&folder.join("freezer.state")).is_some_and(|word| word == "FROZEN"),
            Version::Two => flat(&folder.join("cgroup.events"), "frozen") == Some(1),
        }
    }

    /// How many of its processes the kernel has killed for want of memory.
    pub(crate) fn oom_kills(&self) -> u64 {
        let file = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        flat(&self.folder("memory").join(file), "oom_kill").unwrap_or(0)
    }

    /// Kills what is left in it and removes it; no error when there is none.
    pub(crate) fn remove(&self) -> Result<()> {
        let tried = || format!("remove the cgroup of container `{}`", self.id.short());
        let begun = Instant::now();
        for folder in self.folders() {
            while let Err(error) = remove_tree(&folder) {
                if error.kind() != io::ErrorKind::ResourceBusy || begun.elapsed() > PATIENCE {
                    return Err(RuntimeError::System { tried: tried(), source: error });
                }
                self.kill_all();
                thread::sleep(Duration::from_millis(1));
            }
        }
        // Gone with the last container; others may have it still.
        for tree in self.parents() {
            let _ = fs::remove_dir(tree);
        }
        Ok(())
    }

    fn parents(&self) -> Vec<PathBuf> {
        let all = match self.version {
            Version::Two => vec![Path::new(ROOT).to_path_buf()],
            Version::One => fs::read_dir(ROOT).into_iter().flatten().flatten().map(|tree| tree.path()).collect(),
        };
        all.into_iter().map(|tree| tree.join(PARENT)).collect()
    }

    /// Kills all of its processes, frozen or not.
    pub(crate) fn kill_all(&self) {
        if self.version == Version::Two && fs::write(self.folder("").join("cgroup.kill"), "1").is_ok() {
            return;
        }
        for folder in self.folders() {
            for pid in fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default().lines() {
                if let Some(pid) = pid.parse().ok().and_then(Pid::from_raw) {
                    // It may have ended by itself, which is as good.
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
        }
        if self.is_frozen() {
            let _ = self.freeze(false);
        }
    }
}

/// Removes a cgroup and those that its container made inside of it.
fn remove_tree(folder: &Path) -> io::Result<()> {
    for inside in fs::read_dir(folder).into_iter().flatten().flatten() {
        if inside.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&inside.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn read_word(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn read_number(path: &Path) -> Option<u64> {
    read_word(path)?.parse().ok()
}

/// The number of a key in a file of `key number` lines.
fn flat(path: &Path, key: &str) -> Option<u64> {
    number_of(&fs::read_to_string(path).ok()?, key)
}

fn number_of(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(name, _)| *name == key).and_then(|(_, number)| number.trim().parse().ok())
}
