//! Backup streams without `BackupRead` and `BackupWrite`, for tests where they are missing: of a file its content only.
//! In builds with debug assertions, where stand-ins for Windows' DLLs are named.

use std::{
    env,
    fs::File,
    io::{self, Cursor, Read, Write},
};

use crate::runtime::{
    backup_stream::{StreamHeader, StreamKind, StreamReader, StreamWriter},
    windows::load::TEST_DLLS,
};

/// Streams on their way to or from a file.
pub(super) struct Emulated {
    file: File,
    streams: Cursor<Vec<u8>>,
    is_writing: bool,
}

impl Emulated {
    /// Of this file, where stand-ins are used.
    pub(super) fn of(file: &File, is_writing: bool) -> Option<Self> {
        env::var_os(TEST_DLLS)?;
        let file = file.try_clone().ok()?;
        let mut emulated = Self { file, streams: Cursor::default(), is_writing };
        if !is_writing {
            // What cannot be read shows as a file without content.
            emulated.load().ok()?;
        }
        Some(emulated)
    }

    fn load(&mut self) -> io::Result<()> {
        if self.file.metadata()?.is_dir() {
            return Ok(());
        }
        let mut content = Vec::new();
        self.file.read_to_end(&mut content)?;
        let mut out = StreamWriter::new(Vec::new());
        out.begin(&StreamHeader::new(StreamKind::Data, content.len() as u64))?;
        out.data(&content)?;
        self.streams = Cursor::new(out.finish()?);
        Ok(())
    }

    fn store(&mut self) -> io::Result<()> {
        let wrong = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{error}"));
        let mut streams = StreamReader::new(self.streams.get_ref().as_slice());
        while let Some(header) = streams.next_stream().map_err(wrong)? {
            if header.kind == StreamKind::Data {
                let mut room = [0; 4 << 10];
                loop {
                    match streams.data(&mut room).map_err(wrong)? {
                        0 => break,
                        count => self.file.write_all(&room[..count])?,
                    }
                }
            }
        }
        Ok(())
    }
}

impl Read for Emulated {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.streams.read(room)
    }
}

impl Write for Emulated {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        self.streams.get_mut().extend(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        if self.is_writing
            && let Err(error) = self.store()
        {
            tracing::error!(%error, "backup streams of a test are none");
        }
    }
}
