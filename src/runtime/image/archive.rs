//! Images as one tar and back: an OCI layout that is also what `docker save` writes, so that every engine reads it.
//! Knows no registry.
//!
//! OCI image-spec, "Image Layout"; Docker's image-spec 1.2, "Combined Image JSON + Filesystem Changeset Format".

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{Read, Write},
};

use serde::{Deserialize, Serialize};

use super::{
    ImageStore,
    depot::Depot,
    digest::Digest,
    fetch::blocking,
    manifest::{Descriptor, Index, kind},
    names::{Found, find},
    push::Written,
    records::{self, ImageRow, LayerRow},
};
use crate::{
    model::text::clean,
    runtime::{Result, RuntimeError},
};

/// Docker's list of images in an archive.
pub(super) const DOCKER: &str = "manifest.json";
/// OCI's list of images in an archive.
pub(super) const OCI: &str = "index.json";
/// Where OCI's list has the tag of an image.
const TAG: &str = "org.opencontainers.image.ref.name";
/// Where containerd and Docker put the whole name.
pub(super) const NAME: &str = "io.containerd.image.name";

/// An image in Docker's list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) config: String,
    #[serde(default, deserialize_with = "super::config::or_default")]
    pub(super) repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "super::config::or_default")]
    pub(super) layers: Vec<String>,
}

/// An image that is to be written.
struct Saved {
    row: ImageRow,
    layers: Vec<LayerRow>,
    names: Vec<String>,
}

impl ImageStore {
    /// Writes images as one tar. One asked for by name has that name in it; one by id has none.
    ///
    /// # Errors
    /// As [`ImageStore::find`]; `System` when it cannot be written.
    pub async fn save(&self, references: &[String], to: Box<dyn Write + Send>) -> Result<()> {
        let tried = format!("save {}", clean(&references.join(", ")));
        let _hold = self.held().await?;
        let mut images: BTreeMap<Digest, Saved> = BTreeMap::new();
        for reference in references {
            let found = self.db.read(&tried, |c| find(c, reference))?;
            let name = if let Found::ByName(_, name) = &found { Some(name.name.clone()) } else { None };
            let row = found.one(&tried, reference)?;
            let layers = self.db.read(&tried, |c| records::layers_of(c, row.id))?;
            let image = images.entry(row.id).or_insert(Saved { row, layers, names: Vec::new() });
            image.names.extend(name.filter(|name| !name.contains('@')));
        }
        let depot = self.depot.clone();
        blocking(move || {
            let mut archive =
                Archive { tried: &tried, tar: tar::Builder::new(to), depot: &depot, seen: HashSet::new() };
            archive.all(images.into_values())
        })
        .await
    }
}

/// A tar that is being written.
struct Archive<'a> {
    tried: &'a str,
    tar: tar::Builder<Box<dyn Write + Send>>,
    depot: &'a Depot,
    /// Blobs that are in it.
    seen: HashSet<Digest>,
}

impl Archive<'_> {
    fn all(&mut self, images: impl Iterator<Item = Saved>) -> Result<()> {
        self.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let (mut listed, mut manifests) = (Vec::new(), Vec::new());
        for image in images {
            self.image(&image, &mut listed, &mut manifests)?;
        }
        let index = Index { schema_version: 2, media_type: kind::INDEX.to_owned(), manifests };
        let broken = |error| RuntimeError::Corrupt { tried: self.tried.to_owned(), why: format!("{error}") };
        let (index, listed) =
            (serde_json::to_vec(&index).map_err(broken)?, serde_json::to_vec(&listed).map_err(broken)?);
        self.file(OCI, &index)?;
        self.file(DOCKER, &listed)?;
        self.tar.finish().map_err(RuntimeError::system(self.tried))
    }

    fn image(&mut self, image: &Saved, listed: &mut Vec<Listed>, manifests: &mut Vec<Descriptor>) -> Result<()> {
        let written = Written::of(self.depot, self.tried, &image.row, &image.layers)?;
        let layers = &written.manifest.layers;
        for layer in layers.iter().filter(|layer| self.depot.blob(layer.digest).exists()) {
            self.blob_file(layer)?;
        }
        self.blob(image.row.id, image.row.config.as_bytes())?;
        let manifest = Digest::of(&written.bytes);
        self.blob(manifest, &written.bytes)?;
        listed.push(Listed {
            config: path(image.row.id),
            repo_tags: image.names.clone(),
            layers: layers.iter().map(|layer| path(layer.digest)).collect(),
        });
        let mut entry = Descriptor::new(written.media_type(), manifest, written.bytes.len() as u64);
        // A nameless image is in the list once, without.
        if image.names.is_empty() {
            manifests.push(entry.clone());
        }
        for name in &image.names {
            let tag = name.strip_prefix(records::repository_of(name)).unwrap_or_default().trim_start_matches(':');
            entry.annotations = [(TAG.to_owned(), tag.to_owned()), (NAME.to_owned(), name.clone())].into();
            manifests.push(entry.clone());
        }
        Ok(())
    }

    fn blob_file(&mut self, of: &Descriptor) -> Result<()> {
        if !self.seen.insert(of.digest) {
            return Ok(());
        }
        let place = self.depot.blob(of.digest);
        let file = File::open(&place).map_err(RuntimeError::system(format!("open `{}`", place.display())))?;
        self.entry(&path(of.digest), of.size, file)
    }

    fn blob(&mut self, digest: Digest, bytes: &[u8]) -> Result<()> {
        if self.seen.insert(digest) { self.file(&path(digest), bytes) } else { Ok(()) }
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.entry(path, bytes.len() as u64, bytes)
    }

    fn entry(&mut self, path: &str, size: u64, content: impl Read) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mode(0o644);
        self.tar.append_data(&mut header, path, content).map_err(RuntimeError::system(self.tried))
    }
}

/// Where a blob is in an archive.
fn path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}
