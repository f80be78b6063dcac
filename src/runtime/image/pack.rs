//! Packs a tar as a layer's blob, digested inside and out. Knows neither who wrote the tar nor registries.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
};

use flate2::{Compression, write::GzEncoder};

use super::{
    depot::Depot,
    digest::{Digest, Digester},
    make::Packed,
    manifest::kind,
};
use crate::runtime::{Result, RuntimeError};

/// Of gzip, 1 to 9. Six takes three times as long for a twentieth less; a person waits for a commit.
const LEVEL: u32 = 3;

/// Passes what is written on and digests it.
struct Through<W> {
    to: W,
    digester: Digester,
}

impl<W: Write> Write for Through<W> {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        let written = self.to.write(some)?;
        self.digester.update(&some[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Makes a blob of what `write` writes; gives how it is packed and the digest of what was written.
///
/// Gzip, since engines before Docker 23 know nothing else.
pub(super) fn pack(depot: &Depot, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<(Packed, Digest)> {
    let part = depot.part(&depot.layout.blobs().join("sha256").join("new"));
    let packed = pack_into(depot, &part, write);
    if packed.is_err() {
        let _ = fs::remove_file(&part);
    }
    packed
}

fn pack_into(
    depot: &Depot,
    part: &std::path::Path,
    write: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<(Packed, Digest)> {
    let system = || RuntimeError::system(format!("write `{}`", part.display()));
    let file = File::create(part).map_err(system())?;
    let packed = Through { to: BufWriter::new(file), digester: Digester::default() };
    let mut tar = Through { to: GzEncoder::new(packed, Compression::new(LEVEL)), digester: Digester::default() };
    write(&mut tar)?;
    let (diff, _) = tar.digester.finish();
    let packed = tar.to.finish().map_err(system())?;
    let (digest, size) = packed.digester.finish();
    let file = packed.to.into_inner().map_err(|error| system()(error.into_error()))?;
    file.sync_data().map_err(system())?;
    fs::rename(part, depot.blob(digest)).map_err(system())?;
    Ok((Packed { digest, size, media_type: kind::LAYER_GZIP.to_owned() }, diff))
}
