//! Reads a row of streams, as `BackupRead` or a file of a transport folder gives them. Knows not what is in them.

use std::io::{self, Read};

use super::{HEADER, NAME, StreamHeader, StreamKind, field, from_utf16};

/// Why a row of streams is refused.
#[derive(Debug, thiserror::Error)]
pub enum StreamTrouble {
    /// The source fails.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// It ends within a header or a stream.
    #[error("a backup stream breaks off in the middle")]
    BreaksOff,
    /// No kind of stream has this number.
    #[error("streams of kind {0} are unknown")]
    Unknown(u32),
    /// A name is too long, no text, or on a stream that has none.
    #[error("a stream has a wrong name")]
    Name,
    /// A header tells what cannot be.
    #[error("the header of a stream is wrong")]
    Header,
    /// More bytes than are taken into memory.
    #[error("a stream has {0} bytes, more than it may have")]
    Large(u64),
}

/// A row of streams being read.
pub struct StreamReader<R> {
    input: R,
    left: u64,
}

impl<R: Read> StreamReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self { input, left: 0 }
    }

    /// The next stream's header; what of the last one was not taken is passed over. `None` at the end.
    ///
    /// # Errors
    /// When the source fails or is no row of streams.
    pub fn next_stream(&mut self) -> Result<Option<StreamHeader>, StreamTrouble> {
        self.pass()?;
        let mut head = [0; HEADER];
        if !self.fill(&mut head)? {
            return Ok(None);
        }
        let number = |at| field(&head, at).map(u32::from_le_bytes).ok_or(StreamTrouble::Header);
        let id = number(0)?;
        let kind = StreamKind::of(id).ok_or(StreamTrouble::Unknown(id))?;
        let mut size = field(&head, 8).map(u64::from_le_bytes).ok_or(StreamTrouble::Header)?;
        let name = self.name(kind, number(16)? as usize)?;
        let mut offset = 0;
        if kind == StreamKind::SparseBlock {
            let mut place = [0; 8];
            size = size.checked_sub(place.len() as u64).ok_or(StreamTrouble::Header)?;
            self.whole(&mut place)?;
            offset = u64::from_le_bytes(place);
        }
        self.left = size;
        Ok(Some(StreamHeader { kind, attributes: number(4)?, size, name, offset }))
    }

    /// Some of the present stream's bytes into `room`; 0 at its end.
    ///
    /// # Errors
    /// When the source fails or ends early.
    pub fn data(&mut self, room: &mut [u8]) -> Result<usize, StreamTrouble> {
        let most = room.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = read(&mut self.input, &mut room[..most])?;
        self.left -= count as u64;
        if count == 0 { Err(StreamTrouble::BreaksOff) } else { Ok(count) }
    }

    /// All of the present stream's bytes, of which there may be `most`.
    ///
    /// # Errors
    /// As [`Self::data`]; [`StreamTrouble::Large`] for more.
    pub fn small(&mut self, most: u64) -> Result<Vec<u8>, StreamTrouble> {
        if self.left > most {
            return Err(StreamTrouble::Large(self.left));
        }
        let mut bytes = vec![0; usize::try_from(self.left).unwrap_or_default()];
        self.whole(&mut bytes)?;
        self.left = 0;
        Ok(bytes)
    }

    fn name(&mut self, kind: StreamKind, length: usize) -> Result<String, StreamTrouble> {
        if length == 0 {
            return Ok(String::new());
        }
        if length > NAME || kind != StreamKind::Alternate {
            return Err(StreamTrouble::Name);
        }
        let mut name = vec![0; length];
        self.whole(&mut name)?;
        from_utf16(&name).ok_or(StreamTrouble::Name)
    }

    fn pass(&mut self) -> Result<(), StreamTrouble> {
        let mut room = [0; 4096];
        while self.data(&mut room)? > 0 {}
        Ok(())
    }

    fn whole(&mut self, room: &mut [u8]) -> Result<(), StreamTrouble> {
        if self.fill(room)? || room.is_empty() { Ok(()) } else { Err(StreamTrouble::BreaksOff) }
    }

    /// Fills `room`; false where the source ends before it.
    fn fill(&mut self, room: &mut [u8]) -> Result<bool, StreamTrouble> {
        let mut filled = 0;
        while filled < room.len() {
            match read(&mut self.input, &mut room[filled..])? {
                0 if filled == 0 => return Ok(false),
                0 => return Err(StreamTrouble::BreaksOff),
                count => filled += count,
            }
        }
        Ok(filled > 0)
    }
}

fn read(input: &mut impl Read, room: &mut [u8]) -> Result<usize, StreamTrouble> {
    loop {
        match input.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(StreamTrouble::Read),
        }
    }
}
