//! A layer's tar to files on a disk and steps after them. Knows the disk as a trait only.
//!
//! The tar is read once, from front to end, and the layers below are not looked at before: they may still be in the
//! making. So what needs them is a [`Step`].

mod seen;

use std::io::{self, Read, Write};

use super::{
    BadPath, How, LayerDisk, LayerPath, Part, Root, Step, Trouble, WHITEOUT,
    path::is_stream,
    told::{Security, Told},
};
use crate::runtime::{
    Result,
    backup_stream::{BasicInfo, STREAM_SPARSE, StreamHeader, StreamKind, StreamWriter, attributes},
    tar::{Entry, Kind, Limits, Piece, TarReader},
};
use seen::{Is, Seen};

/// What came of a tar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Bytes in its files.
    pub bytes: u64,
    /// What is left to do, in this order.
    pub steps: Vec<Step>,
}

/// Reads a layer's tar to its end and writes its files; `is_base` is the lowest of an image. What is left to do comes
/// back as steps.
///
/// # Errors
/// `Corrupt` for a tar that is refused, `System` for what the disk says, each with the path at fault.
pub fn import(tar: &mut dyn Read, is_base: bool, disk: &mut dyn LayerDisk, limits: Limits) -> Result<Imported> {
    let mut reader = TarReader::new(tar, limits);
    let mut import =
        Import { disk, limits, is_base, seen: Seen::default(), open: None, bytes: 0, steps: Steps::default() };
    loop {
        let entry = reader.next().map_err(|error| Trouble::from(error).on("import", b""))?;
        let Some(entry) = entry else { break };
        import.entry(&entry, &mut reader).map_err(|trouble| trouble.on("import", &entry.path))?;
    }
    import.close().map_err(|trouble| trouble.on("import", b""))?;
    reader.drain().map_err(|error| Trouble::from(error).on("import", b""))?;
    import.finish()
}

/// Steps by when they must be taken.
#[derive(Default)]
struct Steps {
    utility: Vec<Step>,
    folders: Vec<Step>,
    removals: Vec<LayerPath>,
    links: Vec<Step>,
    times: Vec<Step>,
}

struct Import<'d> {
    disk: &'d mut dyn LayerDisk,
    limits: Limits,
    is_base: bool,
    seen: Seen,
    /// The file that can still get alternate streams: its path as the tar has it.
    open: Option<Vec<u8>>,
    bytes: u64,
    steps: Steps,
}

impl Import<'_> {
    fn entry(&mut self, entry: &Entry, reader: &mut TarReader<'_>) -> std::result::Result<(), Trouble> {
        if let Some(stream) = self.stream_of(entry)? {
            return self.alternate(&stream, entry, reader);
        }
        self.close()?;
        let path = LayerPath::of(&entry.path, &self.limits)?;
        if let Some(gone) = path.name().strip_prefix(WHITEOUT) {
            return self.whiteout(&path, gone);
        }
        match &entry.kind {
            Kind::Link(target) => self.link(path, target),
            Kind::File { .. } | Kind::Folder | Kind::Symlink(_) => self.file(path, entry, reader),
            Kind::Fifo | Kind::Char(..) | Kind::Block(..) => {
                Err(Trouble::Refused("Windows has neither named pipes nor devices in folders"))
            }
        }
    }

    /// The name of the alternate stream, if the entry is one of the file before it.
    fn stream_of(&self, entry: &Entry) -> std::result::Result<Option<String>, Trouble> {
        let Some(rest) = self.open.as_ref().and_then(|open| entry.path.strip_prefix(open.as_slice())) else {
            return Ok(None);
        };
        let (Some(name), Kind::File { .. }) = (rest.strip_prefix(b":"), &entry.kind) else { return Ok(None) };
        let name = str::from_utf8(name).map_err(|_| BadPath::NoText)?;
        if is_stream(name) { Ok(Some(name.to_owned())) } else { Err(BadPath::Name(name.to_owned()).into()) }
    }

    fn file(&mut self, path: LayerPath, entry: &Entry, reader: &mut TarReader<'_>) -> std::result::Result<(), Trouble> {
        let told = Told::of(entry)?;
        let part = path.part()?;
        if path.is_part() && (!told.info.is_folder() || told.link.is_some()) {
            return Err(Trouble::Refused("a part of a layer must be a folder"));
        }
        let is = match (&told.link, told.info.is_folder()) {
            (Some(_), _) => Is::Elsewhere,
            (None, true) => Is::Folder,
            (None, false) => Is::File,
        };
        // The virtual machine's files are all there before the tar's own come.
        self.seen.add(&path, is, !self.is_base && part == Part::UtilityVm)?;
        if part == Part::UtilityVm && self.needs_clone() {
            self.steps.utility.push(Step::CloneUtilityVm);
        }
        if told.info.is_folder() {
            self.steps.times.push(Step::Times { path: path.clone(), info: told.info });
        }
        self.begin(&path, part, &told)?;
        self.streams(&told, entry, reader)?;
        self.open = Some(trimmed(&entry.path).to_vec());
        Ok(())
    }

    fn needs_clone(&self) -> bool {
        !self.is_base && self.steps.utility.is_empty()
    }

    fn begin(&mut self, path: &LayerPath, part: Part, told: &Told) -> std::result::Result<(), Trouble> {
        let info = &told.info;
        if self.is_base {
            return Ok(self.disk.begin(Root::Layer, path, info, How::Restored { security: true })?);
        }
        if part == Part::UtilityVm {
            if path.as_str() != "UtilityVM" {
                self.steps.utility.push(Step::Restore { path: path.clone(), info: *info });
            }
            // Of a staged folder only its streams are kept, as those of a transport folder are.
            let staged = if info.is_folder() { path.wcidirs() } else { path.clone() };
            self.make_stage(path, info)?;
            return Ok(self.disk.begin(Root::Stage, &staged, &plain(info), How::Plain)?);
        }
        if info.is_folder() {
            match told.link {
                // Nothing may come to lie in where it leads.
                Some(_) => self.steps.folders.push(Step::Folder(path.clone())),
                None => self.disk.folder(Root::Transport, path)?,
            }
            self.disk.begin(Root::Transport, &path.wcidirs(), &plain(info), How::Plain)?;
        } else if part == Part::Hives {
            return Ok(self.disk.begin(Root::Transport, path, &plain(info), How::Restored { security: false })?);
        } else {
            self.disk.begin(Root::Transport, path, &plain(info), How::Plain)?;
        }
        // The attributes stand before the streams.
        Ok(self.disk.write(&info.attributes.to_le_bytes())?)
    }

    /// Makes a folder of the stage, and those above it that the tar does not speak of.
    fn make_stage(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<()> {
        let folder = if info.is_folder() { Some(path.clone()) } else { path.parent() };
        for missing in self.seen.unstaged(folder) {
            self.disk.folder(Root::Stage, &missing)?;
        }
        Ok(())
    }

    /// Writes all streams but the alternate ones.
    fn streams(&mut self, told: &Told, entry: &Entry, reader: &mut TarReader<'_>) -> std::result::Result<(), Trouble> {
        let security = match &told.security {
            Security::None => Vec::new(),
            Security::Raw(bytes) => bytes.clone(),
            Security::Sddl(text) => self.disk.descriptor(text)?,
        };
        let mut out = StreamWriter::new(Out(self.disk));
        out.small(StreamKind::Security, &security)?;
        out.small(StreamKind::Ea, &attributes(&told.attributes)?)?;
        if let Some(link) = &told.link {
            out.small(StreamKind::Reparse, &link.encode()?)?;
        }
        match &entry.kind {
            Kind::File { size, pieces: None } => {
                self.bytes += size;
                out.begin(&StreamHeader::new(StreamKind::Data, *size))?;
                copy(reader, &mut out, *size)?;
            }
            Kind::File { size, pieces: Some(pieces) } => {
                self.bytes += pieces.iter().map(|piece| piece.len).sum::<u64>();
                sparse(*size, pieces, reader, &mut out)?;
            }
            _ => {}
        }
        out.finish()?;
        Ok(())
    }

    fn alternate(&mut self, name: &str, entry: &Entry, reader: &mut TarReader<'_>) -> std::result::Result<(), Trouble> {
        let Kind::File { size, pieces: None } = entry.kind else {
            return Err(Trouble::Refused("a stream beside a file's content has no holes"));
        };
        self.bytes += size;
        let mut out = StreamWriter::new(Out(self.disk));
        out.begin(&StreamHeader::alternate(name, size))?;
        copy(reader, &mut out, size)?;
        out.finish()?;
        Ok(())
    }

    fn link(&mut self, path: LayerPath, target: &[u8]) -> std::result::Result<(), Trouble> {
        let target = LayerPath::of(target, &self.limits)?;
        let (part, target_part) = (path.part()?, target.part()?);
        if part == Part::Hives || target_part == Part::Hives || path.is_part() || target.is_part() {
            return Err(Trouble::Refused("only files below Files and UtilityVM\\Files have further names"));
        }
        let below = match self.seen.get(&target) {
            Some(Is::File) => false,
            Some(Is::Folder | Is::Elsewhere) => return Err(Trouble::Refused("only files have further names")),
            None if self.is_base => return Err(Trouble::Refused("what it is a further name of is not in the layer")),
            // All of the virtual machine's files are in the layer's own folder.
            None => target_part == Part::Files,
        };
        self.seen.add(&path, Is::File, !self.is_base && part == Part::UtilityVm)?;
        if part == Part::UtilityVm && self.needs_clone() {
            self.steps.utility.push(Step::CloneUtilityVm);
        }
        self.steps.links.push(Step::Link { path, target, below });
        Ok(())
    }

    fn whiteout(&mut self, path: &LayerPath, gone: &str) -> std::result::Result<(), Trouble> {
        let path = path.renamed(gone)?;
        if self.is_base {
            return Err(Trouble::Refused("the lowest layer has nothing to delete"));
        }
        if path.is_part() || gone.starts_with(WHITEOUT) {
            return Err(Trouble::Refused("that cannot be deleted"));
        }
        match path.part()? {
            Part::Files => self.steps.removals.push(path),
            Part::UtilityVm => {
                if self.needs_clone() {
                    self.steps.utility.push(Step::CloneUtilityVm);
                }
                self.steps.utility.push(Step::Remove { path, must_be: true });
            }
            Part::Hives => return Err(Trouble::Refused("hives cannot be deleted")),
        }
        Ok(())
    }

    fn close(&mut self) -> std::result::Result<(), Trouble> {
        if self.open.take().is_some() {
            self.disk.end()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Imported> {
        let removals = std::mem::take(&mut self.steps.removals);
        let mut gone = Vec::new();
        for path in removals {
            match self.seen.get(&path) {
                None => gone.push(Step::Remove { path, must_be: false }),
                // It takes the place of what was there.
                Some(Is::File | Is::Elsewhere) => {}
                Some(Is::Folder) => {
                    let why = Trouble::Refused("a folder is deleted and made again in the same layer");
                    return Err(why.on("import", path.as_str().as_bytes()));
                }
            }
        }
        let Steps { utility, folders, links, mut times, .. } = self.steps;
        // What is inside of a folder comes after it in the tar, so the innermost is last.
        times.reverse();
        let has_utility_vm = self.seen.has_utility_vm() || !utility.is_empty();
        let (import, base): (&[Step], &[Step]) =
            if self.is_base { (&[], &[Step::SetUpBase]) } else { (&[Step::Import], &[]) };
        let mut steps = [utility, folders, import.to_vec(), gone, links, times, base.to_vec()].concat();
        if has_utility_vm {
            steps.push(Step::SetUpUtilityVm);
        }
        Ok(Imported { bytes: self.bytes, steps })
    }
}

/// The disk as something to write to.
struct Out<'d>(&'d mut dyn LayerDisk);

impl Write for Out<'_> {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        self.0.write(some).map(|()| some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Times only: attributes that a file of the transport folder had itself would be in the way.
fn plain(info: &BasicInfo) -> BasicInfo {
    BasicInfo { attributes: 0, ..*info }
}

/// An entry's path without the slash of a folder's.
fn trimmed(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

fn copy(
    reader: &mut TarReader<'_>,
    out: &mut StreamWriter<Out<'_>>,
    mut left: u64,
) -> std::result::Result<(), Trouble> {
    while left > 0 {
        let some = reader.data()?;
        let step = some.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        out.data(&some[..step])?;
        reader.consume(step)?;
        left -= step as u64;
    }
    Ok(())
}

/// A file with holes: content of no bytes, then its pieces, then its end.
fn sparse(
    size: u64,
    pieces: &[Piece],
    reader: &mut TarReader<'_>,
    out: &mut StreamWriter<Out<'_>>,
) -> std::result::Result<(), Trouble> {
    out.begin(&StreamHeader { attributes: STREAM_SPARSE, ..StreamHeader::new(StreamKind::Data, 0) })?;
    for piece in pieces.iter().filter(|piece| piece.len > 0) {
        out.begin(&StreamHeader::sparse_block(piece.at, piece.len))?;
        copy(reader, out, piece.len)?;
    }
    Ok(out.begin(&StreamHeader::sparse_block(size, 0))?)
}
