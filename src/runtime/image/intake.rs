//! Packed layers as they are read: from a download that goes on, digested, unpacked by what they are. Knows neither
//! registries nor folders of layers.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
};

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc;

use super::digest::{Digest, Digester};

/// Bytes read from a packed layer at once.
const BUFFER: usize = 128 << 10;

/// A download as its unpacker reads it: first what lies on disk from the last time, then what comes, which is
/// written to disk on the way. Blocks until something comes.
pub(super) struct Download {
    file: File,
    /// Bytes of an earlier download that are still to be read.
    there: u64,
    /// Bytes that are still missing after those.
    missing: u64,
    more: mpsc::Receiver<Bytes>,
    chunk: Bytes,
}

impl Download {
    /// `file` stands at its beginning and has `there` bytes of `size`.
    pub(super) fn new(file: File, there: u64, size: u64, more: mpsc::Receiver<Bytes>) -> Self {
        Self { file, there, missing: size.saturating_sub(there), more, chunk: Bytes::new() }
    }

    /// The file, when all has been read.
    pub(super) fn into_file(self) -> File {
        self.file
    }

    fn stored(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.there).unwrap_or(usize::MAX).min(into.len());
        let read = self.file.read(&mut into[..most])?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"));
        }
        self.there -= read as u64;
        Ok(read)
    }
}

impl Read for Download {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.there > 0 && !into.is_empty() {
            return self.stored(into);
        }
        if self.chunk.is_empty() && self.missing > 0 {
            let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "the download was broken off");
            self.chunk = self.more.blocking_recv().ok_or_else(broken)?;
            self.missing = self.missing.saturating_sub(self.chunk.len() as u64);
            self.file.write_all(&self.chunk)?;
        }
        let some = self.chunk.len().min(into.len());
        self.chunk.copy_to_slice(&mut into[..some]);
        Ok(some)
    }
}

/// Digests what is read through it, and remembers whether that failed.
pub(super) struct Digested<R> {
    inner: R,
    digester: Digester,
    failed: bool,
}

impl<R: Read> Digested<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, digester: Digester::default(), failed: false }
    }

    /// Whether a read has failed: then it is not the reader of it that is to blame.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Reads what is left; gives the digest of everything and its size.
    pub(super) fn finish(&mut self) -> io::Result<(Digest, u64)> {
        let mut buffer = vec![0; BUFFER];
        while self.read(&mut buffer)? > 0 {}
        Ok(self.digester.clone().finish())
    }

    pub(super) fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(into) {
            Ok(read) => {
                self.digester.update(&into[..read]);
                Ok(read)
            }
            Err(error) => {
                self.failed |= error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}

/// How a layer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes, as media types are often wrong (RFC 1952, 2.3.1; RFC 8878, 3.1.1).
    pub(super) fn of(begin: &[u8]) -> Self {
        match begin {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// The tar in what is packed.
pub(super) enum Unpacked<R: Read> {
    Plain(BufReader<R>),
    Gzip(Box<MultiGzDecoder<BufReader<R>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<R>>>),
}

impl<R: Read> Unpacked<R> {
    /// # Errors
    /// When not even the beginning can be read.
    pub(super) fn new(packed: R) -> io::Result<Self> {
        let mut packed = BufReader::with_capacity(BUFFER, packed);
        Ok(match Packing::of(packed.fill_buf()?) {
            Packing::Plain => Self::Plain(packed),
            Packing::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(packed))),
            Packing::Zstd => Self::Zstd(Box::new(zstd::stream::read::Decoder::with_buffer(packed)?)),
        })
    }

    /// What is packed, read as far as was needed and perhaps a little further.
    pub(super) fn into_packed(self) -> R {
        match self {
            Self::Plain(packed) => packed,
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
        }
        .into_inner()
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(packed) => packed.read(into),
            Self::Gzip(decoder) => decoder.read(into),
            Self::Zstd(decoder) => decoder.read(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn whatever_it_is_packed_in_the_tar_comes_out() {
        let tar = b"what would be a tar".repeat(1000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).unwrap();
        let zstd = zstd::encode_all(&tar[..], 1).unwrap();
        for packed in [tar.clone(), gzip.finish().unwrap(), zstd, Vec::new()] {
            let mut out = Vec::new();
            Unpacked::new(&packed[..]).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, if packed.is_empty() { Vec::new() } else { tar.clone() });
        }
    }

    #[test]
    fn a_download_goes_on_where_the_file_ends_and_writes_what_comes() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abc").unwrap();
        file.rewind().unwrap();
        let (sender, receiver) = mpsc::channel(4);
        sender.blocking_send(Bytes::from_static(b"de")).unwrap();
        sender.blocking_send(Bytes::from_static(b"f")).unwrap();
        let mut read = Digested::new(Download::new(file, 3, 6, receiver));
        assert_eq!(read.finish().unwrap(), (Digest::of(b"abcdef"), 6));
        let mut file = read.into_inner().into_file();
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(written, "abcdef");
    }

    #[test]
    fn a_download_that_is_broken_off_is_no_end() {
        let (sender, receiver) = mpsc::channel(1);
        sender.blocking_send(Bytes::from_static(b"abc")).unwrap();
        drop(sender);
        let mut read = Digested::new(Download::new(tempfile::tempfile().unwrap(), 0, 6, receiver));
        assert_eq!(read.finish().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(read.has_failed());
    }
}
