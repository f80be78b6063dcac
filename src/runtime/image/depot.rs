//! Where layers, blobs and downloads lie, and who may touch them when. Knows neither registries nor records.
//!
//! Several processes share the folders. Whoever makes an image has [`Depot::hold`] until its records are written;
//! whoever takes layers away has [`Depot::alone`], for moments only. Whoever makes something out of a blob has its
//! [`Depot::claim`]. All of them are locks of files and end with the process that has them.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    hash::{BuildHasher, RandomState},
    io,
    path::{Path, PathBuf},
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::digest::Digest;
use crate::runtime::{Result, RuntimeError, host::Storage, layout::Layout};

/// Between two looks whether another process is done with a blob. Files' locks cannot be waited for without a thread.
const LOOK: Duration = Duration::from_millis(100);
/// End of the name of something in the making; its maker has a [`Hold`].
const PART: &str = "part";
/// End of the name of something on its way out; anybody may delete it at any time.
const TRASH: &str = "trash";
/// End of the name of a lock's file.
const LOCK: &str = "lock";

/// The folders, and who unpacks into them.
#[derive(Clone)]
pub(super) struct Depot {
    pub(super) layout: Layout,
    pub(super) storage: Arc<dyn Storage>,
}

/// While it lives, nobody takes layers away that no image has yet.
#[derive(Clone, Debug)]
pub(super) struct Hold(#[expect(dead_code, reason = "holds the lock")] Arc<File>);

/// While it lives, nobody else makes the same.
#[derive(Debug)]
pub(super) struct Claim(#[expect(dead_code, reason = "holds the lock")] File);

impl Depot {
    /// Where a blob lies that is whole and verified.
    pub(super) fn blob(&self, digest: Digest) -> PathBuf {
        self.layout.blobs().join("sha256").join(digest.hex())
    }

    /// Where a layer's files lie.
    pub(super) fn layer(&self, chain: Digest) -> PathBuf {
        self.layout.layers().join(chain.hex())
    }

    /// Where a download lies that may be incomplete.
    pub(super) fn ingest(&self, digest: Digest) -> PathBuf {
        self.layout.ingest().join(digest.hex())
    }

    /// A path for something in the making that nobody else has; not made yet.
    pub(super) fn part(&self, of: &Path) -> PathBuf {
        unique(of, PART)
    }

    /// Makes the folders.
    pub(super) fn make(&self) -> Result<()> {
        for folder in [self.layout.blobs().join("sha256"), self.layout.layers(), self.layout.ingest()] {
            let tried = format!("make the folder `{}`", folder.display());
            fs::create_dir_all(&folder).map_err(RuntimeError::system(tried))?;
        }
        Ok(())
    }

    /// Keeps others from taking layers away. Waits for those who do it now, which takes them moments.
    pub(super) fn hold(&self) -> Result<Hold> {
        self.make()?;
        let path = self.layout.ingest().join(LOCK);
        let file = open_lock(&path)?;
        file.lock_shared().map_err(RuntimeError::system(format!("lock `{}`", path.display())))?;
        Ok(Hold(Arc::new(file)))
    }

    /// Keeps others from making images, unless somebody does now: then `None`.
    pub(super) fn alone(&self) -> Result<Option<Hold>> {
        self.make()?;
        let path = self.layout.ingest().join(LOCK);
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Hold(Arc::new(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(RuntimeError::system(format!("lock `{}`", path.display()))(error)),
        }
    }

    /// Waits until nobody else makes anything out of the blob. `wait` is called before each wait. Whoever has this
    /// waits for nobody, and so nobody waits for him for ever.
    pub(super) async fn claim(&self, blob: Digest, wait: impl FnMut()) -> Result<Claim> {
        locked(self.ingest(blob).with_extension(LOCK), wait).await
    }

    /// Waits until nobody else makes the layer, likewise. Whoever has this may wait for a blob, and for the layers
    /// below.
    pub(super) async fn turn(&self, chain: Digest, wait: impl FnMut()) -> Result<Claim> {
        locked(self.ingest(chain).with_extension(format!("chain.{LOCK}")), wait).await
    }

    /// The same for a layer that is made in its place. Blocks, for so long at most: whoever makes it may itself hang.
    ///
    /// # Errors
    /// `Conflict` when it takes longer.
    pub(super) fn alone_at(&self, chain: Digest, patience: Duration) -> Result<Claim> {
        let path = self.ingest(chain).with_extension(format!("place.{LOCK}"));
        lock_within(&path, patience)?.map(Claim).ok_or_else(|| {
            let why = format!("another process has been making it for longer than {} s", patience.as_secs());
            RuntimeError::Conflict { tried: format!("unpack the layer {chain}"), why }
        })
    }

    /// Writes a small blob whose digest is known to be right.
    pub(super) fn keep(&self, digest: Digest, bytes: &[u8]) -> Result<()> {
        let path = self.blob(digest);
        if path.exists() {
            return Ok(());
        }
        let part = self.part(&path);
        let write = || {
            let mut file = File::create(&part)?;
            io::Write::write_all(&mut file, bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&part);
            RuntimeError::system(format!("write `{}`", path.display()))(error)
        })
    }

    /// A blob's bytes, verified.
    pub(super) fn small(&self, tried: &str, digest: Digest) -> Result<Vec<u8>> {
        let path = self.blob(digest);
        let bytes = fs::read(&path).map_err(RuntimeError::system(format!("read `{}`", path.display())))?;
        if Digest::of(&bytes) == digest {
            return Ok(bytes);
        }
        let why = format!("`{}` is not what was written there", path.display());
        Err(RuntimeError::Corrupt { tried: tried.to_owned(), why })
    }

    /// Brings the names of new layers and blobs to disk, before records speak of them.
    pub(super) fn settle(&self) {
        for folder in [self.layout.layers(), self.layout.blobs().join("sha256")] {
            // Not every system can open folders; those that cannot need not.
            if let Err(error) = File::open(&folder).and_then(|folder| folder.sync_all()) {
                tracing::debug!(folder = %folder.display(), %error, "a folder is not synced");
            }
        }
    }

    /// Moves a folder or file out of everybody's sight, to be deleted at leisure; no error when there is none.
    pub(super) fn put_away(&self, path: &Path) -> Result<()> {
        match fs::rename(path, unique(path, TRASH)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(RuntimeError::system(format!("put `{}` away", path.display()))(error))
            }
            _ => Ok(()),
        }
    }

    /// Puts away what processes left half-made that are gone. Nobody may make anything meanwhile: needs
    /// [`Depot::alone`].
    pub(super) fn put_away_parts(&self) -> Result<()> {
        self.ending_in(PART).iter().try_for_each(|path| self.put_away(path))
    }

    /// Deletes what was put away.
    pub(super) fn delete(&self) {
        for path in self.ending_in(TRASH) {
            let deleted = if path.is_dir() {
                self.storage.remove_layer(&path).map_err(|error| error.to_string())
            } else {
                fs::remove_file(&path).map_err(|error| error.to_string())
            };
            if let Err(error) = deleted {
                // Another process may have been quicker.
                tracing::debug!(path = %path.display(), %error, "what was put away is not deleted");
            }
        }
    }

    fn ending_in(&self, end: &str) -> Vec<PathBuf> {
        let folders = [self.layout.layers(), self.layout.blobs().join("sha256"), self.layout.ingest()];
        // A platform's storage may have put an end of its own behind.
        let is_one = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.split('.').any(|part| part.split('-').next() == Some(end))
        };
        folders.iter().flat_map(|folder| entries(folder)).filter(is_one).collect()
    }
}

/// A name beside `path` that nothing has: made of a random number and the process's.
fn unique(path: &Path, end: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Each state has keys of its own, seeded by the system's random numbers.
    let number = RandomState::new().hash_one(process::id());
    path.with_file_name(format!("{name}.{number:016x}.{end}"))
}

/// What lies in a folder; nothing where it cannot be read.
pub(super) fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

async fn locked(path: PathBuf, mut wait: impl FnMut()) -> Result<Claim> {
    let file = open_lock(&path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Claim(file)),
            Err(TryLockError::WouldBlock) => {
                wait();
                tokio::time::sleep(LOOK).await;
            }
            Err(TryLockError::Error(error)) => {
                return Err(RuntimeError::system(format!("lock `{}`", path.display()))(error));
            }
        }
    }
}

/// `None` when another has it for longer than that.
fn lock_within(path: &Path, patience: Duration) -> Result<Option<File>> {
    let (file, until) = (open_lock(path)?, Instant::now() + patience);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(RuntimeError::system(format!("lock `{}`", path.display()))(error));
            }
        }
    }
}

fn open_lock(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(RuntimeError::system(format!("open the lock `{}`", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hangs_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let held = lock_within(&path, Duration::ZERO).unwrap();
        assert!(held.is_some());
        assert!(lock_within(&path, LOOK / 2).unwrap().is_none());
        let waiting = thread::spawn(move || lock_within(&path, Duration::from_secs(60)).unwrap().is_some());
        drop(held);
        assert!(waiting.join().unwrap());
    }
}
