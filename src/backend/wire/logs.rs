//! A container's log as Docker frames it, cut into lines whose text is harmless. Knows no transport.
//!
//! Without a terminal each message is a frame: one byte for the stream, three zeros, the length in four
//! (Docker API, "Stream format"). With one the text comes as it is. Either way each message begins with a time.

use chrono::{DateTime, Utc};

use super::{lenient::moment, sgr::harmless};
use crate::model::{LogLine, Stream};

/// Bytes of one line that are kept.
const LONGEST: usize = 64 << 10;
/// Bytes of a frame's head.
const HEAD: usize = 8;
/// Shown where a line was cut.
const CUT: &str = " …";

/// Reads a log, piece by piece.
#[derive(Default)]
pub(crate) struct LogReader {
    form: Form,
    head: Vec<u8>,
    out: Pending,
    err: Pending,
}

#[derive(Clone, Copy, Default)]
enum Form {
    /// Nothing was read yet.
    #[default]
    Unknown,
    /// A terminal's text, as it is.
    Raw,
    /// Between two frames.
    Between,
    /// In a frame of which so many bytes are to come.
    Frame(Stream, usize),
}

/// A line that has not ended yet.
#[derive(Default)]
struct Pending {
    text: Vec<u8>,
    cut: bool,
    at: Option<DateTime<Utc>>,
    begun: bool,
    /// Whether the next byte begins a message, and so a time.
    message: Option<Vec<u8>>,
}

impl LogReader {
    /// Takes a piece; gives the lines that ended in it.
    pub(crate) fn push(&mut self, mut piece: &[u8]) -> Vec<LogLine> {
        let mut lines = Vec::new();
        while !piece.is_empty() {
            piece = match self.form {
                Form::Raw => {
                    self.out.push(piece, Stream::Out, &mut lines);
                    &[]
                }
                Form::Frame(stream, left) => {
                    let (now, rest) = piece.split_at(left.min(piece.len()));
                    self.pending(stream).push(now, stream, &mut lines);
                    self.form = if now.len() == left { Form::Between } else { Form::Frame(stream, left - now.len()) };
                    rest
                }
                Form::Unknown | Form::Between => self.head(piece, &mut lines),
            };
        }
        lines
    }

    /// Gives the lines that have not ended when the log does.
    pub(crate) fn finish(mut self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        if !self.head.is_empty() {
            let rest = std::mem::take(&mut self.head);
            self.out.push(&rest, Stream::Out, &mut lines);
        }
        self.out.end(Stream::Out, &mut lines);
        self.err.end(Stream::Err, &mut lines);
        lines
    }

    fn pending(&mut self, stream: Stream) -> &mut Pending {
        if stream == Stream::Err { &mut self.err } else { &mut self.out }
    }

    /// Takes bytes of a head. What cannot be one is a terminal's text, and stays so.
    fn head<'a>(&mut self, piece: &'a [u8], lines: &mut Vec<LogLine>) -> &'a [u8] {
        let (now, rest) = piece.split_at((HEAD - self.head.len()).min(piece.len()));
        self.head.extend_from_slice(now);
        if !self.head.iter().take(4).zip([2, 0, 0, 0]).all(|(byte, most)| *byte <= most) {
            self.form = Form::Raw;
            let text = std::mem::take(&mut self.head);
            self.out.push(&text, Stream::Out, lines);
        } else if let [stream, _, _, _, a, b, c, d] = self.head[..] {
            self.head.clear();
            let stream = if stream == 2 { Stream::Err } else { Stream::Out };
            self.form = Form::Frame(stream, u32::from_be_bytes([a, b, c, d]) as usize);
            self.pending(stream).begin();
        }
        rest
    }
}

impl Pending {
    /// A message begins: first comes its time. A long line comes in several messages.
    fn begin(&mut self) {
        self.message = Some(Vec::new());
    }

    fn push(&mut self, bytes: &[u8], stream: Stream, lines: &mut Vec<LogLine>) {
        if !self.begun && self.message.is_none() {
            self.begin();
        }
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            self.text(part);
            if parts.peek().is_some() {
                self.end(stream, lines);
                self.begin();
            }
        }
    }

    fn text(&mut self, part: &[u8]) {
        let Some(stamp) = &mut self.message else {
            return self.keep(part);
        };
        if part.is_empty() {
            return;
        }
        self.begun = true;
        let Some(end) = part.iter().position(|byte| *byte == b' ') else {
            stamp.extend_from_slice(part);
            // No time is that long: there is none.
            if stamp.len() > 64 {
                self.no_stamp(b"");
            }
            return;
        };
        let (now, rest) = part.split_at(end);
        stamp.extend_from_slice(now);
        match std::str::from_utf8(stamp).ok().and_then(moment) {
            Some(at) => {
                self.at.get_or_insert(at);
                self.message = None;
                self.keep(&rest[1..]);
            }
            None => self.no_stamp(rest),
        }
    }

    /// What looked like the begin of a time was text.
    fn no_stamp(&mut self, rest: &[u8]) {
        let text = self.message.take().unwrap_or_default();
        self.keep(&text);
        self.keep(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.text.len());
        self.cut |= bytes.len() > room;
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end(&mut self, stream: Stream, lines: &mut Vec<LogLine>) {
        if !self.begun {
            return;
        }
        // A message without text is only its time.
        match self.message.as_deref().map(|stamp| std::str::from_utf8(stamp).ok().and_then(moment)) {
            Some(Some(at)) => self.at = self.at.or(Some(at)),
            Some(None) => self.no_stamp(b""),
            None => {}
        }
        let mut text = harmless(&String::from_utf8_lossy(&self.text));
        if self.cut {
            text.push_str(CUT);
        }
        lines.push(LogLine { at: self.at, stream, text });
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIME: &str = "2024-05-01T10:00:00.000000001Z";

    fn frame(stream: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0][..], &length, text.as_bytes()].concat()
    }

    fn read(pieces: &[&[u8]]) -> Vec<LogLine> {
        let mut reader = LogReader::default();
        let mut lines: Vec<_> = pieces.iter().flat_map(|piece| reader.push(piece)).collect();
        lines.extend(reader.finish());
        lines
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn frames_tell_the_stream_and_the_time() {
        let log = [frame(1, &format!("{TIME} hello world\n")), frame(2, &format!("{TIME} \n")), frame(2, "no time\n")];
        let lines = read(&[&log.concat()]);
        assert_eq!(texts(&lines), ["hello world", "", "no time"]);
        assert_eq!((lines[0].stream, lines[1].stream), (Stream::Out, Stream::Err));
        assert!(lines[0].at.is_some() && lines[1].at.is_some() && lines[2].at.is_none());
    }

    #[test]
    fn a_line_in_several_messages_is_one_line() {
        let log = [frame(1, &format!("{TIME} long ")), frame(1, &format!("{TIME} line\n"))].concat();
        assert_eq!(texts(&read(&[&log])), ["long line"]);
    }

    #[test]
    fn a_terminal_s_text_comes_as_it_is() {
        let log = format!("{TIME} one\r\n{TIME} two\r\n{TIME} $ ");
        assert_eq!(texts(&read(&[log.as_bytes()])), ["one", "two", "$ "]);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let long = "x".repeat(LONGEST * 2);
        let lines = read(&[&frame(1, &format!("{TIME} {long}\nnext\n"))]);
        assert_eq!(lines[0].text.len(), LONGEST + CUT.len());
        assert_eq!(lines.len(), 2);
    }

    proptest! {
        #[test]
        fn where_the_pieces_are_cut_does_not_matter(cuts in prop::collection::vec(0usize..140, 0..6)) {
            let log = [frame(1, &format!("{TIME} a b\n")), frame(2, &format!("{TIME} c\n")), frame(1, "d")].concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|at| at.min(log.len())).chain([0, log.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|two| &log[two[0]..two[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[&log]));
        }

        #[test]
        fn no_bytes_upset_it(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
            for line in read(&pieces) {
                prop_assert!(!line.text.contains('\n'));
            }
        }
    }
}
