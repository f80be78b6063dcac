//! Pulling: from a reference to an image with its records. Knows no table and no protocol.

use chrono::Utc;
use oci_client::RegistryOperation;

use super::{
    ImageStore,
    board::{Board, Tell},
    config::Config,
    digest::Digest,
    fetch::{self, Fetch, blocking},
    ladder::Ladder,
    make::{Maker, Packed, Wanted},
    manifest::{Descriptor, Document, Manifest},
    name::Name,
    platform::Platform,
    records::{self, ImageRow},
    registry::Session,
};
use crate::{
    model::ImageId,
    runtime::{Result, RuntimeError},
};

/// How deep indexes may lead to indexes.
const DEPTH: usize = 3;

/// One image as a registry tells of it.
struct Offer {
    session: Session,
    manifest: Manifest,
    manifest_bytes: Vec<u8>,
    manifest_digest: Digest,
    /// What the reference led to: the manifest or an index.
    named: Digest,
}

impl ImageStore {
    /// Pulls an image, and gives its id. Layers that are here already are not pulled again; those that were broken
    /// off go on where they were. Nothing of it is to be seen before all of it is here and verified.
    ///
    /// Dropped, it ends, and leaves what the next pull can go on with.
    ///
    /// # Errors
    /// `Invalid` for no reference; `NotFound`, `Denied` and `Unreachable` from the registry; `Corrupt` for what is
    /// not what its digest says; `System` for the disk.
    pub async fn pull(&self, reference: &str, platform: Option<&Platform>, tell: &Tell) -> Result<ImageId> {
        let tried = format!("pull `{}`", crate::model::text::clean(reference));
        let name = self.name(&tried, reference)?;
        let host = platform.cloned().unwrap_or_else(|| self.host.clone());
        let board = Board::new(tell);
        board.note(format!("asking {}", name.registry()));
        let hold = self.held().await?;
        let offer = self.offer(&tried, &name, &host).await?;
        let (config_text, config) = self.config(&tried, &offer).await?;
        if !config.platform.os.is_empty() && config.platform.os != host.os {
            let why = format!("it is built for {}, this is {host}", config.platform);
            return Err(RuntimeError::Invalid { tried, why });
        }
        if let Some(why) = host.too_new(&config.platform) {
            return Err(RuntimeError::Invalid { tried, why });
        }
        let (ladder, _watch) = Ladder::new();
        let maker = Maker { depot: self.depot.clone(), db: self.db.clone(), ladder, hold, tried: tried.clone() };
        board.note(name.to_string());
        let layers = fetches(&tried, &offer, &config, &board)?;
        let chain: Vec<_> = layers.iter().map(|layer| layer.wanted.chain).collect();
        fetch::all(&offer.session, &maker, self.pause, layers).await?;
        let new = Arrival { name, offer, config_text, config, chain };
        let id = new.offer.manifest.config.digest;
        let images = self.clone();
        // The hold goes along: the layers belong to nobody before they are recorded.
        blocking(move || {
            images.arrived(&maker, &new)?;
            drop(maker);
            // What was removed while this pull was in the way.
            images.collect_or_warn();
            Ok(())
        })
        .await?;
        Ok(ImageId::new(id.to_string()))
    }

    /// Asks one place after the other.
    async fn offer(&self, tried: &str, name: &Name, host: &Platform) -> Result<Offer> {
        let mut places = self.registry.places(name);
        let home = places.pop();
        for place in places {
            let offered = async {
                let session = self.registry.open(tried, &place, name, RegistryOperation::Pull).await?;
                choose(session, host).await
            };
            match offered.await {
                Ok(offer) => return Ok(offer),
                Err(error) => tracing::info!(mirror = %place.host, %error, "a mirror does not help"),
            }
        }
        let home = home.unwrap_or_else(|| self.registry.home(name));
        choose(self.registry.open(tried, &home, name, RegistryOperation::Pull).await?, host).await
    }

    /// The config, from here if it is here.
    async fn config(&self, tried: &str, offer: &Offer) -> Result<(String, Config)> {
        let descriptor = &offer.manifest.config;
        let known = self.db.read(tried, |c| records::image_by_id(c, descriptor.digest))?;
        let text = match known {
            Some(row) => row.config,
            None => {
                let bytes = offer.session.small("the config", descriptor).await?;
                String::from_utf8(bytes).map_err(|_| RuntimeError::Corrupt {
                    tried: tried.to_owned(),
                    why: "the config is no text".into(),
                })?
            }
        };
        let config = read_config(tried, &text)?;
        Ok((text, config))
    }

    fn arrived(&self, maker: &Maker, new: &Arrival) -> Result<()> {
        let Arrival { name, offer, config_text, config, chain } = new;
        let id = offer.manifest.config.digest;
        self.depot.keep(id, config_text.as_bytes())?;
        self.depot.keep(offer.manifest_digest, &offer.manifest_bytes)?;
        self.depot.settle();
        let row = ImageRow {
            id,
            manifest: offer.manifest_digest,
            config: config_text.clone(),
            size: 0,
            pulled: Utc::now(),
            parent: None,
        };
        self.db.change(&maker.tried, |t| {
            records::insert_image(t, &row, config.created, chain)?;
            records::set_name(t, name, id, Some(offer.named))?;
            records::tell(t, "pull", &name.to_string(), &name.familiar())
        })
    }
}

struct Arrival {
    name: Name,
    offer: Offer,
    config_text: String,
    config: Config,
    chain: Vec<Digest>,
}

/// Reads a config.
pub(super) fn read_config(tried: &str, text: &str) -> Result<Config> {
    serde_json::from_str(text).map_err(|error| RuntimeError::Corrupt {
        tried: tried.to_owned(),
        why: format!("the image's config makes no sense: {error}"),
    })
}

/// Finds the manifest for `host`.
async fn choose(session: Session, host: &Platform) -> Result<Offer> {
    let mut at = None;
    let mut named = None;
    for _ in 0..DEPTH {
        let (bytes, digest) = session.document(at).await?;
        let named = *named.get_or_insert(digest);
        let corrupt = |error| RuntimeError::Corrupt {
            tried: session.tried.clone(),
            why: format!("the manifest from {} cannot be used: {error}", session.host),
        };
        match Document::read(&bytes).map_err(corrupt)? {
            Document::Manifest(manifest) => {
                let manifest_bytes = bytes.to_vec();
                return Ok(Offer { session, manifest: *manifest, manifest_bytes, manifest_digest: digest, named });
            }
            Document::Index(index) => {
                let Some(entry) = index.choose(host) else {
                    if let Some(why) = index.too_new(host) {
                        return Err(RuntimeError::Invalid { tried: session.tried, why });
                    }
                    let why = format!("{} has it for {}, not for {host}", session.host, index.platforms());
                    return Err(RuntimeError::NotFound { tried: session.tried.clone(), why });
                };
                at = Some(entry.digest);
            }
        }
    }
    let why = format!("indexes at {} lead to nothing but indexes", session.host);
    Err(RuntimeError::Corrupt { tried: session.tried, why })
}

/// The layers of what is offered, each with its piece of progress.
fn fetches(tried: &str, offer: &Offer, config: &Config, board: &Board) -> Result<Vec<Fetch>> {
    let wanted = wanted(tried, &config.rootfs.diff_ids, &offer.manifest.layers)?;
    let fetch = |(wanted, descriptor): (Wanted, &Descriptor)| Fetch {
        entry: board.piece(&wanted.short(), descriptor.size),
        descriptor: descriptor.clone(),
        wanted,
    };
    Ok(wanted.into_iter().zip(&offer.manifest.layers).map(fetch).collect())
}

/// The layers that a config and a manifest speak of, the lowest first.
pub(super) fn wanted(tried: &str, diffs: &[Digest], layers: &[Descriptor]) -> Result<Vec<Wanted>> {
    if diffs.len() != layers.len() {
        let why = format!("its config has {} layers, its manifest {}", diffs.len(), layers.len());
        return Err(RuntimeError::Corrupt { tried: tried.to_owned(), why });
    }
    let chain = Digest::chain(diffs);
    let one = |(n, (diff, layer)): (usize, (&Digest, &Descriptor))| Wanted {
        below: chain[..n].to_vec(),
        chain: chain[n],
        diff: *diff,
        packed: Packed { digest: layer.digest, size: layer.size, media_type: layer.media_type.clone() },
    };
    Ok(diffs.iter().zip(layers).enumerate().map(one).collect())
}
