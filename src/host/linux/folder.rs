//! What is in a folder of this host. Knows neither volumes nor engines.

use std::{
    fs::{self, Metadata},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{FileTypeExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use chrono::DateTime;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};

use crate::model::{Bytes, FileEntry, FileKind, text::cleaned};

/// The files in `folder` below `root`, sorted by name. Links that containers have put there do not lead out of it.
pub(super) fn list(root: &Path, folder: &str) -> io::Result<Vec<FileEntry>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = open(root, flags, Mode::empty())?;
    let folder = if folder.is_empty() { "/" } else { folder };
    let held = openat2(&root, folder, flags, Mode::empty(), ResolveFlags::IN_ROOT)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // It may have gone meanwhile.
        let Ok(about) = entry.metadata() else { continue };
        let target = fs::read_link(entry.path()).ok().map(|target| cleaned(target.to_string_lossy()));
        entries.push(file(&entry.file_name().to_string_lossy(), &about, target));
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn file(name: &str, about: &Metadata, target: Option<String>) -> FileEntry {
    let kind = about.file_type();
    let kind = match kind {
        kind if kind.is_dir() => FileKind::Folder,
        kind if kind.is_symlink() => FileKind::Symlink,
        kind if kind.is_char_device() => FileKind::CharDevice,
        kind if kind.is_block_device() => FileKind::BlockDevice,
        kind if kind.is_fifo() => FileKind::Fifo,
        kind if kind.is_socket() => FileKind::Socket,
        _ => FileKind::File,
    };
    FileEntry {
        name: cleaned(name),
        kind,
        size: Bytes(about.len()),
        mode: about.mode() & 0o7777,
        uid: about.uid(),
        gid: about.gid(),
        modified: DateTime::from_timestamp(about.mtime(), u32::try_from(about.mtime_nsec()).unwrap_or_default()),
        target,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_listed_and_no_link_leads_out_of_its_root() {
        let room = tempfile::tempdir().unwrap();
        let root = room.path().join("root");
        fs::create_dir_all(root.join("in/deeper")).unwrap();
        fs::write(room.path().join("secret"), "s").unwrap();
        fs::write(root.join("in/a"), "four").unwrap();
        symlink("..", root.join("in/out")).unwrap();
        symlink("/", root.join("up")).unwrap();
        symlink(room.path(), root.join("away")).unwrap();
        let names = |folder: &str| -> Vec<String> {
            list(&root, folder).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names("/"), ["away", "in", "up"]);
        assert_eq!(names("/in"), ["a", "deeper", "out"]);
        assert_eq!((names("/up"), names("/../.."), names("/in/out")), (names("/"), names("/"), names("/")));
        assert!(list(&root, "/away").is_err(), "the link leads to a folder that is not there inside");
        let entry = &list(&root, "/in").unwrap()[0];
        assert_eq!((entry.kind, entry.size), (FileKind::File, Bytes(4)));
        assert_eq!(list(&root, "/in").unwrap()[2].target.as_deref(), Some(".."));
    }
}
