//! Tar archives of files of this machine, written and read as they pass. Knows no engine.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use futures_util::{StreamExt, stream};
use tar::{Archive as Tar, Builder, EntryType, Header};
use tokio::task::JoinHandle;

use crate::backend::{Archive, EngineError};

/// Bytes of one block of a tar archive (POSIX, ustar).
const BLOCK: usize = 512;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder, or a link that may lead to one.
    Folder,
    /// Anything else.
    Other,
}

/// The kind of the first entry; the rest is not read.
pub(super) async fn first_kind(mut archive: Archive) -> Result<Kind, EngineError> {
    let mut begin = Vec::new();
    while begin.len() < BLOCK {
        match archive.next().await {
            Some(piece) => begin.extend_from_slice(&piece?),
            None => break,
        }
    }
    let Some(block) = begin.first_chunk::<BLOCK>() else { return Ok(Kind::Other) };
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    Ok(match header.entry_type() {
        EntryType::Directory | EntryType::Symlink => Kind::Folder,
        // An engine without entries for folders begins with what is in it.
        _ if header.path_bytes().contains(&b'/') => Kind::Folder,
        _ => Kind::Other,
    })
}

/// What is packed, and how.
pub(super) struct Packing {
    pub(super) path: PathBuf,
    /// Its name in the archive; empty for what is in a folder alone.
    pub(super) name: String,
    pub(super) follow: bool,
    /// Whether owners are kept; otherwise everything is root's, as docker has it.
    pub(super) owners: bool,
}

impl Packing {
    /// Writes the archive.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut builder = Builder::new(to);
        builder.follow_symlinks(false);
        let top = if self.follow { fs::canonicalize(&self.path)? } else { self.path.clone() };
        self.append(&mut builder, &top, Path::new(&self.name))?;
        builder.into_inner().map(drop)
    }

    fn append(&self, builder: &mut Builder<impl Write>, path: &Path, name: &Path) -> io::Result<()> {
        let known = fs::symlink_metadata(path)?;
        let mut header = Header::new_gnu();
        header.set_metadata(&known);
        if !self.owners {
            header.set_uid(0);
            header.set_gid(0);
        }
        if known.is_dir() {
            if !name.as_os_str().is_empty() {
                builder.append_data(&mut header, name, io::empty())?;
            }
            let mut entries: Vec<_> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                self.append(builder, &entry.path(), &name.join(entry.file_name()))?;
            }
            Ok(())
        } else if known.is_symlink() {
            header.set_size(0);
            builder.append_link(&mut header, name, fs::read_link(path)?)
        } else if known.is_file() {
            // A file that grows meanwhile must not spoil the archive.
            builder.append_data(&mut header, name, fs::File::open(path)?.take(known.len()))
        } else {
            // Sockets and the like mean nothing elsewhere.
            Ok(())
        }
    }
}

/// The pieces, and at their end the word of whoever wrote them: an archive that broke off must not look whole.
pub(super) fn checked(pieces: Archive, work: JoinHandle<io::Result<()>>, what: String) -> Archive {
    let end = stream::once(async move {
        let why = match work.await {
            Ok(Ok(())) => return None,
            Ok(Err(why)) => why.to_string(),
            Err(why) => why.to_string(),
        };
        Some(Err(EngineError::Refused { tried: format!("pack {what}"), code: 0, why }))
    });
    Box::pin(pieces.chain(end.filter_map(std::future::ready)))
}

/// Unpacks into a folder; the first part of each path, `old`, becomes `new`, or nothing where that is empty.
pub(super) fn unpack(from: impl Read, folder: &Path, old: &str, new: &str) -> io::Result<()> {
    let mut archive = Tar::new(from);
    archive.set_overwrite(true);
    archive.set_preserve_permissions(true);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(path) = renamed(&path, old, new) else { continue };
        let to = folder.join(&path);
        if entry.header().entry_type() == EntryType::Link {
            // A hard link names its target by the old path.
            let target = entry.link_name()?.and_then(|target| renamed(&target, old, new));
            if let Some(target) = target {
                fs::hard_link(folder.join(target), &to)?;
            }
            continue;
        }
        // Never through a link that the archive itself has made, nor above the folder.
        if within(folder, &path) {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            entry.unpack(&to)?;
        }
    }
    // The rest is padding; whoever sends must not find the door closed.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop)
}

fn renamed(path: &Path, old: &str, new: &str) -> Option<PathBuf> {
    let mut parts = path.components().filter(|part| !matches!(part, Component::CurDir | Component::RootDir)).peekable();
    if !old.is_empty() && parts.peek().is_some_and(|part| part.as_os_str() == old) {
        parts.next();
    }
    let renamed: PathBuf =
        std::iter::once(Component::Normal(new.as_ref())).filter(|_| !new.is_empty()).chain(parts).collect();
    (!renamed.as_os_str().is_empty()).then_some(renamed)
}

/// Whether a path stays below the folder: no `..` in it, and no link on its way.
fn within(folder: &Path, path: &Path) -> bool {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let mut way = folder.to_owned();
    let parents = path.parent().into_iter().flat_map(Path::components);
    plain
        && parents.into_iter().all(|part| {
            way.push(part);
            !way.is_symlink()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(path: &Path, name: &str) -> Vec<u8> {
        let packing = Packing { path: path.to_owned(), name: name.to_owned(), follow: false, owners: false };
        let mut archive = Vec::new();
        packing.write(&mut archive).unwrap();
        archive
    }

    #[test]
    fn a_folder_comes_back_under_another_name() {
        let here = tempfile::tempdir().unwrap();
        fs::create_dir_all(here.path().join("a/b")).unwrap();
        fs::write(here.path().join("a/b/c"), "text").unwrap();
        let archive = pack(&here.path().join("a"), "a");
        unpack(archive.as_slice(), here.path(), "a", "z").unwrap();
        assert_eq!(fs::read_to_string(here.path().join("z/b/c")).unwrap(), "text");
        // And what is in it, without itself.
        let there = tempfile::tempdir().unwrap();
        unpack(archive.as_slice(), there.path(), "a", "").unwrap();
        assert_eq!(fs::read_to_string(there.path().join("b/c")).unwrap(), "text");
    }

    #[cfg(not(windows))]
    #[test]
    fn an_archive_cannot_write_outside() {
        let mut builder = Builder::new(Vec::new());
        let mut link = Header::new_gnu();
        link.set_entry_type(EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "a/out", "/tmp").unwrap();
        let mut file = Header::new_gnu();
        file.set_size(4);
        file.set_mode(0o644);
        builder.append_data(&mut file, "a/out/longshore-escaped", "evil".as_bytes()).unwrap();
        let archive = builder.into_inner().unwrap();
        let here = tempfile::tempdir().unwrap();
        unpack(archive.as_slice(), here.path(), "a", "a").unwrap();
        assert!(!Path::new("/tmp/longshore-escaped").exists());
        assert!(!within(here.path(), Path::new("a/../../b")));
    }

    #[tokio::test]
    async fn the_first_entry_tells_what_it_is() {
        let here = tempfile::tempdir().unwrap();
        fs::write(here.path().join("file"), "text").unwrap();
        let kind = |archive: Vec<u8>| first_kind(Box::pin(stream::iter([Ok(bytes::Bytes::from(archive))])));
        assert_eq!(kind(pack(here.path(), "dir")).await, Ok(Kind::Folder));
        assert_eq!(kind(pack(&here.path().join("file"), "file")).await, Ok(Kind::Other));
    }
}
