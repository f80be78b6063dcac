//! Makes a layer out of its packed bytes: unpacked beside its place, verified, then put there. Knows no registry.
//!
//! Everything in here blocks, and runs on a thread of its own.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};

use super::{
    board::{Entry, Step},
    depot::{Claim, Depot, Hold},
    digest::{Digest, Digester},
    intake::{Digested, Download, Unpacked},
    ladder::Ladder,
    records,
};
use crate::{
    model::SHORT,
    runtime::{Result, RuntimeError, db::Db},
};

/// How long another process may be at work on a layer that is made in its place: those of Windows itself are of some
/// gigabytes.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// A layer that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The layers below, the lowest first.
    pub(super) below: Vec<Digest>,
    pub(super) chain: Digest,
    pub(super) diff: Digest,
    pub(super) packed: Packed,
}

/// How a layer is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) media_type: String,
}

impl Wanted {
    /// Its name in messages and progress.
    pub(super) fn short(&self) -> String {
        self.packed.digest.hex()[..SHORT].to_owned()
    }
}

/// With what layers are made.
#[derive(Clone)]
pub(super) struct Maker {
    pub(super) depot: Depot,
    pub(super) db: std::sync::Arc<Db>,
    pub(super) ladder: Ladder,
    /// Keeps what is made from being taken away until an image has it.
    #[expect(dead_code, reason = "holds the lock")]
    pub(super) hold: Hold,
    /// What the job is, for messages.
    pub(super) tried: String,
}

/// What becomes of the packed bytes once all of them have been read and found right.
pub(super) trait Intake: Read {
    /// Makes a blob of them.
    fn settle(self, depot: &Depot, digest: Digest) -> Result<()>;
    /// They were wrong: nothing may be made of them again.
    fn spoil(self, depot: &Depot, digest: Digest);
}

/// A download that others must not make at the same time.
pub(super) struct Claimed {
    pub(super) download: Download,
    pub(super) claim: Claim,
}

impl Read for Claimed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.download.read(into)
    }
}

impl Intake for Claimed {
    fn settle(self, depot: &Depot, digest: Digest) -> Result<()> {
        let (from, to) = (depot.ingest(digest), depot.blob(digest));
        let move_there = || {
            self.download.into_file().sync_data()?;
            fs::rename(&from, &to)
        };
        move_there().map_err(RuntimeError::system(format!("keep `{}`", to.display())))?;
        drop(self.claim);
        Ok(())
    }

    fn spoil(self, depot: &Depot, digest: Digest) {
        let _ = fs::remove_file(depot.ingest(digest));
    }
}

impl Intake for File {
    fn settle(self, _: &Depot, _: Digest) -> Result<()> {
        Ok(())
    }

    fn spoil(self, depot: &Depot, digest: Digest) {
        let _ = fs::remove_file(depot.blob(digest));
    }
}

impl Maker {
    /// Makes the layer out of the blob of its packed bytes.
    pub(super) fn unpack_blob(&self, wanted: &Wanted, entry: &Entry) -> Result<()> {
        let path = self.depot.blob(wanted.packed.digest);
        let file = File::open(&path).map_err(RuntimeError::system(format!("open `{}`", path.display())))?;
        entry.step(Step::Extracting);
        self.make(wanted, file, entry)
    }

    /// Makes the layer out of `packed`, whatever that takes.
    pub(super) fn make<I: Intake>(&self, wanted: &Wanted, packed: I, entry: &Entry) -> Result<()> {
        let mut tar =
            Tar { maker: self, wanted, state: State::Packed(packed), diff: Digester::default(), trouble: None };
        let folder = self.depot.layer(wanted.chain);
        let stays = self.depot.storage.stays();
        // What cannot be moved is made in its place, by one at a time.
        let _alone = if stays { Some(self.depot.alone_at(wanted.chain, PATIENCE)?) } else { None };
        if stays && self.is_placed(wanted)? {
            let read = io::copy(&mut tar, &mut io::sink());
            read.map_err(|error| tar.judge(RuntimeError::system(&self.tried)(error)))?;
            self.ladder.stands(wanted.chain);
            entry.step(Step::Complete);
            return Ok(());
        }
        let part = if stays { folder } else { self.depot.part(&folder) };
        let parents: Vec<PathBuf> = wanted.below.iter().map(|chain| self.depot.layer(*chain)).collect();
        let unpacked = self.depot.storage.unpack(&mut tar, &parents, &part);
        let size = match unpacked {
            Ok(size) => size,
            Err(error) => return Err(tar.judge(error)),
        };
        let placed = self.place(wanted, &part, size);
        if !matches!(placed, Ok(true)) {
            self.depot.put_away(&part)?;
        }
        placed?;
        self.ladder.stands(wanted.chain);
        entry.step(Step::Complete);
        Ok(())
    }

    /// Gives the layer its place and its record; false when another process was faster.
    fn place(&self, wanted: &Wanted, part: &std::path::Path, size: u64) -> Result<bool> {
        let folder = self.depot.layer(wanted.chain);
        self.db.change(&self.tried, |t| {
            // One that was made in its place is its own.
            if part != folder && folder.is_dir() && records::has_layer(t, wanted.chain)? {
                return Ok(false);
            }
            if part != folder {
                // A folder without a record is what a crash has left.
                self.depot.put_away(&folder)?;
                let tried = format!("put the layer at `{}`", folder.display());
                fs::rename(part, &folder).map_err(RuntimeError::system(tried))?;
            }
            records::insert_layer(t, wanted, size)?;
            Ok(true)
        })
    }

    /// Whether somebody else has made the layer.
    fn is_placed(&self, wanted: &Wanted) -> Result<bool> {
        let is_there = self.depot.layer(wanted.chain).is_dir();
        Ok(is_there && self.db.read(&self.tried, |c| records::has_layer_row(c, wanted.chain))?)
    }

    fn corrupt(&self, why: String) -> RuntimeError {
        RuntimeError::Corrupt { tried: self.tried.clone(), why }
    }
}

/// A layer's tar, as it comes out of its packed bytes. Its end is read only after both digests were found right and
/// the layers below stand, so that whoever unpacks it fails otherwise.
struct Tar<'m, I: Intake> {
    maker: &'m Maker,
    wanted: &'m Wanted,
    state: State<I>,
    diff: Digester,
    /// Why a read has failed.
    trouble: Option<RuntimeError>,
}

enum State<I: Intake> {
    /// Nothing was read yet.
    Packed(I),
    Unpacking(Box<Unpacked<Digested<I>>>),
    /// The end was reached, or there is no way on.
    Over,
}

impl<I: Intake> Read for Tar<'_, I> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let State::Packed(_) = self.state {
            self.begin()?;
        }
        let State::Unpacking(unpacked) = &mut self.state else {
            return if self.trouble.is_none() { Ok(0) } else { Err(broken()) };
        };
        let read = unpacked.read(into);
        match read {
            Ok(0) if !into.is_empty() => self.end(None).map(|()| 0),
            Ok(read) => {
                self.diff.update(&into[..read]);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => self.end(Some(error)).map(|()| 0),
        }
    }
}

/// Read by whoever unpacks; what really happened is in [`Tar::trouble`].
fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the layer's bytes break off")
}

impl<I: Intake> Tar<'_, I> {
    fn begin(&mut self) -> io::Result<()> {
        if let State::Packed(packed) = std::mem::replace(&mut self.state, State::Over) {
            let unpacked = Unpacked::new(Digested::new(packed)).inspect_err(|error| {
                self.trouble = Some(self.system("read", io::Error::new(error.kind(), error.to_string())));
            })?;
            self.state = State::Unpacking(Box::new(unpacked));
        }
        Ok(())
    }

    /// No more comes out of the packed bytes, or what comes is no good.
    fn end(&mut self, failed: Option<io::Error>) -> io::Result<()> {
        let ended = self.verify(failed);
        ended.map_err(|error| {
            self.trouble = Some(error);
            broken()
        })
    }

    fn verify(&mut self, failed: Option<io::Error>) -> Result<()> {
        self.settle(failed.as_ref())?;
        let (maker, short) = (self.maker, self.wanted.short());
        if let Some(failed) = failed {
            return Err(maker.corrupt(format!("the layer {short} cannot be unpacked: {failed}")));
        }
        let (found, _) = std::mem::take(&mut self.diff).finish();
        if found != self.wanted.diff {
            let why = format!("the layer {short} unpacks to {found}; the config says {}", self.wanted.diff);
            return Err(maker.corrupt(why));
        }
        if !maker.ladder.wait(&self.wanted.below) {
            let why = format!("a layer below {short} could not be made");
            return Err(RuntimeError::Conflict { tried: maker.tried.clone(), why });
        }
        Ok(())
    }

    /// Makes a blob of the packed bytes, if they are right.
    fn settle(&mut self, failed: Option<&io::Error>) -> Result<()> {
        let State::Unpacking(unpacked) = std::mem::replace(&mut self.state, State::Over) else { return Ok(()) };
        let mut packed = unpacked.into_packed();
        if packed.has_failed() {
            // Not what was packed is broken, but the way it comes.
            let (kind, words) = failed.map_or((io::ErrorKind::Other, String::new()), |e| (e.kind(), e.to_string()));
            return Err(self.system("read", io::Error::new(kind, words)));
        }
        let (digest, _) = packed.finish().map_err(|error| self.system("read", error))?;
        let (depot, wanted) = (&self.maker.depot, self.wanted.packed.digest);
        if digest == wanted {
            return packed.into_inner().settle(depot, wanted);
        }
        packed.into_inner().spoil(depot, wanted);
        let short = self.wanted.short();
        Err(self.maker.corrupt(format!("the layer {short} has the digest {digest}, not {wanted}")))
    }

    fn system(&self, what: &str, error: io::Error) -> RuntimeError {
        let file = self.maker.depot.ingest(self.wanted.packed.digest);
        let error = RuntimeError::system(format!("{what} the layer {}", self.wanted.short()))(error);
        error.on_disk(file.parent().unwrap_or(&file))
    }

    /// Why it could not be unpacked: what happened in here, or else wrong bytes that look like a broken tar, or else
    /// what the storage says.
    fn judge(mut self, unpack: RuntimeError) -> RuntimeError {
        if let Some(trouble) = self.trouble.take() {
            return trouble;
        }
        if matches!(unpack, RuntimeError::System { .. }) {
            return unpack;
        }
        match self.settle(None) {
            Err(error @ RuntimeError::Corrupt { .. }) => error,
            _ => unpack,
        }
    }
}
