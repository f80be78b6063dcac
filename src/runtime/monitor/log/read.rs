//! Reading a log from its end, on and on, over rotations. Knows no writer but by its files.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{Entry, numbers, path};
use crate::model::{LogLine, LogOptions, Stream};

/// Bytes that are read at once.
const BLOCK: u64 = 64 * 1024;
/// How soon a follower sees what was printed, at the latest.
const PAUSE: Duration = Duration::from_millis(50);
/// How an entry looks that ends a line. Inside a text the quotes would be escaped.
const WHOLE: &[u8] = br#"\n","stream":""#;

/// A log that is being read.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    /// The file that is being read; none while there is no log.
    current: Option<(u64, File)>,
    /// Read, and not a whole entry yet.
    bytes: Vec<u8>,
    /// Lines whose end has not come yet.
    open: [Option<LogLine>; 2],
}

impl Reader {
    /// Begins at the place that `options` ask for. A log that there is not yet is an empty one.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(folder: &Path, options: LogOptions, until: Option<DateTime<Utc>>) -> io::Result<Self> {
        let mut reader = Self {
            folder: folder.into(),
            since: options.since.and_then(|since| DateTime::from_timestamp(since, 0)),
            until,
            current: None,
            bytes: Vec::new(),
            open: [None, None],
        };
        let numbers = match numbers(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            numbers => numbers?,
        };
        reader.current = match options.tail {
            Some(lines) => from_end(folder, &numbers, lines)?,
            None => numbers
                .first()
                .map(|first| Ok::<_, io::Error>((*first, File::open(path(folder, *first))?)))
                .transpose()?,
        };
        Ok(reader)
    }

    /// What has been written since the last time, as far as it was read at once; nothing at the present end. Texts
    /// are as they were printed: whoever shows them makes them harmless first.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self) -> io::Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        while lines.is_empty() {
            let read = match &mut self.current {
                Some((_, file)) => file.take(BLOCK).read_to_end(&mut self.bytes)?,
                None => 0,
            };
            if read == 0 && !self.next_file()? {
                // The last words of a process, or a line in the making; the rest of it would come as another line.
                lines.extend(self.open.iter_mut().filter_map(Option::take));
                lines.retain(|line| self.is_wanted(line));
                return Ok(lines);
            }
            self.parse(&mut lines);
        }
        Ok(lines)
    }

    /// The same, but waits until there is something, as long as `alive`; nothing at the end.
    ///
    /// # Errors
    /// What the system says.
    pub async fn follow(&mut self, alive: impl Fn() -> bool) -> io::Result<Vec<LogLine>> {
        loop {
            // Asked before reading: what was printed before the end is read after it.
            let goes_on = alive();
            let lines = self.read()?;
            if !lines.is_empty() || !goes_on {
                return Ok(lines);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Goes to the file after this one, if there is one.
    fn next_file(&mut self) -> io::Result<bool> {
        let numbers = match numbers(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            numbers => numbers?,
        };
        let after = self.current.as_ref().map_or(0, |(number, _)| *number);
        let Some(next) = numbers.into_iter().find(|number| *number > after) else { return Ok(false) };
        // What was appended to the old one between its end and this look is read first.
        if let Some((_, file)) = &mut self.current
            && file.take(BLOCK).read_to_end(&mut self.bytes)? > 0
        {
            return Ok(true);
        }
        self.current = Some((next, File::open(path(&self.folder, next))?));
        Ok(true)
    }

    fn parse(&mut self, lines: &mut Vec<LogLine>) {
        let bytes = std::mem::take(&mut self.bytes);
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // A line that is none was cut by a full disk or a crash; what follows it counts.
            if let Ok(entry) = serde_json::from_slice::<Entry<'_>>(line) {
                lines.extend(self.take(&entry).filter(|line| self.is_wanted(line)));
            }
        }
        self.bytes = bytes[whole..].to_vec();
    }

    /// Adds an entry; gives the line when it is whole.
    fn take(&mut self, entry: &Entry<'_>) -> Option<LogLine> {
        let stream = if entry.stream == "stderr" { Stream::Err } else { Stream::Out };
        let slot = &mut self.open[usize::from(stream == Stream::Err)];
        let at = entry.time.parse().ok();
        let line = slot.get_or_insert_with(|| LogLine { at, stream, text: String::new() });
        let (words, ends) = entry.log.strip_suffix('\n').map_or((&*entry.log, false), |words| (words, true));
        line.text.push_str(words);
        if ends { slot.take() } else { None }
    }

    fn is_wanted(&self, line: &LogLine) -> bool {
        let after = self.since.is_none_or(|since| line.at.is_none_or(|at| at >= since));
        let before = self.until.is_none_or(|until| line.at.is_none_or(|at| at <= until));
        after && before
    }
}

/// The place of the last so many lines, over as many files as it takes.
fn from_end(folder: &Path, numbers: &[u64], lines: u32) -> io::Result<Option<(u64, File)>> {
    let mut missing = lines;
    let mut place = None;
    for number in numbers.iter().rev() {
        let mut file = File::open(path(folder, *number))?;
        let (offset, found) = last_lines(&mut file, missing)?;
        file.seek(SeekFrom::Start(offset))?;
        place = Some((*number, file));
        missing -= found;
        if offset > 0 || missing == 0 {
            break;
        }
    }
    Ok(place)
}

/// Where the last `wanted` lines of a file begin, and how many there are.
fn last_lines(file: &mut File, wanted: u32) -> io::Result<(u64, u32)> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut found = 0;
    // The beginning of an entry whose end is in the block that was read before.
    let mut rest: Vec<u8> = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut block = vec![0; usize::try_from(end - start).unwrap_or(0)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut block)?;
        block.append(&mut rest);
        let mut line_end = block.len();
        while let Some(before) = block[..line_end.saturating_sub(1)].iter().rposition(|byte| *byte == b'\n') {
            if is_whole(&block[before + 1..line_end]) {
                if found == wanted {
                    return Ok((start + line_end as u64, found));
                }
                found += 1;
            }
            line_end = before + 1;
        }
        rest = block[..line_end].to_vec();
        end = start;
    }
    if is_whole(&rest) {
        if found == wanted {
            return Ok((rest.len() as u64, found));
        }
        found += 1;
    }
    Ok((0, found))
}

fn is_whole(entry: &[u8]) -> bool {
    entry.windows(WHOLE.len()).any(|window| window == WHOLE)
}
