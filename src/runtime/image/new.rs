//! New images out of what is here: a container's changes upon its image, or a tar of files. Knows no registry.

use std::{
    io::{self, Read, Write},
    path::Path,
};

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    ImageStore,
    board::{Board, Tell},
    change,
    config::Settings,
    digest::Digest,
    fetch::blocking,
    intake::Unpacked,
    ladder::Ladder,
    make::{Maker, Packed, Wanted},
    manifest::{Descriptor, Manifest, kind},
    name::Name,
    names::find,
    pack::pack,
    platform::Platform,
    pull::read_config,
    push::Written,
    records::{self, ImageRow, LayerRow},
};
use crate::{
    model::ImageId,
    runtime::{Result, RuntimeError},
};

/// What a new image is to be.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The image it stands on; from nothing when absent.
    pub parent: Option<ImageId>,
    /// What its containers are like; as the parent's when absent.
    pub settings: Option<Settings>,
    /// For what it is, where it stands on nothing; for this host when absent.
    pub platform: Option<Platform>,
    /// Instructions of a Dockerfile that change those, as for `docker commit --change`.
    pub changes: Vec<String>,
    /// By whom.
    pub author: String,
    /// A remark.
    pub comment: String,
    /// Its name, with or without a tag.
    pub name: Option<String>,
    /// The instruction that its history tells.
    pub made_by: String,
}

/// What of the present state a new image needs.
struct Ground {
    config: Value,
    settings: Settings,
    chain: Vec<LayerRow>,
    parent: Option<Digest>,
}

impl ImageStore {
    /// Makes an image of what a container's writable layer in `container` changes.
    ///
    /// # Errors
    /// As [`ImageStore::find`] for the parent; `Invalid` for changes or a name that make no sense; `System` for the
    /// disk.
    pub async fn commit(&self, container: &Path, new: New) -> Result<ImageId> {
        let container = container.to_owned();
        let storage = self.depot.storage.clone();
        self.build("commit", "commit a container", new, move |tar| storage.pack(&container, tar)).await
    }

    /// Makes an image of a tar of files, which may be packed by gzip or zstd.
    ///
    /// # Errors
    /// As [`ImageStore::commit`]; `Corrupt` for what is no tar.
    pub async fn import(&self, tar: Box<dyn Read + Send>, new: New) -> Result<ImageId> {
        let tried = "import an image";
        let copy = move |to: &mut dyn Write| {
            let from = Unpacked::new(tar).map_err(RuntimeError::system("read what is imported"))?;
            copied(from, to)
        };
        self.build("import", tried, new, copy).await
    }

    async fn build(
        &self,
        action: &'static str,
        tried: &'static str,
        new: New,
        write: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static,
    ) -> Result<ImageId> {
        let name = new.name.as_deref().map(|name| self.tag_name(tried, name)).transpose()?;
        let hold = self.held().await?;
        let (ladder, _watch) = Ladder::new();
        let maker = Maker { depot: self.depot.clone(), db: self.db.clone(), ladder, hold, tried: tried.to_owned() };
        let images = self.clone();
        blocking(move || {
            let mut ground = images.ground(tried, &new)?;
            change::apply_all(&mut ground.settings, &new.changes)
                .map_err(|error| RuntimeError::Invalid { tried: tried.to_owned(), why: error.to_string() })?;
            let (packed, diff) = pack(&images.depot, write)?;
            let built = images.stand(&maker, ground, &new, packed, diff)?;
            images.record(&maker, action, &built, name.as_ref())
        })
        .await
    }

    /// The image to stand on.
    fn ground(&self, tried: &str, new: &New) -> Result<Ground> {
        let Some(parent) = &new.parent else {
            let config = json!(new.platform.as_ref().unwrap_or(&self.host));
            let settings = new.settings.clone().unwrap_or_default();
            return Ok(Ground { config, settings, chain: Vec::new(), parent: None });
        };
        let row = self.db.read(tried, |c| find(c, parent.as_str()))?.one(tried, parent.as_str())?;
        let chain = self.db.read(tried, |c| records::layers_of(c, row.id))?;
        let settings = new.settings.clone();
        Ok(Ground {
            settings: settings.map_or_else(|| read_config(tried, &row.config).map(|config| config.config), Ok)?,
            config: serde_json::from_str(&row.config).unwrap_or_default(),
            chain,
            parent: Some(row.id),
        })
    }

    /// Puts the new layer upon the ground.
    fn stand(&self, maker: &Maker, ground: Ground, new: &New, packed: Packed, diff: Digest) -> Result<Built> {
        let mut diffs: Vec<_> = ground.chain.iter().map(|layer| layer.diff).collect();
        diffs.push(diff);
        let chain = Digest::chain(&diffs);
        let below = chain[..diffs.len() - 1].to_vec();
        below.iter().for_each(|layer| maker.ladder.stands(*layer));
        let wanted = Wanted { below, chain: chain[diffs.len() - 1], diff, packed };
        let silent: Tell = std::sync::Arc::new(|_| {});
        let entry = Board::new(&silent).piece(&wanted.short(), wanted.packed.size);
        if !self.db.read(&maker.tried, |c| records::has_layer_row(c, wanted.chain))? {
            maker.unpack_blob(&wanted, &entry)?;
        }
        let layers = ground.chain.iter().map(|layer| &layer.packed).chain([&wanted.packed]);
        let layer = |packed: &Packed| Descriptor::new(&packed.media_type, packed.digest, packed.size);
        let layers = layers.map(layer).collect();
        Ok(Built {
            config: document(ground.config, &ground.settings, new, &diffs),
            layers,
            chain,
            parent: ground.parent,
        })
    }

    /// Writes down the image that was built.
    fn record(&self, maker: &Maker, action: &str, built: &Built, name: Option<&Name>) -> Result<ImageId> {
        let config = built.config.to_string();
        let id = Digest::of(config.as_bytes());
        let manifest = Manifest::new(Descriptor::of(kind::CONFIG, config.as_bytes()), built.layers.clone());
        let written = Written::new(&maker.tried, manifest)?;
        let row = ImageRow {
            id,
            manifest: Digest::of(&written.bytes),
            config,
            size: 0,
            pulled: Utc::now(),
            parent: built.parent,
        };
        self.depot.keep(id, row.config.as_bytes())?;
        self.depot.keep(row.manifest, &written.bytes)?;
        self.depot.settle();
        self.db.change(&maker.tried, |t| {
            records::insert_image(t, &row, Some(row.pulled), &built.chain)?;
            if let Some(name) = name {
                records::set_name(t, name, id, None)?;
            }
            let called = name.map_or_else(|| id.to_string(), Name::to_string);
            records::tell(t, action, &id.to_string(), &called)
        })?;
        Ok(ImageId::new(id.to_string()))
    }
}

/// An image that stands and is not recorded yet.
struct Built {
    config: Value,
    layers: Vec<Descriptor>,
    chain: Vec<Digest>,
    parent: Option<Digest>,
}

/// The new config, out of the parent's: what is not known of it stays.
fn document(mut config: Value, settings: &Settings, new: &New, diffs: &[Digest]) -> Value {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Nanos, true);
    let mut step = json!({ "created": now, "created_by": new.made_by });
    for (key, value) in [("author", &new.author), ("comment", &new.comment)] {
        if !value.is_empty() {
            step[key] = json!(value);
            config[key] = json!(value);
        }
    }
    let mut history = config["history"].as_array().cloned().unwrap_or_default();
    history.push(step);
    config["created"] = json!(now);
    config["config"] = json!(settings);
    config["rootfs"] = json!({ "type": "layers", "diff_ids": diffs });
    config["history"] = Value::Array(history);
    if let Some(fields) = config.as_object_mut() {
        // The classic builder's notes on its own container.
        for key in ["container", "container_config", "docker_version"] {
            fields.remove(key);
        }
    }
    config
}

/// Copies a tar, telling which side broke.
pub(super) fn copied(mut from: impl Read, to: &mut dyn Write) -> Result<()> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(RuntimeError::system("read the tar")(error)),
        };
        to.write_all(&buffer[..read]).map_err(RuntimeError::system("write the layer"))?;
    }
}
