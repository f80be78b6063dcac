//! Downloads layers, several at once, each from where it was broken off. Knows no records but whether a layer stands.

use std::{fs::OpenOptions, ops::Deref, sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::{
    board::{Entry, Step},
    depot::Claim,
    intake::Download,
    make::{Claimed, Maker, Wanted},
    manifest::Descriptor,
    records,
    registry::Session,
    trouble::{cause, may_pass},
};
use crate::runtime::{Result, RuntimeError};

/// Layers that are fetched and unpacked at once, as Docker does.
const AT_ONCE: usize = 3;
/// Chunks of a download on their way to the disk at most.
const CHUNKS: usize = 64;
/// Times a registry is asked again before it is given up; the count begins anew whenever something came.
const TRIES: u32 = 5;

/// A layer that is to be had from a registry.
pub(super) struct Fetch {
    pub(super) wanted: Wanted,
    pub(super) descriptor: Descriptor,
    pub(super) entry: Entry,
}

/// A layer whose turn it is.
struct Turn {
    layer: Fetch,
    _turn: Claim,
}

impl Deref for Turn {
    type Target = Fetch;

    fn deref(&self) -> &Fetch {
        &self.layer
    }
}

/// Makes all of these layers, in any order, and leaves those alone that stand.
pub(super) async fn all(session: &Session, maker: &Maker, pause: Duration, layers: Vec<Fetch>) -> Result<()> {
    // Begun in the order of the chain, so that the lowest that does not stand is always among those in the making.
    let each = layers.into_iter().map(|layer| Ok(one(session, maker, pause, layer)));
    stream::iter(each).try_buffer_unordered(AT_ONCE).try_collect().await
}

async fn one(session: &Session, maker: &Maker, pause: Duration, layer: Fetch) -> Result<()> {
    if stands(maker, &layer)? {
        return Ok(());
    }
    let turn = maker.depot.turn(layer.wanted.chain, || layer.entry.step(Step::Waiting)).await?;
    if stands(maker, &layer)? {
        return Ok(());
    }
    let digest = layer.descriptor.digest;
    // The turn goes along to the threads that work, which may outlive this.
    let layer = Arc::new(Turn { layer, _turn: turn });
    let mut is_again = false;
    loop {
        let claim = maker.depot.claim(digest, || layer.entry.step(Step::Waiting)).await?;
        let (done, is_fresh) = if maker.depot.blob(digest).exists() {
            drop(claim);
            (from_blob(maker, &layer).await, false)
        } else {
            downloaded(session, maker, pause, &layer, claim).await?
        };
        match done {
            // Bad bytes of an earlier time are gone by now: once more, from nothing.
            Err(RuntimeError::Corrupt { .. }) if !is_fresh && !is_again => is_again = true,
            done => return done,
        }
    }
}

/// Whether the layer is there already; then those above need not wait for it.
fn stands(maker: &Maker, layer: &Fetch) -> Result<bool> {
    let chain = layer.wanted.chain;
    let stands =
        maker.depot.layer(chain).is_dir() && maker.db.read(&maker.tried, |c| records::has_layer_row(c, chain))?;
    if stands {
        layer.entry.step(Step::AlreadyHere);
        maker.ladder.stands(chain);
    }
    Ok(stands)
}

async fn from_blob(maker: &Maker, layer: &Arc<Turn>) -> Result<()> {
    let (maker, layer) = (maker.clone(), Arc::clone(layer));
    blocking(move || maker.unpack_blob(&layer.wanted, &layer.entry)).await
}

/// Downloads and unpacks at once. Gives what came of it, and whether all bytes are new.
async fn downloaded(
    session: &Session,
    maker: &Maker,
    pause: Duration,
    layer: &Arc<Turn>,
    claim: Claim,
) -> Result<(Result<()>, bool)> {
    let Descriptor { digest, size, .. } = layer.descriptor;
    let path = maker.depot.ingest(digest);
    let tried = || format!("open `{}`", path.display());
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let file = file.map_err(RuntimeError::system(tried()))?;
    let mut there = file.metadata().map_err(RuntimeError::system(tried()))?.len();
    if there > size {
        file.set_len(0).map_err(RuntimeError::system(tried()))?;
        there = 0;
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let packed = Claimed { download: Download::new(file, there, size, receiver), claim };
    let worker = {
        let (maker, layer) = (maker.clone(), Arc::clone(layer));
        tokio::task::spawn_blocking(move || maker.make(&layer.wanted, packed, &layer.entry))
    };
    let fed = Feed { session, layer, pause, at: there }.all(sender).await;
    let made = worker.await.unwrap_or_else(|error| Err(panicked(&error)));
    // Where both failed, the worker did because nothing came any more.
    let done = match (fed, made) {
        (Err(fed), Err(_)) => Err(fed),
        (_, made) => made,
    };
    Ok((done, there == 0))
}

/// Runs on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(panicked(&error)))
}

fn panicked(error: &tokio::task::JoinError) -> RuntimeError {
    RuntimeError::Platform { tried: "handle a layer".into(), why: format!("its task has ended: {error}") }
}

/// The way of a layer's bytes from the registry to its worker.
struct Feed<'f> {
    session: &'f Session,
    layer: &'f Fetch,
    pause: Duration,
    /// Bytes that the worker has or is about to get.
    at: u64,
}

impl Feed<'_> {
    /// Sends all that is missing. No error when the worker has gone: it says itself why.
    async fn all(mut self, to: mpsc::Sender<Bytes>) -> Result<()> {
        let size = self.layer.descriptor.size;
        let first = if self.at < size { Step::Downloading } else { Step::Extracting };
        self.layer.entry.step(first);
        let mut tries = 0;
        while self.at < size {
            let before = self.at;
            let why = match self.some(&to).await? {
                Ended::Whole | Ended::WorkerGone => return Ok(()),
                Ended::Broken(why) => why,
            };
            tries = if self.at > before { 1 } else { tries + 1 };
            if tries > TRIES {
                return Err(self.broke_off(&why));
            }
            let pause = self.pause * 2_u32.pow(tries - 1);
            tracing::info!(layer = self.layer.wanted.short(), at = self.at, %why, ?pause, "a download breaks off");
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Sends as much as one answer gives.
    async fn some(&mut self, to: &mpsc::Sender<Bytes>) -> Result<Ended> {
        let mut blob = match self.session.blob(&self.layer.descriptor, self.at).await {
            Ok(blob) => blob,
            Err(error) if may_pass(&error) => return Ok(Ended::Broken(cause(&error))),
            Err(error) => return Err(self.session.error(error)),
        };
        // Known bytes come again where a registry cannot begin in the middle.
        let mut known = self.at - blob.begin;
        let size = self.layer.descriptor.size;
        while self.at < size {
            let mut bytes = match blob.bytes.next().await {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Ok(Ended::Broken(cause(&error))),
                None => return Ok(Ended::Broken("it ended early".into())),
            };
            let skipped = usize::try_from(known).unwrap_or(usize::MAX).min(bytes.len());
            bytes.advance(skipped);
            known -= skipped as u64;
            // What comes beyond the end makes the digest wrong, if the size was.
            bytes.truncate(usize::try_from(size - self.at).unwrap_or(usize::MAX));
            if bytes.is_empty() {
                continue;
            }
            self.at += bytes.len() as u64;
            if self.at == size {
                self.layer.entry.step(Step::Extracting);
            } else {
                self.layer.entry.done(self.at);
            }
            if to.send(bytes).await.is_err() {
                return Ok(Ended::WorkerGone);
            }
        }
        Ok(Ended::Whole)
    }

    fn broke_off(&self, why: &str) -> RuntimeError {
        let (short, at, size) = (self.layer.wanted.short(), self.at, self.layer.descriptor.size);
        let host = &self.session.host;
        let why = format!("{host} broke off after {at} of {size} bytes of the layer {short}: {why}");
        RuntimeError::Unreachable { tried: self.session.tried.clone(), why }
    }
}

/// How an answer ended.
enum Ended {
    Whole,
    WorkerGone,
    Broken(String),
}
