//! Takes away what nothing needs any more: layers that neither an image nor a container stands on, and what crashes
//! left. Knows no registry.
//!
//! First the records go, then the names on disk, both while nobody makes images and for moments only. The files
//! themselves are deleted behind everybody's back: on ext4, inodes that were just freed make the next unpack slow.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::Path,
    sync::PoisonError,
    thread,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, Transaction};

use super::{
    ImageStore,
    depot::entries,
    digest::Digest,
    records::{self, LayerRow},
};
use crate::{
    model::Bytes,
    runtime::{Result, RuntimeError},
};

/// How long what a broken-off pull left is kept for the next one.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// What was of images that are gone, and what has been of none for long.
    Unused,
    /// Also what no image has had yet.
    All,
}

impl ImageStore {
    /// Takes away layers that nothing needs. When images are being made just now, it is left for later. To be called
    /// after containers were removed, too: they keep the layers of an image that is gone. Gives the bytes freed.
    ///
    /// # Errors
    /// What the database or the disk says.
    pub fn collect(&self) -> Result<Bytes> {
        self.take_away(Reach::Unused, false)
    }

    /// As [`ImageStore::collect`], after something that has succeeded whatever comes of this.
    pub(super) fn collect_or_warn(&self) {
        if let Err(error) = self.collect() {
            tracing::warn!(%error, "unused layers stay until the next start");
        }
    }

    /// As [`ImageStore::collect`], with what broken-off pulls left.
    pub(super) fn collect_all(&self) -> Result<Bytes> {
        self.take_away(Reach::All, false)
    }

    /// Takes away what crashes left: to be called at start.
    ///
    /// # Errors
    /// What the database or the disk says.
    pub fn sweep(&self) -> Result<()> {
        self.take_away(Reach::Unused, true).map(|_| ())
    }

    /// Waits until what was taken away has been deleted: to be called before the process ends.
    pub fn settle(&self) {
        let threads = std::mem::take(&mut *self.deleting.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::warn!("deleting has ended by a panic");
            }
        }
    }

    fn take_away(&self, reach: Reach, sweep: bool) -> Result<Bytes> {
        let Some(alone) = self.depot.alone()? else { return Ok(Bytes(0)) };
        let tried = "take unused layers away";
        // Looked at first: a change that changes nothing would still wake all consoles.
        let freed = if self.db.read(tried, |c| unneeded(c, reach))?.is_empty() {
            Bytes(0)
        } else {
            self.db.change(tried, |t| {
                let gone = unneeded(t, reach).map_err(RuntimeError::database(tried))?;
                remove_rows(t, &gone)?;
                Ok(gone.iter().map(|layer| Bytes(layer.size + layer.packed.size)).sum())
            })?
        };
        let needed = self.db.read(tried, needed)?;
        self.put_away_but(&self.depot.layout.layers(), &needed.layers)?;
        self.put_away_but(&self.depot.layout.blobs().join("sha256"), &needed.blobs)?;
        if sweep {
            self.depot.put_away_parts()?;
            self.put_away_downloads()?;
        }
        drop(alone);
        self.delete_behind();
        Ok(freed)
    }

    /// Puts everything away in `folder` that is named by a digest and not among these.
    fn put_away_but(&self, folder: &Path, needed: &HashSet<String>) -> Result<()> {
        for path in entries(folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_digest = format!("sha256:{name}").parse::<Digest>().is_ok();
            if is_digest && !needed.contains(&*name) {
                self.depot.put_away(&path)?;
            }
        }
        Ok(())
    }

    /// Puts downloads away that nobody has gone on with for long, and the locks of all: nobody can have one now.
    fn put_away_downloads(&self) -> Result<()> {
        for path in entries(&self.depot.layout.ingest()) {
            let is_lock = path.extension().is_some_and(|end| end == "lock");
            if is_lock
                || (path.extension().is_none() && path.file_name().is_some_and(|n| n != "lock") && is_stale(&path))
            {
                self.depot.put_away(&path)?;
            }
        }
        Ok(())
    }

    fn delete_behind(&self) {
        let depot = self.depot.clone();
        let thread = thread::Builder::new().name("delete layers".into()).spawn(move || depot.delete());
        match thread {
            Ok(thread) => {
                let mut threads = self.deleting.lock().unwrap_or_else(PoisonError::into_inner);
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(error) => tracing::warn!(%error, "what was put away is deleted at the next start"),
        }
    }
}

/// Whether nobody has written to it for long.
fn is_stale(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|about| about.modified());
    let age = written.and_then(|at| SystemTime::now().duration_since(at).map_err(io::Error::other));
    age.is_ok_and(|age| age > STALE)
}

/// Hex digits of the names of files that are needed.
struct Needed {
    layers: HashSet<String>,
    blobs: HashSet<String>,
}

fn needed(c: &Connection) -> rusqlite::Result<Needed> {
    let (layers, images) = (records::layers(c)?, records::images(c)?);
    let blobs = layers.iter().map(|layer| layer.packed.digest);
    let documents = images.iter().flat_map(|image| [image.id, image.manifest]);
    Ok(Needed {
        blobs: blobs.chain(documents).map(|digest| digest.hex()).collect(),
        layers: layers.iter().map(|layer| layer.chain.hex()).collect(),
    })
}

/// Layers on which neither an image nor a container stands, nor another layer that stays.
fn unneeded(c: &Connection, reach: Reach) -> rusqlite::Result<Vec<LayerRow>> {
    let layers: BTreeMap<Digest, LayerRow> =
        records::layers(c)?.into_iter().map(|layer| (layer.chain, layer)).collect();
    let mut tops: Vec<Digest> = records::chains(c)?.into_values().filter_map(|mut chain| chain.pop()).collect();
    tops.extend(records::containers(c)?.into_iter().filter_map(|container| container.top));
    if reach == Reach::Unused {
        let since = chrono::Utc::now() - STALE;
        tops.extend(records::fresh_layers(c, since)?);
    }
    let mut needed = HashSet::new();
    for top in tops {
        let mut at = Some(top);
        while let Some(layer) = at.filter(|chain| needed.insert(*chain)).and_then(|chain| layers.get(&chain)) {
            at = layer.parent;
        }
    }
    Ok(layers.into_values().filter(|layer| !needed.contains(&layer.chain)).collect())
}

fn remove_rows(t: &Transaction, gone: &[LayerRow]) -> Result<()> {
    // Layers stand on each other, and go in any order.
    t.pragma_update(None, "defer_foreign_keys", true).map_err(RuntimeError::database("take unused layers away"))?;
    gone.iter().try_for_each(|layer| records::remove_layer(t, layer.chain))
}
