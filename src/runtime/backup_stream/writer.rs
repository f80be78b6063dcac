//! Writes a file as a row of streams. Knows not what is in them.

use std::io::{self, Write};

use super::{NAME, StreamHeader, StreamKind, too_long, utf16};

/// A row of streams being written.
pub struct StreamWriter<W> {
    out: W,
    left: u64,
}

impl<W: Write> StreamWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, left: 0 }
    }

    /// Begins a stream; as many bytes as it tells follow through [`Self::data`].
    ///
    /// # Errors
    /// When the stream before has not all of its bytes, the name is too long, or the sink fails.
    pub fn begin(&mut self, header: &StreamHeader) -> io::Result<()> {
        self.whole()?;
        let name = utf16(&header.name);
        if name.len() > NAME {
            return Err(too_long("the name of a stream"));
        }
        // A sparse block's own place counts as data of it.
        let place: &[u8] = if header.kind == StreamKind::SparseBlock { &header.offset.to_le_bytes() } else { &[] };
        let size = header.size.checked_add(place.len() as u64).ok_or_else(|| too_long("a stream"))?;
        self.out.write_all(&(header.kind as u32).to_le_bytes())?;
        self.out.write_all(&header.attributes.to_le_bytes())?;
        self.out.write_all(&size.to_le_bytes())?;
        self.out.write_all(&(name.len() as u32).to_le_bytes())?;
        self.out.write_all(&name)?;
        self.out.write_all(place)?;
        self.left = header.size;
        Ok(())
    }

    /// Writes some of the present stream's bytes.
    ///
    /// # Errors
    /// When they are more than its header told, or the sink fails.
    pub fn data(&mut self, some: &[u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(some.len() as u64).ok_or_else(|| too_long("the content of a stream"))?;
        self.out.write_all(some)
    }

    /// A stream of these bytes; nothing where there are none.
    ///
    /// # Errors
    /// As [`Self::begin`] and [`Self::data`].
    pub fn small(&mut self, kind: StreamKind, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.begin(&StreamHeader::new(kind, bytes.len() as u64))?;
        self.data(bytes)
    }

    /// Ends the row.
    ///
    /// # Errors
    /// When the last stream has not all of its bytes.
    pub fn finish(self) -> io::Result<W> {
        self.whole()?;
        Ok(self.out)
    }

    fn whole(&self) -> io::Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        let why = format!("{} bytes are missing in a stream", self.left);
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}
