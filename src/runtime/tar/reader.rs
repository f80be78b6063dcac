//! Reads a tar entry by entry, within limits, from a stream that only goes forward. Knows no file system.

use std::io::{BufRead, BufReader, Read};

use tar::{GnuExtSparseHeader, Header};

use super::{
    BLOCK, Entry, Kind, Limits, Meta, Piece, TarError, VENDORS, number,
    pax::{self, Records},
    sparse::{self, Sparse},
    text,
};

/// Bytes read at once: as much as a pipe or a decompressor gives.
const BUFFER: usize = 128 << 10;

/// A tar being read.
pub(crate) struct TarReader<'r> {
    input: BufReader<&'r mut dyn Read>,
    limits: Limits,
    /// Bytes taken from the stream.
    taken: u64,
    entries: u64,
    /// Bytes of the present entry's data still in the stream, and of the padding after it.
    left: u64,
    padding: u64,
    /// Whether the mark at its end must be there: nothing else tells that all of it is.
    whole: bool,
}

/// What stands before an entry to tell more of it.
#[derive(Default)]
struct Extras {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    records: Option<Records>,
}

impl<'r> TarReader<'r> {
    pub(crate) fn new(input: &'r mut dyn Read, limits: Limits) -> Self {
        let input = BufReader::with_capacity(BUFFER, input);
        Self { input, limits, taken: 0, entries: 0, left: 0, padding: 0, whole: false }
    }

    /// One that is refused when the stream ends without a tar's mark for that. Layers have digests instead, and some
    /// have no mark.
    pub(crate) fn whole(input: &'r mut dyn Read, limits: Limits) -> Self {
        Self { whole: true, ..Self::new(input, limits) }
    }

    /// The next entry; what of the last one's data was not taken is passed over. `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, TarError> {
        let mut extras = Extras::default();
        loop {
            self.pass(self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let Some(header) = self.header()? else { return Ok(None) };
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(TarError::Limit { what: "entries", limit: self.limits.entries });
            }
            match header.as_old().linkflag[0] {
                b'x' | b'X' => set(&mut extras.records, pax::read(&self.extension(&header)?)?)?,
                b'L' => set(&mut extras.path, text(&self.extension(&header)?).to_vec())?,
                b'K' => set(&mut extras.target, text(&self.extension(&header)?).to_vec())?,
                // Global records and volume names tell nothing of files; Docker passes over them, too.
                b'g' | b'V' => {
                    let size = size(&header)?;
                    self.data_follows(size);
                }
                flag => return self.entry(&header, flag, extras).map(Some),
            }
        }
    }

    /// Some of the present entry's stored data; empty at its end.
    pub(crate) fn data(&mut self) -> Result<&[u8], TarError> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let some = self.input.fill_buf().map_err(TarError::Read)?;
        if some.is_empty() { Err(TarError::BreaksOff) } else { Ok(&some[..some.len().min(left)]) }
    }

    /// Says that so much of what [`Self::data`] gave is done with.
    pub(crate) fn consume(&mut self, count: usize) -> Result<(), TarError> {
        self.input.consume(count);
        self.left = self.left.saturating_sub(count as u64);
        self.count(count as u64)
    }

    /// Reads what comes after the end, for a layer's digest is over all of it.
    pub(crate) fn drain(&mut self) -> Result<(), TarError> {
        loop {
            let count = self.input.fill_buf().map_err(TarError::Read)?.len();
            if count == 0 {
                return Ok(());
            }
            self.input.consume(count);
            self.count(count as u64)?;
        }
    }

    fn count(&mut self, bytes: u64) -> Result<(), TarError> {
        self.taken += bytes;
        if self.taken > self.limits.bytes {
            return Err(TarError::Limit { what: "bytes", limit: self.limits.bytes });
        }
        Ok(())
    }

    fn data_follows(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn pass(&mut self, mut bytes: u64) -> Result<(), TarError> {
        while bytes > 0 {
            let some = self.input.fill_buf().map_err(TarError::Read)?.len();
            if some == 0 {
                return Err(TarError::BreaksOff);
            }
            let step = some.min(usize::try_from(bytes).unwrap_or(usize::MAX));
            self.input.consume(step);
            self.count(step as u64)?;
            bytes -= step as u64;
        }
        Ok(())
    }

    /// Fills a block; false where the stream ends before it.
    fn block(&mut self, block: &mut [u8]) -> Result<bool, TarError> {
        let mut filled = 0;
        while filled < block.len() {
            let some = self.input.fill_buf().map_err(TarError::Read)?;
            if some.is_empty() {
                return if filled == 0 { Ok(false) } else { Err(TarError::BreaksOff) };
            }
            let step = some.len().min(block.len() - filled);
            block[filled..filled + step].copy_from_slice(&some[..step]);
            self.input.consume(step);
            filled += step;
        }
        self.count(filled as u64)?;
        Ok(true)
    }

    /// The next header; `None` at two blocks of zeros, or where the stream ends.
    fn header(&mut self) -> Result<Option<Header>, TarError> {
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? {
            return if self.whole { Err(TarError::BreaksOff) } else { Ok(None) };
        }
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            let mut second = [0; BLOCK];
            self.block(&mut second)?;
            return if second == [0; BLOCK] { Ok(None) } else { Err(TarError::LoneZeros) };
        }
        let bytes = header.as_bytes();
        let field = 148..156;
        let rest = bytes[..field.start].iter().chain(&bytes[field.end..]);
        // The field itself counts as eight spaces.
        let sum = rest.map(|byte| i64::from(*byte)).sum::<i64>() + 8 * 32;
        if number(&bytes[field], "checksum")? == sum { Ok(Some(header)) } else { Err(TarError::Checksum) }
    }

    /// The body of an extension header.
    fn extension(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let size = size(header)?;
        if size > self.limits.extension {
            return Err(TarError::Limit { what: "bytes in an extended header", limit: self.limits.extension });
        }
        self.data_follows(size);
        let mut body = vec![0; usize::try_from(size).unwrap_or_default()];
        if !self.block(&mut body)? && size > 0 {
            return Err(TarError::BreaksOff);
        }
        self.left = 0;
        Ok(body)
    }

    fn entry(&mut self, header: &Header, flag: u8, extras: Extras) -> Result<Entry, TarError> {
        let old = header.as_old();
        let mut told = Told::of(extras.records.unwrap_or_default(), &self.limits)?;
        let target = told.target.take().or(extras.target).unwrap_or_else(|| text(&old.linkname).to_vec());
        let path = told.sparse.name.take().or(told.path.take()).or(extras.path);
        let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = match flag {
            b'0' | b'7' => self.file(header, &mut told)?,
            0 if !path.ends_with(b"/") => self.file(header, &mut told)?,
            b'S' => self.old_sparse(header, &told)?,
            b'1' => Kind::Link(target),
            b'2' => Kind::Symlink(target),
            b'3' => device(header, Kind::Char)?,
            b'4' => device(header, Kind::Block)?,
            b'5' | 0 => Kind::Folder,
            b'6' => Kind::Fifo,
            flag => return Err(TarError::Unknown(flag)),
        };
        let meta = Meta {
            mode: (number(&old.mode, "mode")? & 0o7777) as u32,
            uid: told.uid.map_or_else(|| id(&old.uid, "owner"), Ok)?,
            gid: told.gid.map_or_else(|| id(&old.gid, "group"), Ok)?,
            mtime: told.mtime.map_or_else(|| number(&old.mtime, "time").map(|seconds| (seconds, 0)), Ok)?,
            xattrs: told.xattrs,
            vendor: told.vendor,
        };
        Ok(Entry { path, kind, meta })
    }

    fn file(&mut self, header: &Header, told: &mut Told) -> Result<Kind, TarError> {
        let stored = told.size.map_or_else(|| size(header), Ok)?;
        self.data_follows(stored);
        let Some(size) = told.sparse.size else { return Ok(Kind::File { size: stored, pieces: None }) };
        let pieces = if told.sparse.in_data { self.map()? } else { std::mem::take(&mut told.sparse.pieces) };
        sparse::check(&pieces, size, self.left)?;
        Ok(Kind::File { size, pieces: Some(pieces) })
    }

    /// The map before a sparse file's data: numbers in lines, the count of pieces first, padded to a block.
    fn map(&mut self) -> Result<Vec<Piece>, TarError> {
        let mut numbers = Vec::new();
        let mut digits = Vec::new();
        let mut wanted = None;
        while wanted != Some(numbers.len() as u64) {
            let mut block = [0; BLOCK];
            if self.left < BLOCK as u64 || !self.block(&mut block)? {
                return Err(TarError::Sparse("its map breaks off"));
            }
            self.left -= BLOCK as u64;
            for byte in block {
                if wanted == Some(numbers.len() as u64) {
                    break;
                }
                if byte != b'\n' {
                    digits.push(byte);
                    continue;
                }
                let found = pax::decimal(&digits).ok_or(TarError::Sparse("a number is none"))?;
                digits.clear();
                match wanted {
                    None if found > self.limits.pieces as u64 => {
                        let limit = self.limits.pieces as u64;
                        return Err(TarError::Limit { what: "pieces of a sparse file", limit });
                    }
                    None => wanted = Some(found * 2),
                    Some(_) => numbers.push(found),
                }
            }
            if digits.len() > 20 {
                return Err(TarError::Sparse("a number is none"));
            }
        }
        sparse::pairs(&numbers, &self.limits)
    }

    fn old_sparse(&mut self, header: &Header, told: &Told) -> Result<Kind, TarError> {
        let gnu = header.as_gnu().ok_or(TarError::Sparse("its header is none of GNU tar"))?;
        let mut pieces = Vec::new();
        sparse::take_old(&mut pieces, &gnu.sparse, &self.limits)?;
        let mut more = gnu.is_extended();
        while more {
            let mut block = GnuExtSparseHeader::new();
            if !self.block(block.as_mut_bytes())? {
                return Err(TarError::BreaksOff);
            }
            sparse::take_old(&mut pieces, &block.sparse, &self.limits)?;
            more = block.is_extended();
        }
        let stored = told.size.map_or_else(|| size(header), Ok)?;
        self.data_follows(stored);
        let size = sparse::old_size(gnu)?;
        sparse::check(&pieces, size, stored)?;
        Ok(Kind::File { size, pieces: Some(pieces) })
    }
}

/// What PAX records tell of an entry.
#[derive(Default)]
struct Told {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime: Option<(i64, u32)>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    vendor: Vec<(Vec<u8>, Vec<u8>)>,
    sparse: Sparse,
}

impl Told {
    fn of(records: Records, limits: &Limits) -> Result<Self, TarError> {
        let mut told = Self::default();
        for (key, value) in records {
            let count = |what| pax::decimal(&value).ok_or(TarError::Number(what));
            let id = |what| count(what).and_then(|id| valid_id(id, what));
            match key.as_slice() {
                // An empty value takes back what a global header has said; none is heard here.
                _ if value.is_empty() && !key.starts_with(b"SCHILY.xattr.") => {}
                b"path" => told.path = Some(value),
                b"linkpath" => told.target = Some(value),
                b"size" => told.size = Some(count("size")?),
                b"uid" => told.uid = Some(id("owner")?),
                b"gid" => told.gid = Some(id("group")?),
                b"mtime" => told.mtime = Some(pax::time(&value).ok_or(TarError::Number("time"))?),
                key => {
                    if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                        if value.len() > limits.attribute {
                            let limit = limits.attribute as u64;
                            return Err(TarError::Limit { what: "bytes in an attribute", limit });
                        }
                        told.xattrs.push((name.to_vec(), value));
                    } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                        told.sparse.take(key, &value, limits)?;
                    } else if VENDORS.iter().any(|vendor| key.starts_with(vendor)) {
                        told.vendor.push((key.to_vec(), value));
                    }
                }
            }
        }
        Ok(told)
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), TarError> {
    if slot.replace(value).is_some() { Err(TarError::Twice) } else { Ok(()) }
}

fn size(header: &Header) -> Result<u64, TarError> {
    // Kept below where padding and sums of it would overflow.
    let size = number(&header.as_old().size, "size")?;
    u64::try_from(size).ok().filter(|size| *size < 1 << 62).ok_or(TarError::Number("size"))
}

fn id(field: &[u8], what: &'static str) -> Result<u32, TarError> {
    u64::try_from(number(field, what)?).map_err(|_| TarError::Number(what)).and_then(|id| valid_id(id, what))
}

/// The highest number means "leave it as it is" to `chown`.
fn valid_id(id: u64, what: &'static str) -> Result<u32, TarError> {
    u32::try_from(id).ok().filter(|id| *id != u32::MAX).ok_or(TarError::Number(what))
}

fn device(header: &Header, kind: fn(u32, u32) -> Kind) -> Result<Kind, TarError> {
    let wrong = || TarError::Number("device");
    // Both fields have their place in either form of header, and none in the oldest.
    let ustar = header.as_ustar().map(|header| (&header.dev_major, &header.dev_minor));
    let gnu = header.as_gnu().map(|header| (&header.dev_major, &header.dev_minor));
    let (major, minor) = ustar.or(gnu).ok_or_else(wrong)?;
    let number = |field| number(field, "device").and_then(|number| u32::try_from(number).map_err(|_| wrong()));
    Ok(kind(number(major)?, number(minor)?))
}
