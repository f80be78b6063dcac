//! Archives of a fake engine: what it packs of its few files and images, and what it takes back. Knows no script.

use std::{collections::BTreeMap, io::Read};

use bytes::Bytes as Chunk;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    images::with_tag,
    world::{World, not_found, refused},
};
use crate::{
    backend::{Archive, Result},
    model::{ContainerId, ImageId},
};

/// Bytes of one piece of an archive.
const PIECE: usize = 32 << 10;

/// Files by their paths from the root, without the first slash.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// All of an archive.
pub(super) async fn gather(mut archive: Archive) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(piece) = archive.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all)
}

/// A tar archive of files, in pieces.
pub(super) fn packed(tried: &str, files: &Files) -> Result<Archive> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        let appended = builder.append_data(&mut header, path, content.as_slice());
        appended.map_err(|why| refused(tried, 500, why.to_string()))?;
    }
    let all = Chunk::from(builder.into_inner().map_err(|why| refused(tried, 500, why.to_string()))?);
    let pieces: Vec<_> = (0..all.len()).step_by(PIECE).map(|at| Ok(all.slice(at..all.len().min(at + PIECE)))).collect();
    Ok(Box::pin(stream::iter(pieces)))
}

/// The plain files in a tar archive.
pub(super) fn unpacked(tried: &str, archive: &[u8]) -> Result<Files> {
    let read = || -> std::io::Result<Files> {
        let mut files = Files::new();
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                files.insert(path, content);
            }
        }
        Ok(files)
    };
    read().map_err(|why| refused(tried, 500, format!("Error processing tar file(exit status 1): {why}")))
}

fn inside(path: &str) -> &str {
    path.trim_matches('/')
}

impl World {
    /// A file, or all that lies in a folder, named from its last part on.
    pub(super) fn copy_out(&mut self, tried: &str, id: &ContainerId, path: &str) -> Result<Archive> {
        let whole = inside(path);
        let parent = whole.rfind('/').map_or(0, |slash| slash + 1);
        let below = format!("{whole}/");
        let files = &self.item(tried, id)?.files;
        let wanted = files.iter().filter(|(path, _)| *path == whole || path.starts_with(&below));
        let found: Files = wanted.map(|(path, content)| (path[parent..].to_owned(), content.clone())).collect();
        if found.is_empty() {
            let why = format!("Could not find the file {path} in container {}", id.short());
            return Err(not_found(tried, why));
        }
        packed(tried, &found)
    }

    pub(super) fn copy_in(&mut self, tried: &str, id: &ContainerId, folder: &str, archive: &[u8]) -> Result<()> {
        let new = unpacked(tried, archive)?;
        let item = self.item(tried, id)?;
        if folder.contains("missing") {
            let why = format!("Could not find the file {folder} in container {}", id.short());
            return Err(not_found(tried, why));
        }
        let folder = inside(folder);
        item.files
            .extend(new.into_iter().map(|(path, content)| (inside(&format!("{folder}/{path}")).to_owned(), content)));
        Ok(())
    }

    /// Docker's archive without layers: only who is in it and by which names.
    pub(super) fn save(&self, tried: &str, references: &[String]) -> Result<Archive> {
        let mut images: Vec<Value> = Vec::new();
        for reference in references {
            let picture = self.image_of(reference);
            let image = &picture.ok_or_else(|| not_found(tried, format!("No such image: {reference}")))?.image;
            // Only by the name it was asked for, and by none where that was its id.
            let name = Some(with_tag(reference)).filter(|name| image.tags.contains(name));
            images.push(json!({ "Config": image.id, "RepoTags": name.as_slice() }));
        }
        let manifest = serde_json::to_vec(&images).unwrap_or_default();
        packed(tried, &Files::from([("manifest.json".to_owned(), manifest)]))
    }

    /// Takes such an archive; gives the names in it.
    pub(super) fn load(&mut self, tried: &str, archive: &[u8]) -> Result<Vec<String>> {
        let files = unpacked(tried, archive)?;
        let manifest = files.get("manifest.json").and_then(|text| serde_json::from_slice::<Value>(text).ok());
        let Some(Value::Array(images)) = manifest else {
            return Err(refused(tried, 500, "open manifest.json: no such file or directory"));
        };
        let mut names = Vec::new();
        for image in images {
            let id = ImageId::new(image["Config"].as_str().unwrap_or_default());
            for tag in image["RepoTags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                self.take_or_name(&id, tag);
                names.push(tag.to_owned());
            }
        }
        Ok(names)
    }
}
