//! What a monitor and those who are attached to it say to each other, as frames of bytes. Knows no socket.
//!
//! A frame is one byte for its kind, three for the length of its body (big-endian), and the body.

use std::time::Duration;

use crate::{model::Stream, runtime::document::StopOrder};

/// Bytes of a body at most.
pub const LARGEST: usize = 64 * 1024;
/// Bytes before a body.
const HEAD: usize = 4;

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Monitor: the first word to everybody.
    Hello {
        /// Whether the process has a terminal.
        tty: bool,
        /// Bytes it has printed so far.
        printed: u64,
    },
    /// Client: send me what is printed, beginning with this byte as far as it is still kept. A line that was there
    /// before the process is sent everything, unasked.
    Attach {
        /// Counted from the start of the process; [`NOW`] for what comes from now on.
        from: u64,
    },
    /// Monitor: this was printed.
    Output(Stream, Vec<u8>),
    /// Client: type this.
    Input(Vec<u8>),
    /// Client: nothing more will be typed.
    InputEnd,
    /// Client: the terminal has this many columns and rows.
    Resize(u16, u16),
    /// Client: send the process this signal.
    Signal(i32),
    /// Client: do not start the container again once it has ended. Is answered by [`Frame::Noted`].
    Forget,
    /// Client: end the container so. Is answered by [`Frame::Noted`].
    Stop(StopOrder),
    /// Monitor: what was asked for happens now, whether or not anybody waits for it.
    Noted,
    /// Monitor: the process ended with this code, and everything it printed has been sent.
    Exit(i32),
}

/// For [`Frame::Attach`]: nothing of what was printed before.
pub const NOW: u64 = u64::MAX;

/// What is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// Its kind is unknown or its body does not fit its kind.
    #[error("a frame of kind {kind} with a body of {length} bytes makes no sense")]
    Senseless {
        /// Its first byte.
        kind: u8,
        /// The length it says.
        length: usize,
    },
}

impl Frame {
    /// Appends its bytes. Bodies longer than [`LARGEST`] are cut into several frames.
    pub fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::Hello { tty, printed } => {
                head(to, b'H', 9);
                to.push(u8::from(*tty));
                to.extend(printed.to_be_bytes());
            }
            Self::Attach { from } => put(to, b'A', &from.to_be_bytes()),
            Self::Output(Stream::Out, bytes) => put_all(to, b'1', bytes),
            Self::Output(Stream::Err, bytes) => put_all(to, b'2', bytes),
            Self::Input(bytes) => put_all(to, b'0', bytes),
            Self::InputEnd => put(to, b'E', &[]),
            Self::Resize(columns, rows) => {
                head(to, b'W', 4);
                to.extend(columns.to_be_bytes());
                to.extend(rows.to_be_bytes());
            }
            Self::Signal(signal) => put(to, b'S', &signal.to_be_bytes()),
            Self::Forget => put(to, b'F', &[]),
            Self::Stop(order) => {
                head(to, b'T', 13);
                to.extend(order.signal.to_be_bytes());
                to.extend(u64::try_from(order.grace.as_millis()).unwrap_or(u64::MAX).to_be_bytes());
                to.push(u8::from(order.again));
            }
            Self::Noted => put(to, b'N', &[]),
            Self::Exit(code) => put(to, b'X', &code.to_be_bytes()),
        }
    }

    /// Takes the first frame out of what was read; `None` when it is not there as a whole.
    ///
    /// # Errors
    /// When what was read is no frame; nothing that follows can be understood then.
    pub fn decode(from: &mut Vec<u8>) -> Result<Option<Self>, BadFrame> {
        let Some(&[kind, a, b, c]) = from.first_chunk::<HEAD>() else { return Ok(None) };
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let senseless = BadFrame::Senseless { kind, length };
        if length > LARGEST {
            return Err(senseless);
        }
        let Some(body) = from.get(HEAD..HEAD + length) else { return Ok(None) };
        let frame = Self::of(kind, body).ok_or(senseless)?;
        from.drain(..HEAD + length);
        Ok(Some(frame))
    }

    fn of(kind: u8, body: &[u8]) -> Option<Self> {
        Some(match (kind, body) {
            (b'H', [tty @ (0 | 1), printed @ ..]) => {
                Self::Hello { tty: *tty == 1, printed: u64::from_be_bytes(printed.try_into().ok()?) }
            }
            (b'A', body) => Self::Attach { from: u64::from_be_bytes(body.try_into().ok()?) },
            (b'1', body) => Self::Output(Stream::Out, body.to_vec()),
            (b'2', body) => Self::Output(Stream::Err, body.to_vec()),
            (b'0', body) => Self::Input(body.to_vec()),
            (b'E', []) => Self::InputEnd,
            (b'W', &[a, b, c, d]) => Self::Resize(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])),
            (b'S', body) => Self::Signal(i32::from_be_bytes(body.try_into().ok()?)),
            (b'F', []) => Self::Forget,
            (b'T', &[a, b, c, d, ref grace @ .., again @ (0 | 1)]) => Self::Stop(StopOrder {
                signal: i32::from_be_bytes([a, b, c, d]),
                grace: Duration::from_millis(u64::from_be_bytes(grace.try_into().ok()?)),
                again: again == 1,
            }),
            (b'N', []) => Self::Noted,
            (b'X', body) => Self::Exit(i32::from_be_bytes(body.try_into().ok()?)),
            _ => return None,
        })
    }
}

fn head(to: &mut Vec<u8>, kind: u8, length: usize) {
    let [.., a, b, c] = length.to_be_bytes();
    to.extend([kind, a, b, c]);
}

fn put(to: &mut Vec<u8>, kind: u8, body: &[u8]) {
    head(to, kind, body.len());
    to.extend(body);
}

fn put_all(to: &mut Vec<u8>, kind: u8, body: &[u8]) {
    body.chunks(LARGEST).for_each(|part| put(to, kind, part));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_frame() -> impl Strategy<Value = Frame> {
        let bytes = || proptest::collection::vec(any::<u8>(), 1..64);
        prop_oneof![
            (any::<bool>(), any::<u64>()).prop_map(|(tty, printed)| Frame::Hello { tty, printed }),
            any::<u64>().prop_map(|from| Frame::Attach { from }),
            bytes().prop_map(|bytes| Frame::Output(Stream::Out, bytes)),
            bytes().prop_map(|bytes| Frame::Output(Stream::Err, bytes)),
            bytes().prop_map(Frame::Input),
            Just(Frame::InputEnd),
            (any::<u16>(), any::<u16>()).prop_map(|(columns, rows)| Frame::Resize(columns, rows)),
            any::<i32>().prop_map(Frame::Signal),
            Just(Frame::Forget),
            (any::<i32>(), any::<u64>(), any::<bool>()).prop_map(|(signal, grace, again)| {
                Frame::Stop(StopOrder { signal, grace: Duration::from_millis(grace), again })
            }),
            Just(Frame::Noted),
            any::<i32>().prop_map(Frame::Exit),
        ]
    }

    proptest! {
        #[test]
        fn frames_are_read_as_they_were_said_however_they_arrive(
            frames in proptest::collection::vec(any_frame(), 1..8), step in 1_usize..40,
        ) {
            let mut bytes = Vec::new();
            frames.iter().for_each(|frame| frame.encode(&mut bytes));
            let (mut arrived, mut read) = (Vec::new(), Vec::new());
            for part in bytes.chunks(step) {
                arrived.extend(part);
                while let Some(frame) = Frame::decode(&mut arrived).unwrap() {
                    read.push(frame);
                }
            }
            prop_assert_eq!(read, frames);
            prop_assert!(arrived.is_empty());
        }

        #[test]
        fn nonsense_is_refused_and_never_a_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let before = bytes.clone();
            if let Ok(Some(frame)) = Frame::decode(&mut bytes) {
                let mut again = Vec::new();
                frame.encode(&mut again);
                prop_assert!(before.starts_with(&again));
            }
        }
    }

    #[test]
    fn long_output_is_cut() {
        let mut bytes = Vec::new();
        Frame::Output(Stream::Err, vec![7; LARGEST + 1]).encode(&mut bytes);
        let mut lengths = Vec::new();
        while let Some(Frame::Output(Stream::Err, part)) = Frame::decode(&mut bytes).unwrap() {
            lengths.push(part.len());
        }
        assert_eq!(lengths, [LARGEST, 1]);
    }

    #[test]
    fn a_length_that_is_too_great_is_refused_before_its_body_is_waited_for() {
        let mut bytes = vec![b'0', 0xff, 0xff, 0xff];
        assert_eq!(Frame::decode(&mut bytes), Err(BadFrame::Senseless { kind: b'0', length: 0xff_ffff }));
    }
}
