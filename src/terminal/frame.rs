//! Collects what is drawn and sends it in one piece, so that no terminal ever shows half a frame.
//! Must not know what is drawn.

use std::io::{self, Write};

/// Begin and end of a synchronized update (mode 2026); a terminal that does not know it ignores it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The most memory that is kept from one frame to the next, in bytes.
const KEPT: usize = 64 * 1024;

/// A frame in the making. Flushing it does nothing: it is sent when it is whole.
#[derive(Debug, Default)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// Sends what was drawn since the last time in a single write; nothing if nothing was.
    ///
    /// # Errors
    /// When the terminal cannot be written to: it may be gone.
    pub fn present(&mut self) -> io::Result<()> {
        self.present_to(&mut output()?)
    }

    fn present_to(&mut self, output: &mut impl Write) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.extend_from_slice(END);
        let sent = output.write_all(&self.0).and_then(|()| output.flush());
        self.0.clear();
        self.0.shrink_to(KEPT);
        sent
    }

    /// Puts a sequence into the frame that draws nothing, such as one of [`super::clipboard`].
    pub fn push(&mut self, sequence: &str) {
        self.add(sequence.as_bytes());
    }

    /// Whether nothing was drawn since it was last sent.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was drawn, instead of sending it.
    #[cfg(test)]
    pub(super) fn take(&mut self) -> Vec<u8> {
        let drawn = std::mem::take(&mut self.0);
        drawn.strip_prefix(BEGIN).map(<[u8]>::to_vec).unwrap_or(drawn)
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.0.is_empty() {
            self.0.extend_from_slice(BEGIN);
        }
        self.0.extend_from_slice(bytes);
    }
}

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            self.add(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal without the standard library's line buffer, which would cut a frame at its last newline.
#[cfg(unix)]
fn output() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Only the standard library's own output turns UTF-8 into what the Windows console shows.
#[cfg(windows)]
fn output() -> io::Result<io::StdoutLock<'static>> {
    Ok(io::stdout().lock())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers each write.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_between_begin_and_end_however_often_it_is_flushed() {
        let mut frame = Frame::default();
        let mut writes = Writes::default();
        for piece in ["one\n", "two\n", "three"] {
            frame.write_all(piece.as_bytes()).unwrap();
            frame.flush().unwrap();
        }
        frame.present_to(&mut writes).unwrap();
        assert_eq!(writes.0, [b"\x1b[?2026hone\ntwo\nthree\x1b[?2026l".to_vec()]);
    }

    #[test]
    fn no_byte_is_sent_when_nothing_was_drawn() {
        let mut frame = Frame::default();
        let mut writes = Writes::default();
        frame.write_all(b"").unwrap();
        frame.present_to(&mut writes).unwrap();
        frame.push("x");
        frame.present_to(&mut writes).unwrap();
        frame.present_to(&mut writes).unwrap();
        assert_eq!(writes.0.len(), 1);
    }

    #[test]
    fn a_terminal_that_is_gone_is_an_error_and_no_panic() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut frame = Frame::default();
        frame.push("x");
        assert_eq!(frame.present_to(&mut Gone).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
