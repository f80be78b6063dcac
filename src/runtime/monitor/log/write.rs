//! Writing a log with its rotation. Knows no reader.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::{SecondsFormat, Utc};

use super::{Entry, numbers, path};
use crate::model::Stream;

/// Bytes of one entry's text at most; Docker's figure.
const LONGEST: usize = 16 * 1024;

/// A log that is being written.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    size: u64,
    files: u32,
    number: u64,
    file: File,
    written: u64,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Writer {
    /// Goes on with the log in `folder`, or begins one: files of `size` bytes at most, `files` of them at most.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(folder: &Path, size: u64, files: u32) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let number = numbers(folder)?.last().copied().unwrap_or(1);
        let file = File::options().create(true).append(true).open(path(folder, number))?;
        let written = file.metadata()?.len();
        let (out, err) = (Vec::new(), Vec::new());
        Ok(Self { folder: folder.into(), size, files: files.max(1), number, file, written, out, err })
    }

    /// Takes what was printed; writes the lines that are whole now.
    ///
    /// # Errors
    /// What the system says; what was printed is lost for the log then.
    pub fn push(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let mut held = std::mem::take(self.held(stream));
        held.extend(bytes);
        let mut entries = Vec::new();
        let mut rest = held.as_slice();
        while let Some(cut) = cut(rest) {
            let (line, after) = rest.split_at(cut);
            entry(&mut entries, stream, line)?;
            rest = after;
        }
        let kept = rest.len();
        held.drain(..held.len() - kept);
        // A silent stream shall not hold the space of its longest line for ever.
        if held.is_empty() {
            held = Vec::new();
        }
        *self.held(stream) = held;
        self.write(&entries)
    }

    /// Writes the last words that no line end followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn end(mut self) -> io::Result<()> {
        let mut entries = Vec::new();
        for stream in [Stream::Out, Stream::Err] {
            let held = std::mem::take(self.held(stream));
            if !held.is_empty() {
                entry(&mut entries, stream, &held)?;
            }
        }
        self.write(&entries)
    }

    fn held(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// Writes entries, as many at once as a file has room for.
    fn write(&mut self, entries: &[u8]) -> io::Result<()> {
        let mut rest = entries;
        while !rest.is_empty() {
            let room = usize::try_from(self.size.saturating_sub(self.written)).unwrap_or(usize::MAX);
            let fits = if rest.len() <= room { rest.len() } else { whole_entries(rest, room) };
            if fits == 0 && self.written > 0 {
                self.rotate()?;
                continue;
            }
            // An entry that no file has room for has one of its own.
            let fits = if fits == 0 {
                rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
            } else {
                fits
            };
            self.file.write_all(&rest[..fits])?;
            self.written += fits as u64;
            rest = &rest[fits..];
        }
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.number += 1;
        self.file = File::options().create(true).append(true).open(path(&self.folder, self.number))?;
        self.written = 0;
        let numbers = numbers(&self.folder)?;
        let kept = usize::try_from(self.files).unwrap_or(usize::MAX);
        for old in numbers.iter().take(numbers.len().saturating_sub(kept)) {
            fs::remove_file(path(&self.folder, *old))?;
        }
        Ok(())
    }
}

/// Bytes of the whole entries among the first `room` bytes.
fn whole_entries(entries: &[u8], room: usize) -> usize {
    entries[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// Where the next line or part of one ends; `None` when its line is not whole yet.
fn cut(bytes: &[u8]) -> Option<usize> {
    match bytes.iter().take(LONGEST).position(|byte| *byte == b'\n') {
        Some(at) => Some(at + 1),
        None if bytes.len() > LONGEST => Some(before_character(bytes)),
        None => None,
    }
}

/// The longest cut that parts no character of UTF-8.
fn before_character(bytes: &[u8]) -> usize {
    let is_inside = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    (LONGEST - 3..=LONGEST).rev().find(|at| !is_inside(bytes[*at])).unwrap_or(LONGEST)
}

fn entry(to: &mut Vec<u8>, stream: Stream, text: &[u8]) -> io::Result<()> {
    let entry = Entry {
        log: String::from_utf8_lossy(text),
        stream: if stream == Stream::Out { "stdout" } else { "stderr" }.into(),
        time: Utc::now().to_rfc3339_opts(SecondsFormat::Nanos, true).into(),
    };
    serde_json::to_writer(&mut *to, &entry)?;
    to.push(b'\n');
    Ok(())
}
