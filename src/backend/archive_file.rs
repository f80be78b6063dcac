//! Archives in files of this machine, on their way from and to an engine, in pieces. Knows no archive's format.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::StreamExt;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};
use tokio_util::io::ReaderStream;

use super::{Archive, EngineError, Reporter, Result};
use crate::model::{Bytes, Piece, Progress};

/// Bytes of one piece.
const PIECE: usize = 256 << 10;

/// Writes an archive to a file that is not there yet; gives its bytes. Until it is whole it has the ending `.part`, and
/// it goes when the archive breaks off or nobody waits for it any more. `about` is how many bytes are expected.
///
/// # Errors
/// When there is such a file, it cannot be written, or what the archive breaks off with.
pub async fn keep(mut archive: Archive, path: &Path, about: Option<Bytes>, report: &Reporter) -> Result<Bytes> {
    let failed = |why: io::Error| refused(format!("write `{}`", path.display()), &why);
    if fs::try_exists(path).await.map_err(failed)? {
        return Err(failed(io::Error::other("it is there already: type another name")));
    }
    let (part, mut file) = Part::beside(path).await.map_err(failed)?;
    let mut done = Bytes(0);
    while let Some(piece) = archive.next().await {
        let piece = piece?;
        file.write_all(&piece).await.map_err(failed)?;
        done = done + Bytes(piece.len() as u64);
        tell(report, path, "writing", done, about);
    }
    file.sync_all().await.map_err(failed)?;
    fs::rename(&part.0, path).await.map_err(failed)?;
    Ok(done)
}

/// A file as an archive, which tells how much of it has been read.
///
/// # Errors
/// When it cannot be read.
pub async fn open(path: &Path, report: &Reporter) -> Result<Archive> {
    let tried = format!("read `{}`", path.display());
    let file = File::open(path).await.map_err(|why| refused(tried.clone(), &why))?;
    let about = file.metadata().await.map_err(|why| refused(tried.clone(), &why))?;
    if about.is_dir() {
        return Err(refused(tried, &io::Error::other("it is a folder, and no archive")));
    }
    let (total, path, report) = (Some(Bytes(about.len())), path.to_owned(), report.clone());
    let mut done = Bytes(0);
    Ok(Box::pin(ReaderStream::with_capacity(file, PIECE).map(move |piece| {
        let piece = piece.map_err(|why| refused(tried.clone(), &why))?;
        done = done + Bytes(piece.len() as u64);
        tell(&report, &path, "reading", done, total);
        Ok(piece)
    })))
}

fn tell(report: &Reporter, path: &Path, step: &str, done: Bytes, total: Option<Bytes>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let piece = Piece { name, step: step.into(), done, total, finished: false };
    report.tell(Progress { pieces: vec![piece], note: String::new() });
}

fn refused(tried: String, why: &io::Error) -> EngineError {
    EngineError::Refused { tried, code: 0, why: why.to_string() }
}

/// A file in the making, gone when it is not made.
struct Part(PathBuf);

impl Part {
    /// A new one: what is there already may be somebody else's, who is still writing it.
    async fn beside(path: &Path) -> io::Result<(Self, File)> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let made = File::options().write(true).create_new(true).open(&part).await;
        let file = made.map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => io::Error::other(format!(
                "`{}` is being written by another, or was left by one that was killed: remove it, or type another name",
                part.display()
            )),
            _ => why,
        })?;
        Ok((Self(part), file))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once it was made, there is none under this name.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes as Chunk;
    use futures_util::{TryStreamExt, stream};

    use super::*;

    fn archive(pieces: &[&'static str]) -> Archive {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Chunk::from_static(piece.as_bytes()))).collect();
        Box::pin(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_file_is_there_when_it_is_whole_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.tar");
        let (report, told) = Reporter::new();
        let broken: Archive = Box::pin(archive(&["half"]).chain(stream::iter([Err(EngineError::Unsupported {
            tried: "read".into(),
            why: "it breaks off".into(),
        })])));
        assert!(keep(broken, &path, None, &report).await.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something half is left");
        assert_eq!(keep(archive(&["who", "le"]), &path, None, &report).await.unwrap(), Bytes(5));
        assert_eq!(told.borrow().pieces[0].done, Bytes(5));
        let error = keep(archive(&["other"]), &path, None, &report).await.unwrap_err().to_string();
        assert!(error.contains("there already"), "{error}");
        let mine = folder.path().join("mine.tar.part");
        std::fs::write(&mine, "somebody else's").unwrap();
        let refused =
            keep(archive(&["a"]), &folder.path().join("mine.tar"), None, &report).await.unwrap_err().to_string();
        assert!(refused.contains("mine.tar.part"), "{refused}");
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "somebody else's", "what another writes is let be");
        let read: Vec<Chunk> = open(&path, &report).await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.concat(), b"whole");
        assert_eq!(told.borrow().fraction(), Some(1.0));
        assert!(open(folder.path(), &report).await.is_err(), "a folder is no archive");
    }
}
