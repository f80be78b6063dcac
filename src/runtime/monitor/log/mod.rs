//! A container's log on disk. Knows neither who prints nor who reads.
//!
//! Files are named by a number that grows, and hold a line of JSON for each line that was printed, as Docker's
//! `json-file` has them: `{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.000000006Z"}`. An entry
//! whose text does not end with `\n` goes on in the next one of the same stream: a very long line, or the last words
//! of a process.

mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// An entry.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<'a> {
    log: std::borrow::Cow<'a, str>,
    stream: std::borrow::Cow<'a, str>,
    time: std::borrow::Cow<'a, str>,
}

/// Ends a file's name.
const ENDING: &str = "log";

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.{ENDING}"))
}

/// The numbers of the files that there are, sorted.
fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            numbers.extend(path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogOptions, Stream};

    const ALL: LogOptions = LogOptions { tail: None, since: None, follow: false };

    fn texts(reader: &mut Reader) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let lines = reader.read().unwrap();
            if lines.is_empty() {
                return all;
            }
            all.extend(lines.into_iter().map(|line| line.text));
        }
    }

    fn tail(folder: &Path, lines: u32) -> Vec<String> {
        texts(&mut Reader::open(folder, LogOptions { tail: Some(lines), ..ALL }, None).unwrap())
    }

    #[test]
    fn lines_are_read_as_they_were_printed_however_they_came() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Writer::open(folder.path(), 1 << 20, 2).unwrap();
        log.push(Stream::Out, b"one\ntw").unwrap();
        log.push(Stream::Err, b"\"wrong\"\n").unwrap();
        log.push(Stream::Out, b"o\n\xffthree").unwrap();
        log.end().unwrap();
        let mut reader = Reader::open(folder.path(), ALL, None).unwrap();
        let mut lines = reader.read().unwrap();
        lines.extend(reader.read().unwrap());
        let lines: Vec<_> = lines.iter().map(|line| (line.stream, line.text.as_str())).collect();
        assert_eq!(
            lines,
            [(Stream::Out, "one"), (Stream::Err, "\"wrong\""), (Stream::Out, "two"), (Stream::Out, "\u{fffd}three")]
        );
    }

    #[test]
    fn a_very_long_line_is_cut_on_disk_and_whole_again_when_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Writer::open(folder.path(), 1 << 20, 2).unwrap();
        let long = "ä".repeat(40_000);
        log.push(Stream::Out, format!("{long}\nnext\n").as_bytes()).unwrap();
        assert_eq!(tail(folder.path(), 2), [long, "next".into()]);
        assert_eq!(tail(folder.path(), 1), ["next"]);
    }

    #[test]
    fn the_oldest_files_go_and_a_tail_reaches_over_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Writer::open(folder.path(), 1000, 3).unwrap();
        for number in 0..100 {
            log.push(Stream::Out, format!("line {number}\n").as_bytes()).unwrap();
        }
        assert_eq!(numbers(folder.path()).unwrap().len(), 3);
        let all = texts(&mut Reader::open(folder.path(), ALL, None).unwrap());
        assert!(all.len() < 100 && all.len() > 20, "{} lines", all.len());
        assert_eq!(all.last().unwrap(), "line 99");
        assert_eq!(tail(folder.path(), 20), all[all.len() - 20..]);
        assert_eq!(tail(folder.path(), 1000), all);
        assert!(tail(folder.path(), 0).is_empty());
    }

    #[test]
    fn another_run_goes_on_in_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        for run in ["first\n", "second\n"] {
            let mut log = Writer::open(folder.path(), 1000, 3).unwrap();
            log.push(Stream::Out, run.as_bytes()).unwrap();
            log.end().unwrap();
        }
        assert_eq!(tail(folder.path(), 9), ["first", "second"]);
        assert_eq!(numbers(folder.path()).unwrap(), [1]);
    }

    #[tokio::test]
    async fn a_follower_sees_what_comes_over_rotations_and_ends_with_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Writer::open(folder.path(), 200, 2).unwrap();
        log.push(Stream::Out, b"before\n").unwrap();
        let mut reader = Reader::open(folder.path(), LogOptions { follow: true, tail: Some(0), ..ALL }, None).unwrap();
        let mut seen = Vec::new();
        for number in 0..20 {
            log.push(Stream::Out, format!("{number}\n").as_bytes()).unwrap();
            let lines = reader.follow(|| true).await.unwrap();
            seen.extend(lines.into_iter().map(|line| line.text.parse::<u32>().unwrap()));
        }
        assert_eq!(seen, (0..20).collect::<Vec<_>>());
        assert!(reader.follow(|| false).await.unwrap().is_empty());
    }

    #[test]
    fn only_what_was_printed_in_between_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Writer::open(folder.path(), 1 << 20, 1).unwrap();
        log.push(Stream::Out, b"now\n").unwrap();
        let now = chrono::Utc::now();
        let hour = chrono::TimeDelta::hours(1);
        let read = |since: chrono::DateTime<chrono::Utc>, until| {
            let options = LogOptions { since: Some(since.timestamp()), ..ALL };
            texts(&mut Reader::open(folder.path(), options, Some(until)).unwrap())
        };
        assert_eq!(read(now - hour, now + hour), ["now"]);
        assert!(read(now + hour, now + hour).is_empty());
        assert!(read(now - hour, now - hour).is_empty());
    }
}
