//! Volumes of Windows as a whole: filled, written away, and made what a tar tells. Knows no container.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::{beneath::Root, pack::Packer, unpack};
use crate::runtime::{
    Result, RuntimeError,
    host::Packing,
    restoring::OLD,
    tar::{Limits, TarReader},
};

/// Fills an empty volume with what is at `path` in a root.
pub(super) fn copy_up(root: &dyn Fn() -> io::Result<Root>, path: &str, volume: &Path, limits: Limits) -> Result<bool> {
    let tried = || format!("fill the volume at `{}` with `{path}`", volume.display());
    let aside = Aside::of(volume);
    let pack = || -> io::Result<Option<File>> {
        fs::create_dir_all(volume)?;
        if fs::read_dir(volume)?.next().is_some() {
            return Ok(None);
        }
        let folder = match root()?.folder(path, false) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            folder => folder?,
        };
        let mut tar = File::options().read(true).write(true).create(true).truncate(true).open(aside.tar())?;
        let mut packer = Packer::new(&mut tar);
        packer.inside(&folder, "", 0)?;
        packer.finish()?;
        tar.rewind()?;
        Ok(Some(tar))
    };
    let Some(mut tar) = pack().map_err(RuntimeError::system(tried()))? else { return Ok(false) };
    aside.fill(&mut tar, limits, &tried())?;
    Ok(true)
}

/// Writes all of a volume as a tar.
pub(super) fn backup(volume: &Path, packing: Packing, out: &mut dyn Write) -> Result<()> {
    let pack = |out: &mut dyn Write| -> io::Result<()> {
        let root = Root::open(volume)?;
        let mut packer = Packer::new(out);
        packer.folder(root.file(), ".")?;
        packer.finish()
    };
    let packed = || -> io::Result<()> {
        match packing {
            Packing::Plain => pack(out),
            Packing::Gzip => {
                let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                pack(&mut packed)?;
                packed.finish().map(|_| ())
            }
            Packing::Zstd => {
                let mut packed = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                pack(&mut packed)?;
                packed.finish().map(|_| ())
            }
        }
    };
    packed().map_err(RuntimeError::system(format!("back up the volume at `{}`", volume.display())))
}

/// Makes of `folder` what a tar tells.
pub(super) fn restore(volume: &Path, folder: &Path, tar: &mut dyn Read, limits: Limits) -> Result<()> {
    let tried = || format!("restore the volume at `{}`", volume.display());
    let mut tar = BufReader::new(tar);
    let mut plain: Box<dyn Read> = match tar.fill_buf().map_err(RuntimeError::system(tried()))? {
        // Magic numbers of RFC 1952 and RFC 8878.
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(tar)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Box::new(zstd::Decoder::with_buffer(tar).map_err(RuntimeError::system(tried()))?)
        }
        _ => Box::new(tar),
    };
    fs::create_dir_all(volume).map_err(RuntimeError::system(tried()))?;
    fs::create_dir(folder).map_err(RuntimeError::system(tried()))?;
    let root = Root::open(folder).map_err(RuntimeError::system(tried()))?;
    unpack::unpack(&root, "", &mut TarReader::whole(&mut plain, limits), false).map(drop)
}

/// Has two folders change places, by a third name: Windows has no exchange in one step.
pub(super) fn swap(volume: &Path, folder: &Path) -> Result<()> {
    let old = folder.with_extension(OLD);
    let exchange = || -> io::Result<()> {
        fs::rename(volume, &old)?;
        if let Err(error) = fs::rename(folder, volume) {
            fs::rename(&old, volume)?;
            return Err(error);
        }
        // It is done: what is left under the third name is swept another time.
        if let Err(error) = fs::rename(&old, folder) {
            tracing::warn!(path = %old.display(), %error, "a volume's old content is left behind");
        }
        Ok(())
    };
    exchange().map_err(RuntimeError::system(format!("put new content in the place of `{}`", volume.display())))
}

/// A folder beside a volume in which its first content is made, so that a volume is never half full.
struct Aside {
    volume: PathBuf,
}

impl Aside {
    fn of(volume: &Path) -> Self {
        Self { volume: volume.to_owned() }
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.volume.file_name().unwrap_or_default().to_owned();
        name.push(end);
        self.volume.with_file_name(name)
    }

    fn tar(&self) -> PathBuf {
        self.beside(".tar.new")
    }

    fn fill(&self, tar: &mut dyn Read, limits: Limits, tried: &str) -> Result<()> {
        let folder = self.beside(".new");
        let make = || -> io::Result<Root> {
            // What a crash has left.
            gone(fs::remove_dir_all(&folder))?;
            fs::create_dir(&folder)?;
            Root::open(&folder)
        };
        let root = make().map_err(RuntimeError::system(tried))?;
        unpack::unpack(&root, "", &mut TarReader::whole(tar, limits), false)?;
        drop(root);
        self.pour(&folder).map_err(RuntimeError::system(tried))
    }

    /// Moves the new content into the volume's own folder, which may be mapped into a container.
    fn pour(&self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.volume)? {
            let entry = entry?;
            let path = entry.path();
            // Of a link to a folder, std removes the link.
            if entry.file_type()?.is_dir() { fs::remove_dir_all(path)? } else { remove_file(&path)? }
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            fs::rename(entry.path(), self.volume.join(entry.file_name()))?;
        }
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let gone = gone(fs::remove_dir_all(self.beside(".new"))).and(gone(fs::remove_file(self.tar())));
        if let Err(error) = gone {
            tracing::warn!(volume = %self.volume.display(), %error, "a volume's unfinished content is left behind");
        }
    }
}

/// A file, or a link that may be one to a folder.
fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| fs::remove_dir(path).map_err(|_| error))
}

/// Nothing to take away is as good as taken away.
fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
