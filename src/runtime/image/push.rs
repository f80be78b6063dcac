//! Pushing: an image's blobs and its manifest to a registry. Knows no table and no protocol.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{StreamExt, TryStreamExt, stream};
use oci_client::RegistryOperation;
use tokio_util::io::ReaderStream;

use super::{
    ImageStore,
    board::{Board, Entry, Step, Tell},
    depot::Depot,
    digest::Digest,
    manifest::{Descriptor, Document, Manifest, is_foreign, kind},
    names::find,
    records::{self, ImageRow, LayerRow},
    registry::Session,
};
use crate::{
    model::{SHORT, text::clean},
    runtime::{Result, RuntimeError},
};

/// Layers that are sent at once, as Docker does.
const AT_ONCE: usize = 3;
/// Bytes that are read at once from a blob to be sent.
const BUFFER: usize = 128 << 10;

/// The manifest of an image, as bytes with a type.
pub(super) struct Written {
    pub(super) manifest: Manifest,
    pub(super) bytes: Vec<u8>,
}

impl Written {
    /// The manifest that the image came with, if all that it speaks of is here; else one of what is here. A layer may
    /// have come with another image first, packed otherwise.
    pub(super) fn of(depot: &Depot, tried: &str, image: &ImageRow, layers: &[LayerRow]) -> Result<Self> {
        if depot.blob(image.manifest).exists() {
            let bytes = depot.small(tried, image.manifest)?;
            if let Ok(Document::Manifest(manifest)) = Document::read(&bytes)
                && manifest.layers.iter().all(|layer| !layer.urls.is_empty() || depot.blob(layer.digest).exists())
            {
                return Ok(Self { manifest: *manifest, bytes });
            }
        }
        let layer = |row: &LayerRow| Descriptor::new(oci(&row.packed.media_type), row.packed.digest, row.packed.size);
        let config = Descriptor::of(kind::CONFIG, image.config.as_bytes());
        Self::new(tried, Manifest::new(config, layers.iter().map(layer).collect()))
    }

    /// These, written.
    pub(super) fn new(tried: &str, manifest: Manifest) -> Result<Self> {
        let bytes = serde_json::to_vec(&manifest).map_err(|error| RuntimeError::Corrupt {
            tried: tried.to_owned(),
            why: format!("its manifest cannot be written: {error}"),
        })?;
        Ok(Self { manifest, bytes })
    }

    /// What the manifest calls itself; only OCI's may leave that out.
    pub(super) fn media_type(&self) -> &str {
        if self.manifest.media_type.is_empty() { kind::MANIFEST } else { &self.manifest.media_type }
    }
}

/// OCI's type for a layer of Docker's.
fn oci(media_type: &str) -> &str {
    match media_type {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => kind::LAYER_GZIP,
        "application/vnd.docker.image.rootfs.diff.tar.zstd" => kind::LAYER_ZSTD,
        "application/vnd.docker.image.rootfs.diff.tar" => kind::LAYER,
        other => other,
    }
}

impl ImageStore {
    /// Pushes an image under one of its names.
    ///
    /// # Errors
    /// `NotFound` when nothing here has the name; `Denied`, `Unreachable` and the like from the registry.
    pub async fn push(&self, reference: &str, tell: &Tell) -> Result<()> {
        let tried = format!("push `{}`", clean(reference));
        let name = self.tag_name(&tried, reference)?;
        let _hold = self.held().await?;
        let found = self.db.read(&tried, |c| find(c, &name.to_string()))?;
        let image = found.one(&tried, reference)?;
        let layers = self.db.read(&tried, |c| records::layers_of(c, image.id))?;
        let written = Written::of(&self.depot, &tried, &image, &layers)?;
        let board = Board::new(tell);
        board.note(format!("asking {}", name.registry()));
        let session = self.registry.open(&tried, &self.registry.home(&name), &name, RegistryOperation::Push).await?;
        board.note(name.to_string());
        let mut seen = HashSet::new();
        // What may not be given on is left to those who may.
        let may_go = |layer: &&Descriptor| layer.urls.is_empty() && !is_foreign(&layer.media_type);
        let blobs = written.manifest.layers.iter().filter(may_go).filter(|layer| seen.insert(layer.digest));
        let blobs: Vec<_> =
            blobs.map(|layer| (layer.digest, board.piece(&layer.digest.hex()[..SHORT], layer.size))).collect();
        let sent: Vec<_> = blobs.into_iter().map(|(digest, entry)| Ok(self.send(&session, digest, entry))).collect();
        stream::iter(sent).try_buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.send_config(&session, &written.manifest.config, &image).await?;
        let digest = Digest::of(&written.bytes);
        let media_type = written.media_type().to_owned();
        session.name(written.bytes, &media_type).await?;
        self.db.change(&tried, |t| {
            records::set_name(t, &name, image.id, Some(digest))?;
            records::tell(t, "push", &name.to_string(), &name.familiar())
        })
    }

    async fn send(&self, session: &Session, digest: Digest, entry: Entry) -> Result<()> {
        if session.has(digest).await? {
            entry.step(Step::AlreadyThere);
            return Ok(());
        }
        let path = self.depot.blob(digest);
        let tried = || format!("open `{}`", path.display());
        let file = tokio::fs::File::open(&path).await.map_err(RuntimeError::system(tried()))?;
        let size = file.metadata().await.map_err(RuntimeError::system(tried()))?.len();
        entry.step(Step::Uploading);
        let (sent, of) = (Arc::new(AtomicU64::new(0)), entry.clone());
        let bytes = ReaderStream::with_capacity(file, BUFFER).inspect(move |some| {
            if let Ok(some) = some {
                let more = some.len() as u64;
                of.done(sent.fetch_add(more, Ordering::Relaxed) + more);
            }
        });
        session.send(digest, size, bytes).await?;
        entry.step(Step::Uploaded);
        Ok(())
    }

    async fn send_config(&self, session: &Session, config: &Descriptor, image: &ImageRow) -> Result<()> {
        if session.has(config.digest).await? {
            return Ok(());
        }
        let bytes = bytes::Bytes::from(image.config.clone().into_bytes());
        let size = bytes.len() as u64;
        session.send(config.digest, size, stream::iter([Ok(bytes)])).await
    }
}
