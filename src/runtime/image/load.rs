//! Loading images from one tar, OCI's or Docker's of any age. Knows no registry.
//!
//! The entries come in any order, so they are laid aside as files first, under names of ours: a path in the tar is
//! nothing but a key.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::Utc;

use super::{
    ImageStore,
    archive::{DOCKER, Listed, NAME, OCI},
    board::{Board, Tell},
    config::Config,
    depot::Depot,
    digest::{Digest, Digester},
    fetch::blocking,
    intake::{Packing, Unpacked},
    ladder::Ladder,
    make::{Maker, Packed, Wanted},
    manifest::{Descriptor, Document, Manifest, kind},
    name::Name,
    new::copied,
    pack::pack,
    platform::Platform,
    pull::read_config,
    push::Written,
    records::{self, ImageRow},
    registry::DOCUMENT,
};
use crate::{
    model::text::clean,
    runtime::{Result, RuntimeError},
};

/// Entries of an archive at most; the largest images have some hundred layers.
const ENTRIES: usize = 100_000;
/// Links in an archive that lead to links at most.
const LINKS: usize = 8;

impl ImageStore {
    /// Takes the images out of an archive, which may be packed by gzip or zstd; gives their names, or the ids of those
    /// without.
    ///
    /// # Errors
    /// `Corrupt` for what is no archive of images or not what its digests say; `System` for the disk.
    pub async fn load(&self, tar: Box<dyn Read + Send>, tell: &Tell) -> Result<Vec<String>> {
        let tried = "load images".to_owned();
        let hold = self.held().await?;
        let (ladder, _watch) = Ladder::new();
        let maker = Maker { depot: self.depot.clone(), db: self.db.clone(), ladder, hold, tried };
        let (images, board) = (self.clone(), Board::new(tell));
        let stop = Stop::default();
        let tar = Stoppable { tar, stop: stop.0.clone() };
        blocking(move || {
            board.note("reading the archive");
            let folder = Folder::new(&maker.depot)?;
            let archive = Archive::read(&maker.tried, tar, &folder)?;
            let mut loaded = Vec::new();
            for image in archive.images(&maker.tried, &images.host)? {
                loaded.extend(images.take(&maker, &archive, image, &board)?);
            }
            Ok(loaded)
        })
        .await
    }

    /// Takes one image out.
    fn take(&self, maker: &Maker, archive: &Archive, image: Inside, board: &Board) -> Result<Vec<String>> {
        let tried = &maker.tried;
        let text = String::from_utf8(archive.document(tried, &image.config)?)
            .map_err(|_| corrupt(tried, "a config is no text"))?;
        let config: Config = read_config(tried, &text)?;
        if config.rootfs.diff_ids.len() != image.layers.len() {
            return Err(corrupt(tried, "a config has another number of layers than the archive"));
        }
        let chain = Digest::chain(&config.rootfs.diff_ids);
        let mut layers = Vec::new();
        for (n, (path, diff)) in image.layers.iter().zip(&config.rootfs.diff_ids).enumerate() {
            let layer = Layer { below: &chain[..n], chain: chain[n], diff: *diff, path };
            layers.push(self.layer(maker, archive, &layer, board)?);
        }
        let own = Manifest::new(Descriptor::of(kind::CONFIG, text.as_bytes()), layers);
        let written = match image.manifest {
            // What was packed anew has another digest than the archive's manifest says.
            Some(theirs) if theirs.manifest.layers.iter().all(|layer| maker.depot.blob(layer.digest).exists()) => {
                theirs
            }
            _ => Written::new(tried, own)?,
        };
        let row = ImageRow {
            id: Digest::of(text.as_bytes()),
            manifest: Digest::of(&written.bytes),
            config: text,
            size: 0,
            pulled: Utc::now(),
            parent: None,
        };
        maker.depot.keep(row.id, row.config.as_bytes())?;
        maker.depot.keep(row.manifest, &written.bytes)?;
        maker.depot.settle();
        self.db.change(tried, |t| {
            records::insert_image(t, &row, config.created, &chain)?;
            for name in &image.names {
                records::set_name(t, name, row.id, None)?;
            }
            let id = row.id.to_string();
            let called = image.names.first().map_or_else(|| id.clone(), Name::to_string);
            records::tell(t, "load", &id, &called)
        })?;
        if image.names.is_empty() {
            return Ok(vec![row.id.to_string()]);
        }
        Ok(image.names.iter().map(Name::to_string).collect())
    }

    /// Makes one layer, unless it stands.
    fn layer(&self, maker: &Maker, archive: &Archive, layer: &Layer, board: &Board) -> Result<Descriptor> {
        let known = self.db.read(&maker.tried, |c| records::layer_by_chain(c, layer.chain))?;
        if let Some(row) = known.filter(|row| maker.depot.layer(row.chain).is_dir()) {
            maker.ladder.stands(layer.chain);
            return Ok(Descriptor::new(&row.packed.media_type, row.packed.digest, row.packed.size));
        }
        let packed = archive.blob(maker, layer.path)?;
        let descriptor = Descriptor::new(&packed.media_type, packed.digest, packed.size);
        let wanted = Wanted { below: layer.below.to_vec(), chain: layer.chain, diff: layer.diff, packed };
        let entry = board.piece(&wanted.short(), wanted.packed.size);
        maker.unpack_blob(&wanted, &entry)?;
        Ok(descriptor)
    }
}

/// A layer in an archive.
struct Layer<'l> {
    below: &'l [Digest],
    chain: Digest,
    diff: Digest,
    path: &'l str,
}

fn corrupt(tried: &str, why: &str) -> RuntimeError {
    RuntimeError::Corrupt { tried: tried.to_owned(), why: why.to_owned() }
}

/// Ends the reading of a tar when it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Stoppable {
    tar: Box<dyn Read + Send>,
    stop: Arc<AtomicBool>,
}

impl Read for Stoppable {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was given up"));
        }
        self.tar.read(into)
    }
}

/// Where an archive's entries are laid aside; gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(depot: &Depot) -> Result<Self> {
        let path = depot.part(&depot.layout.ingest().join("archive"));
        fs::create_dir(&path).map_err(RuntimeError::system(format!("make the folder `{}`", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "an archive's entries stay until the next start");
        }
    }
}

/// What is at a path in an archive.
enum Member {
    /// A file, laid aside here.
    File(PathBuf),
    /// What is at another path.
    Link(String),
}

/// An archive laid aside.
struct Archive(HashMap<String, Member>);

/// An image in an archive.
struct Inside {
    config: String,
    layers: Vec<String>,
    names: Vec<Name>,
    manifest: Option<Written>,
}

impl Archive {
    fn read(tried: &str, tar: impl Read, folder: &Folder) -> Result<Self> {
        let broken = |error: io::Error| RuntimeError::System { tried: tried.to_owned(), source: error };
        let mut tar = tar::Archive::new(Unpacked::new(tar).map_err(broken)?);
        let mut members = HashMap::new();
        for entry in tar.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            if members.len() >= ENTRIES {
                return Err(corrupt(tried, "the archive has too many entries"));
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            let member = if kind.is_file() {
                let place = folder.0.join(members.len().to_string());
                let mut file = File::create(&place).map_err(broken)?;
                io::copy(&mut entry, &mut file).map_err(broken)?;
                Member::File(place)
            } else if let Some(target) = entry.link_name_bytes() {
                let target = String::from_utf8_lossy(&target).into_owned();
                // A hard link's target is from the archive's root, a symbolic link's from its folder.
                Member::Link(if kind.is_symlink() { beside(&path, &target) } else { target })
            } else {
                continue;
            };
            members.insert(plain(&path), member);
        }
        Ok(Self(members))
    }

    /// The file at a path.
    fn file(&self, tried: &str, path: &str) -> Result<&PathBuf> {
        let mut at = plain(path);
        for _ in 0..LINKS {
            match self.0.get(&at) {
                Some(Member::File(place)) => return Ok(place),
                Some(Member::Link(target)) => at = plain(target),
                None => break,
            }
        }
        Err(corrupt(tried, &format!("the archive has no `{}`", clean(path))))
    }

    /// A small file as a whole.
    fn document(&self, tried: &str, path: &str) -> Result<Vec<u8>> {
        let place = self.file(tried, path)?;
        let size = fs::metadata(place).map_or(0, |about| about.len());
        if size > DOCUMENT {
            return Err(corrupt(tried, &format!("`{}` is larger than it may be", clean(path))));
        }
        fs::read(place).map_err(RuntimeError::system(format!("read `{}`", place.display())))
    }

    /// Makes a blob of a layer: as it is, or packed where it is plain.
    fn blob(&self, maker: &Maker, path: &str) -> Result<Packed> {
        let place = self.file(&maker.tried, path)?;
        let open = || File::open(place).map_err(RuntimeError::system(format!("open `{}`", place.display())));
        let system = || RuntimeError::system(format!("read `{}`", place.display()));
        let mut begin = [0; 4];
        let read = open()?.read(&mut begin).map_err(system())?;
        let packing = Packing::of(&begin[..read]);
        if packing == Packing::Plain {
            let file = open()?;
            return pack(&maker.depot, |to| copied(file, to)).map(|(packed, _)| packed);
        }
        let mut digester = Digester::default();
        io::copy(&mut open()?, &mut digester).map_err(system())?;
        let (digest, size) = digester.finish();
        // A link may lead here once more, so the file itself stays.
        let blob = maker.depot.blob(digest);
        if !blob.exists() {
            let part = maker.depot.part(&blob);
            let copied = fs::hard_link(place, &part).or_else(|_| fs::copy(place, &part).map(|_| ()));
            copied.and_then(|()| fs::rename(&part, &blob)).map_err(system())?;
        }
        let media_type = if packing == Packing::Gzip { kind::LAYER_GZIP } else { kind::LAYER_ZSTD };
        Ok(Packed { digest, size, media_type: media_type.to_owned() })
    }

    /// The images that its list has: Docker's if there is one, since it has the whole names.
    fn images(&self, tried: &str, host: &Platform) -> Result<Vec<Inside>> {
        if self.0.contains_key(DOCKER) {
            let listed: Vec<Listed> = serde_json::from_slice(&self.document(tried, DOCKER)?)
                .map_err(|error| corrupt(tried, &format!("the list of images makes no sense: {error}")))?;
            return listed.into_iter().map(|listed| self.listed(tried, listed)).collect();
        }
        if !self.0.contains_key(OCI) {
            return Err(corrupt(tried, "it is no archive of images: it has neither manifest.json nor index.json"));
        }
        let mut images = Vec::new();
        self.indexed(tried, host, OCI, &[], &mut images, 0)?;
        Ok(images)
    }

    fn listed(&self, tried: &str, listed: Listed) -> Result<Inside> {
        let names = listed.repo_tags.iter().map(|tag| name(tried, tag)).collect::<Result<_>>()?;
        Ok(Inside { config: listed.config, layers: listed.layers, names, manifest: None })
    }

    /// Follows an OCI index; of one for several platforms what is here for this host.
    fn indexed(
        &self,
        tried: &str,
        host: &Platform,
        path: &str,
        names: &[Name],
        into: &mut Vec<Inside>,
        depth: usize,
    ) -> Result<()> {
        let bytes = self.document(tried, path)?;
        let read = |error| corrupt(tried, &format!("`{}` makes no sense: {error}", clean(path)));
        match Document::read(&bytes).map_err(read)? {
            Document::Manifest(manifest) => {
                into.push(Inside {
                    config: blob_path(&manifest.config),
                    layers: manifest.layers.iter().map(blob_path).collect(),
                    names: names.to_vec(),
                    manifest: Some(Written { manifest: *manifest, bytes }),
                });
                Ok(())
            }
            Document::Index(_) if depth >= LINKS => Err(corrupt(tried, "indexes lead to nothing but indexes")),
            // Inside of an image's own index, one entry is for this host; at the top, all are images.
            Document::Index(index) if depth > 0 => match index.choose(host) {
                Some(entry) => self.indexed(tried, host, &blob_path(entry), names, into, depth + 1),
                None => Err(corrupt(tried, &format!("an image is for {} only", index.platforms()))),
            },
            Document::Index(index) => index.manifests.iter().try_for_each(|entry| {
                let called = entry.annotations.get(NAME).and_then(|called| called.parse().ok());
                self.indexed(tried, host, &blob_path(entry), &Vec::from_iter(called), into, depth + 1)
            }),
        }
    }
}

fn blob_path(of: &Descriptor) -> String {
    format!("blobs/sha256/{}", of.digest.hex())
}

fn name(tried: &str, text: &str) -> Result<Name> {
    text.parse().map_err(|_| corrupt(tried, &format!("`{}` is no image's name", clean(text))))
}

/// A path as a key: without `.`, with `..` taken back.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A path from the folder of another.
fn beside(path: &str, target: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) if !target.starts_with('/') => format!("{folder}/{target}"),
        _ => target.to_owned(),
    }
}
