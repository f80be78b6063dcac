//! What `ExportLayer` writes, as a layer's tar. Knows the disk as a trait only.
//!
//! Each file is read twice: its streams come in any order, and all but the content belong into the header.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
};

use super::{
    BadPath, How, SMALL, TOMBSTONES, TOMBSTONES_HEAD, Trouble, WCIDIRS, WHITEOUT,
    path::fold,
    told::{Security, Told},
};
use crate::runtime::{
    Result,
    backup_stream::{BasicInfo, Link, STREAM_SPARSE, StreamHeader, StreamKind, StreamReader, attributes_of},
    tar::{Entry, Kind, Limits, Meta, Piece, TarWriter},
};

/// Whose times `Files` and `Hives` get: their own come from the export.
const STEADY: &str = r"Hives\System_Delta";
/// Of all deleted files; nobody wants them in an image.
const RECYCLE_BIN: &str = r"FILES\$RECYCLE.BIN";

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// A folder that `ExportLayer` filled. Paths are below it, with backslashes; none is followed through a link.
pub trait LayerSource {
    /// What is in a folder, sorted by name; in the whole of it for an empty path.
    ///
    /// # Errors
    /// What the system says.
    fn list(&mut self, folder: &str) -> io::Result<Vec<Found>>;
    /// Attributes and times of a file or folder.
    ///
    /// # Errors
    /// What the system says.
    fn info(&mut self, path: &str) -> io::Result<BasicInfo>;
    /// The bytes of a file or folder: as they are, or by `BackupRead`.
    ///
    /// # Errors
    /// What the system says.
    fn open(&mut self, path: &str, how: How) -> io::Result<Box<dyn Read + '_>>;
    /// The number that all names of a file share, if it has several.
    ///
    /// # Errors
    /// What the system says.
    fn shared(&mut self, path: &str) -> io::Result<Option<u128>>;
}

/// Writes the layer in `source` as a tar.
///
/// # Errors
/// `Corrupt` for what has no place in a tar or is no transport folder, `System` for what the disk says.
pub fn export(source: &mut dyn LayerSource, tar: &mut dyn Write, limits: Limits) -> Result<()> {
    let deleted = tombstones(source).map_err(|trouble| trouble.on("export", TOMBSTONES.as_bytes()))?;
    let mut export = Export { source, tar: TarWriter::new(tar), limits, deleted, names: HashMap::new() };
    export.folder("", 0)?;
    export.tar.finish().map_err(|error| Trouble::from(error).on("export", b""))
}

/// Paths that the layer in `source` deletes, each with a backslash in front, from what becomes `C:`.
///
/// # Errors
/// What the disk says; `InvalidData` where the list is none.
pub fn deleted_of(source: &mut dyn LayerSource) -> io::Result<Vec<String>> {
    let has_list = source.list("")?.iter().any(|found| found.name == TOMBSTONES);
    if !has_list {
        return Ok(Vec::new());
    }
    let mut text = String::new();
    source.open(TOMBSTONES, How::Plain)?.read_to_string(&mut text)?;
    let refused = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let first = text.strip_prefix('\u{feff}').map(|text| text.lines().next().unwrap_or_default());
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    match first {
        // Not every Windows writes the first line.
        Some(first) if first.is_empty() || first.starts_with('\\') => {}
        Some(TOMBSTONES_HEAD) => drop(lines.next()),
        _ => return refused("it is no list of what is deleted"),
    }
    let paths: Vec<_> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if paths.iter().all(|path| path.starts_with('\\')) { Ok(paths) } else { refused("a line in it is no path") }
}

/// Whether a file of a transport folder only tells of the folder beside it.
pub fn is_beside(name: &str) -> bool {
    name.ends_with(WCIDIRS)
}

/// What is deleted, by the folder it was in.
fn tombstones(source: &mut dyn LayerSource) -> std::result::Result<HashMap<String, Vec<String>>, Trouble> {
    let mut deleted: HashMap<String, Vec<String>> = HashMap::new();
    for line in deleted_of(source)? {
        let Some((folder, name)) = line.rsplit_once('\\') else { continue };
        deleted.entry(fold(&format!("Files{folder}"))).or_default().push(name.to_owned());
    }
    Ok(deleted)
}

struct Export<'s> {
    source: &'s mut dyn LayerSource,
    tar: TarWriter<'s>,
    limits: Limits,
    deleted: HashMap<String, Vec<String>>,
    /// The first name of each file that has several.
    names: HashMap<u128, String>,
}

/// What the streams of a file tell before its content is read.
struct Gist {
    told: Told,
    size: u64,
    /// Where its content is, if it has holes.
    pieces: Option<Vec<Piece>>,
    has_alternates: bool,
}

impl Export<'_> {
    fn folder(&mut self, folder: &str, depth: usize) -> Result<()> {
        let listed = self.source.list(folder).map_err(|error| Trouble::from(error).on("export", folder.as_bytes()))?;
        for Found { name, is_folder } in listed {
            let path = if folder.is_empty() { name } else { format!("{folder}\\{name}") };
            if path == TOMBSTONES || is_beside(&path) || fold(&path) == RECYCLE_BIN {
                continue;
            }
            self.file(&path, is_folder).map_err(|trouble| trouble.on("export", path.as_bytes()))?;
            if is_folder && depth >= self.limits.depth {
                return Err(Trouble::from(BadPath::Long).on("export", path.as_bytes()));
            }
            if is_folder {
                self.folder(&path, depth + 1)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, is_folder: bool) -> std::result::Result<(), Trouble> {
        let entry_path = path.replace('\\', "/");
        let (at, how) = place(path, is_folder);
        let info = self.info(path, &at, how)?;
        if let Some(number) = self.source.shared(&at)? {
            if let Some(first) = self.names.get(&number) {
                let kind = Kind::Link(first.clone().into_bytes());
                let told = Told { info, ..Told::default() };
                let entry = Entry { kind, ..told.entry(entry_path.into_bytes(), 0) };
                return Ok(self.tar.entry(&entry)?);
            }
            self.names.insert(number, entry_path.clone());
        }
        let gist = self.gist(&at, how, info)?;
        let mut entry = gist.told.entry(entry_path.clone().into_bytes(), gist.size);
        if let (Kind::File { pieces, .. }, Some(found)) = (&mut entry.kind, gist.pieces) {
            *pieces = Some(found);
        }
        self.tar.entry(&entry)?;
        if matches!(entry.kind, Kind::File { .. }) {
            self.content(&at, how)?;
            // It may have become shorter since it was looked at.
            self.tar.fill()?;
        }
        if gist.has_alternates {
            self.alternates(&at, how, &entry)?;
        }
        if is_folder {
            self.whiteouts(path, &entry_path)?;
        }
        Ok(())
    }

    fn info(&mut self, path: &str, at: &str, how: How) -> std::result::Result<BasicInfo, Trouble> {
        let mut info = self.source.info(at)?;
        if how == How::Plain {
            let mut attributes = [0; 4];
            self.source.open(at, how)?.read_exact(&mut attributes)?;
            info.attributes = u32::from_le_bytes(attributes);
            return Ok(info);
        }
        if matches!(path, "Files" | "Hives")
            && let Ok(steady) = self.source.info(STEADY)
        {
            info = BasicInfo { attributes: info.attributes, ..steady };
        }
        // These two are lost on the way.
        Ok(BasicInfo { created: info.written, accessed: info.written, ..info })
    }

    fn gist(&mut self, at: &str, how: How, info: BasicInfo) -> std::result::Result<Gist, Trouble> {
        let most = self.limits.pieces;
        let mut streams = streams(self.source, at, how)?;
        let mut gist = Gist { told: Told { info, ..Told::default() }, size: 0, pieces: None, has_alternates: false };
        while let Some(header) = streams.next_stream()? {
            match header.kind {
                StreamKind::Security => gist.told.security = Security::Raw(streams.small(SMALL)?),
                StreamKind::Ea => {
                    let read = attributes_of(&streams.small(SMALL)?);
                    gist.told.attributes = read.ok_or(Trouble::Refused("its extended attributes are malformed"))?;
                }
                StreamKind::Reparse => {
                    let link = Link::decode(&streams.small(SMALL)?);
                    gist.told.link = Some(link.ok_or(Trouble::Refused("it is a reparse point that is no link"))?);
                }
                StreamKind::Data => gist.size = header.size,
                StreamKind::SparseBlock => take_block(&mut gist, &header, most)?,
                StreamKind::Alternate if header.attributes & STREAM_SPARSE != 0 => {
                    return Err(Trouble::Refused("a stream beside its content has holes"));
                }
                StreamKind::Alternate => gist.has_alternates = true,
                StreamKind::Link | StreamKind::Property | StreamKind::ObjectId | StreamKind::Txfs => {}
            }
        }
        Ok(gist)
    }

    fn content(&mut self, at: &str, how: How) -> std::result::Result<(), Trouble> {
        let mut streams = streams(self.source, at, how)?;
        while let Some(header) = streams.next_stream()? {
            if matches!(header.kind, StreamKind::Data | StreamKind::SparseBlock) {
                copy(&mut streams, &mut self.tar)?;
            }
        }
        Ok(())
    }

    fn alternates(&mut self, at: &str, how: How, of: &Entry) -> std::result::Result<(), Trouble> {
        let mut streams = streams(self.source, at, how)?;
        while let Some(header) = streams.next_stream()? {
            if header.kind == StreamKind::Alternate {
                // `:NAME:$DATA`; there is no other type of named streams that tools know.
                let name = header.name.strip_suffix(":$DATA").unwrap_or(&header.name);
                let path = [of.path.as_slice(), name.as_bytes()].concat();
                let meta = Meta { mtime: of.meta.mtime, ..Meta::default() };
                self.tar.entry(&Entry { path, kind: Kind::File { size: header.size, pieces: None }, meta })?;
                copy(&mut streams, &mut self.tar)?;
            }
        }
        Ok(())
    }

    fn whiteouts(&mut self, folder: &str, entry_path: &str) -> io::Result<()> {
        for name in self.deleted.remove(&fold(folder)).unwrap_or_default() {
            let path = format!("{entry_path}/{WHITEOUT}{name}").into_bytes();
            self.tar.entry(&Entry { path, kind: Kind::File { size: 0, pieces: None }, meta: Meta::default() })?;
        }
        Ok(())
    }
}

/// Where the bytes of a file lie, and how they are read: below `Files` a transport folder has streams as content.
fn place(path: &str, is_folder: bool) -> (String, How) {
    match (path.starts_with("Files\\"), is_folder) {
        (true, true) => (format!("{path}{WCIDIRS}"), How::Plain),
        (true, false) => (path.to_owned(), How::Plain),
        (false, _) => (path.to_owned(), How::Restored { security: false }),
    }
}

type Streams<'s> = StreamReader<Box<dyn Read + 's>>;

fn streams<'s>(source: &'s mut dyn LayerSource, at: &str, how: How) -> std::result::Result<Streams<'s>, Trouble> {
    let mut input = source.open(at, how)?;
    if how == How::Plain {
        input.read_exact(&mut [0; 4])?;
    }
    Ok(StreamReader::new(input))
}

fn take_block(gist: &mut Gist, header: &StreamHeader, most: usize) -> std::result::Result<(), Trouble> {
    let wrong = Trouble::Refused("its map of holes is wrong");
    let pieces = gist.pieces.get_or_insert_default();
    if header.offset < gist.size || pieces.len() >= most {
        return Err(wrong);
    }
    gist.size = header.offset.checked_add(header.size).ok_or(wrong)?;
    if header.size > 0 {
        pieces.push(Piece { at: header.offset, len: header.size });
    }
    Ok(())
}

fn copy(streams: &mut Streams<'_>, tar: &mut TarWriter<'_>) -> std::result::Result<(), Trouble> {
    let mut room = [0; 16 << 10];
    loop {
        match streams.data(&mut room)? {
            0 => return Ok(()),
            count => tar.data(&room[..count])?,
        }
    }
}
