//! Roots of containers as overlay mounts. Knows neither images nor tars.
//!
//! The kernel is asked in the best way it knows: layers as open folders (6.13), as paths one by one (6.5), or all of
//! them in one string of at most a page, where `/proc/self/fd/N` keeps each short.

use std::{
    ffi::CString,
    path::{Path, PathBuf},
};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, Mode, OFlags},
    io::{Errno, Result as SysResult},
    mount::{self, FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MoveMountFlags, UnmountFlags},
};

use super::{node, tar::Meta};
use crate::runtime::{Result, RuntimeError};

/// Layers that overlayfs takes (`OVL_MAX_STACK`).
const LAYERS: usize = 500;
/// Characters that `fsconfig` takes in one value.
const VALUE: usize = 255;
/// Mounts upon each other that are taken away: more than one is a crash's.
const STACKED: usize = 16;
/// Whatever the kernel's defaults are, a writable layer must read as plain files and whiteouts without this kernel.
const SETTINGS: [(&str, &str); 3] = [("redirect_dir", "nofollow"), ("index", "off"), ("metacopy", "off")];

/// How the kernel is told of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As open folders.
    Folders,
    /// As paths, one by one.
    Paths,
    /// As one string.
    Line,
}

/// Mounts `layers` (lowest first) under the writable layer in `container` at `root`. What a crash left there goes.
pub(crate) fn mount(layers: &[PathBuf], container: &Path, root: &Path) -> Result<()> {
    if layers.len() > LAYERS {
        let why = format!("it has {} layers, and Linux can lay {LAYERS} over each other", layers.len());
        return Err(RuntimeError::Invalid { tried: tried(root), why });
    }
    unmount(root)?;
    let stack = Stack::prepare(layers, container, root)?;
    let mut last = Errno::INVAL;
    for way in [Way::Folders, Way::Paths, Way::Line] {
        // One that takes no open folder because its overlayfs is older than such steps: it would complain in its log.
        if (way, last) == (Way::Paths, Errno::OPNOTSUPP) {
            continue;
        }
        match stack.mount(way) {
            Ok(()) => return Ok(()),
            // Not known to this kernel, or the layers' fault; the last way tells.
            Err(Failure { error: error @ (Errno::INVAL | Errno::NOSYS | Errno::BADF | Errno::OPNOTSUPP), log })
                if log.is_empty() =>
            {
                last = error;
            }
            Err(failure) => return Err(failure.on(root)),
        }
    }
    Err(Failure { error: last, log: String::new() }.on(root))
}

/// Takes a root's mount away; no error when there is none.
pub(crate) fn unmount(root: &Path) -> Result<()> {
    for _ in 0..STACKED {
        match mount::unmount(root, UnmountFlags::NOFOLLOW) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOENT) => return Ok(()),
            Err(Errno::BUSY) => {
                // Somebody still holds something open in it: it goes from view now, and for good when they let go.
                tracing::debug!(root = %root.display(), "the root is still in use; it is detached");
                let tried = format!("unmount `{}`", root.display());
                mount::unmount(root, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)
                    .map_err(|error| RuntimeError::System { tried, source: error.into() })?;
            }
            Err(error) => {
                let tried = format!("unmount `{}`", root.display());
                return Err(RuntimeError::System { tried, source: error.into() });
            }
        }
    }
    Ok(())
}

fn tried(root: &Path) -> String {
    format!("mount the layers at `{}`", root.display())
}

/// Why it was not mounted, with the kernel's words where it has some.
#[derive(Debug)]
pub(super) struct Failure {
    error: Errno,
    log: String,
}

impl Failure {
    fn on(self, root: &Path) -> RuntimeError {
        let tried = tried(root);
        if self.log.is_empty() {
            return RuntimeError::System { tried, source: self.error.into() };
        }
        RuntimeError::Platform { tried, why: format!("{} ({})", self.log, self.error) }
    }
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        Self { error, log: String::new() }
    }
}

/// What is laid over each other, and where.
pub(super) struct Stack<'s> {
    /// Uppermost first.
    lowers: Vec<&'s Path>,
    upper: PathBuf,
    work: PathBuf,
    root: OwnedFd,
}

impl<'s> Stack<'s> {
    /// Makes what is missing of the container's folders.
    pub(super) fn prepare(layers: &'s [PathBuf], container: &Path, root: &Path) -> Result<Stack<'s>> {
        let (upper, work) = (container.join("upper"), container.join("work"));
        let prepare = || -> std::io::Result<OwnedFd> {
            let fresh = !upper.exists();
            for folder in [&upper, &work, &root.to_path_buf()] {
                std::fs::create_dir_all(folder)?;
            }
            if fresh {
                // The uppermost folder is the one whose owner and mode a container sees as those of `/`: as with
                // Docker, root's and everybody's to enter, whatever an image's archive says of its own.
                let meta = Meta { mode: 0o755, ..Meta::default() };
                node::dress(open(&upper, OFlags::RDONLY)?.as_fd(), &meta)?;
            }
            Ok(open(root, OFlags::PATH)?)
        };
        let root = prepare().map_err(RuntimeError::system(tried(root)))?;
        Ok(Stack { lowers: layers.iter().rev().map(PathBuf::as_path).collect(), upper, work, root })
    }

    pub(super) fn mount(&self, way: Way) -> std::result::Result<(), Failure> {
        match way {
            Way::Line => Ok(self.mount_line()?),
            way => self.mount_steps(way),
        }
    }

    /// An image without layers still needs something below: the working folder's neighbour, empty for ever.
    fn lowers(&self) -> SysResult<Vec<PathBuf>> {
        if !self.lowers.is_empty() {
            return Ok(self.lowers.iter().map(|path| path.to_path_buf()).collect());
        }
        let empty = self.work.with_file_name("empty");
        match fs::mkdir(&empty, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => Ok(vec![empty]),
            Err(error) => Err(error),
        }
    }

    fn mount_steps(&self, way: Way) -> std::result::Result<(), Failure> {
        let context = mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
        let configure = || -> SysResult<OwnedFd> {
            mount::fsconfig_set_string(&context, "source", "longshore")?;
            for lower in self.lowers()? {
                tell(&context, "lowerdir+", &lower, way)?;
            }
            tell(&context, "upperdir", &self.upper, way)?;
            tell(&context, "workdir", &self.work, way)?;
            for (key, value) in SETTINGS {
                mount::fsconfig_set_string(&context, key, value)?;
            }
            mount::fsconfig_create(&context)?;
            mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
        };
        let mounted = configure().map_err(|error| Failure { error, log: complaints(&context) })?;
        let empty_paths = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        Ok(mount::move_mount(&mounted, "", &self.root, "", empty_paths)?)
    }

    fn mount_line(&self) -> SysResult<()> {
        let lowers = self.lowers()?.iter().map(|path| open(path, OFlags::PATH)).collect::<SysResult<Vec<_>>>()?;
        let names = lowers.iter().map(|lower| node::itself(lower.as_fd())).collect::<Vec<_>>();
        let (upper, work) = (open(&self.upper, OFlags::PATH)?, open(&self.work, OFlags::PATH)?);
        let mut line = format!(
            "lowerdir={},upperdir={},workdir={}",
            names.join(":"),
            node::itself(upper.as_fd()),
            node::itself(work.as_fd())
        );
        for (key, value) in SETTINGS {
            line.push_str(&format!(",{key}={value}"));
        }
        // The kernel cuts at a page without a word.
        if line.len() >= 4096 {
            return Err(Errno::TOOBIG);
        }
        let line = CString::new(line).map_err(|_| Errno::INVAL)?;
        let root = node::itself(self.root.as_fd());
        mount::mount("longshore", root, "overlay", MountFlags::empty(), line.as_c_str())
    }
}

/// Tells the kernel of one folder.
fn tell(context: &OwnedFd, key: &str, path: &Path, way: Way) -> SysResult<()> {
    // Held until the kernel has taken it.
    let folder = open(path, OFlags::PATH)?;
    match way {
        Way::Folders => mount::fsconfig_set_fd(context, key, &folder),
        _ if path.as_os_str().len() <= VALUE => mount::fsconfig_set_string(context, key, path),
        _ => mount::fsconfig_set_string(context, key, node::itself(folder.as_fd())),
    }
}

fn open(path: &Path, access: OFlags) -> SysResult<OwnedFd> {
    fs::open(path, access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// What the kernel has to say about a failed mount; each line begins with `e `, `w ` or `i `.
fn complaints(context: &OwnedFd) -> String {
    let mut lines = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count) = rustix::io::read(context, &mut buffer) {
        let line = String::from_utf8_lossy(&buffer[..count]).trim().to_owned();
        // Unknown parameters are how an older kernel says that it knows this way not.
        let unknown = line.contains("Unknown parameter") || line.contains("not expect");
        match line.strip_prefix("e ") {
            Some(error) if count > 0 && !unknown => lines.push(error.to_owned()),
            _ if count == 0 => break,
            _ => {}
        }
    }
    lines.join("; ")
}
