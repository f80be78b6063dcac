//! Maps of sparse files in the four forms that GNU tar has written. Knows no file system.
//!
//! Old GNU headers, and PAX 0.0, 0.1 and 1.0: <https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html>.

use tar::{GnuHeader, GnuSparseHeader};

use super::{Limits, Piece, TarError, number, pax};

/// What the records of a PAX header say about holes.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    /// The file's name; the entry's own is made up then.
    pub(super) name: Option<Vec<u8>>,
    /// The file's size with its holes.
    pub(super) size: Option<u64>,
    /// Its pieces, of forms 0.0 and 0.1.
    pub(super) pieces: Vec<Piece>,
    /// Form 1.0: the map stands before the data.
    pub(super) in_data: bool,
    offset: Option<u64>,
}

impl Sparse {
    /// Takes a record whose key has begun with `GNU.sparse.`.
    pub(super) fn take(&mut self, key: &[u8], value: &[u8], limits: &Limits) -> Result<(), TarError> {
        let count = || pax::decimal(value).ok_or(TarError::Sparse("a number is none"));
        match key {
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(count()?),
            b"major" => self.in_data = count()? == 1,
            b"offset" => self.offset = Some(count()?),
            b"numbytes" => {
                let at = self.offset.take().ok_or(TarError::Sparse("a length without a place"))?;
                push(&mut self.pieces, Piece { at, len: count()? }, limits)?;
            }
            b"map" => {
                let numbers = value.split(|byte| *byte == b',').map(pax::decimal).collect::<Option<Vec<_>>>();
                self.pieces = pairs(&numbers.ok_or(TarError::Sparse("a number is none"))?, limits)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes what an old GNU header, or one of the blocks after it, tells.
pub(super) fn take_old(pieces: &mut Vec<Piece>, from: &[GnuSparseHeader], limits: &Limits) -> Result<(), TarError> {
    for one in from.iter().take_while(|one| one.offset[0] != 0 && one.numbytes[0] != 0) {
        push(pieces, Piece { at: unsigned(&one.offset)?, len: unsigned(&one.numbytes)? }, limits)?;
    }
    Ok(())
}

/// The size with holes that an old GNU header tells.
pub(super) fn old_size(header: &GnuHeader) -> Result<u64, TarError> {
    unsigned(&header.realsize)
}

/// Pieces out of `AT LENGTH AT LENGTH …`.
pub(super) fn pairs(numbers: &[u64], limits: &Limits) -> Result<Vec<Piece>, TarError> {
    let mut pieces = Vec::new();
    for pair in numbers.chunks(2) {
        let [at, len] = pair else { return Err(TarError::Sparse("a place without a length")) };
        push(&mut pieces, Piece { at: *at, len: *len }, limits)?;
    }
    Ok(pieces)
}

/// Holds that pieces follow each other, fit into the file, and are what is stored: no more, no less.
pub(super) fn check(pieces: &[Piece], size: u64, stored: u64) -> Result<(), TarError> {
    let (mut end, mut sum) = (0_u64, 0_u64);
    for piece in pieces {
        if piece.at < end {
            return Err(TarError::Sparse("pieces overlap"));
        }
        end = piece.at.checked_add(piece.len).ok_or(TarError::Sparse("a piece has no end"))?;
        sum += piece.len;
    }
    if end > size {
        return Err(TarError::Sparse("a piece lies behind the end"));
    }
    if sum == stored { Ok(()) } else { Err(TarError::Sparse("more or less is stored than it tells")) }
}

fn push(pieces: &mut Vec<Piece>, piece: Piece, limits: &Limits) -> Result<(), TarError> {
    if pieces.len() >= limits.pieces {
        return Err(TarError::Limit { what: "pieces of a sparse file", limit: limits.pieces as u64 });
    }
    pieces.push(piece);
    Ok(())
}

fn unsigned(field: &[u8]) -> Result<u64, TarError> {
    u64::try_from(number(field, "map of holes")?).map_err(|_| TarError::Sparse("a number is negative"))
}
