//! Puts text on the clipboard of the terminal in front of the user, however far away that is (OSC 52).
//! Must not know what is copied, nor write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// The most text that can be copied, in bytes: in base64 it just fits the 100,000 bytes at which
/// several terminals, hterm among them, cut a sequence off.
pub const LARGEST: usize = 74_994;

/// How much GNU screen passes through in one string, with some room: its limit was 256 bytes for long.
const SCREEN_PIECE: usize = 240;

/// The text is longer than terminals take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot copy {bytes} bytes: terminals take at most {LARGEST}")]
pub struct TooLong {
    /// The length of the text.
    pub bytes: usize,
}

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Nothing that would swallow the sequence.
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Between {
    /// Tells by the environment: `TMUX` and `STY` are set inside tmux and screen. The inner one counts,
    /// and `TERM` tells which that is where both are set.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        match (set("TMUX"), set("STY")) {
            (true, true) if term.starts_with("screen") => Self::Screen,
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::Nothing,
        }
    }
}

/// The sequence that puts `text` on the clipboard.
///
/// tmux takes the plain sequence with `set-clipboard on` and passes the wrapped one on with
/// `allow-passthrough on`; it gets both, since either may be off.
///
/// # Errors
/// When the text is longer than [`LARGEST`].
pub fn copy(text: &str, between: Between) -> Result<String, TooLong> {
    if text.len() > LARGEST {
        return Err(TooLong { bytes: text.len() });
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    Ok(match between {
        Between::Nothing => plain,
        Between::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        Between::Screen => in_pieces(&plain),
    })
}

/// screen hands the inside of each device control string to the terminal as it is.
fn in_pieces(sequence: &str) -> String {
    let mut pieces = String::with_capacity(sequence.len() * 21 / 20);
    let mut rest = sequence;
    while !rest.is_empty() {
        // The sequence is ASCII, so it can be cut anywhere.
        let (piece, after) = rest.split_at(rest.len().min(SCREEN_PIECE));
        pieces.push_str("\x1bP");
        pieces.push_str(piece);
        pieces.push_str("\x1b\\");
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(sequence: &str) -> String {
        let encoded = sequence.strip_prefix("\x1b]52;c;").unwrap().strip_suffix('\x07').unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn the_text_arrives_whatever_it_holds() {
        let text = "größe\n\x1b]52;c;evil\x07";
        assert_eq!(payload(&copy(text, Between::Nothing).unwrap()), text);
    }

    #[test]
    fn tmux_gets_the_sequence_plain_and_wrapped() {
        let plain = copy("web-1", Between::Nothing).unwrap();
        let both = copy("web-1", Between::Tmux).unwrap();
        let wrapped = both.strip_prefix(&plain).unwrap();
        let inner = wrapped.strip_prefix("\x1bPtmux;").unwrap().strip_suffix("\x1b\\").unwrap();
        assert_eq!(inner.replace("\x1b\x1b", "\x1b"), plain);
    }

    #[test]
    fn screen_gets_pieces_that_make_up_the_sequence() {
        let text = "x".repeat(5_000);
        let pieces = copy(&text, Between::Screen).unwrap();
        let mut whole = String::new();
        for piece in pieces.split("\x1bP").skip(1) {
            let piece = piece.strip_suffix("\x1b\\").unwrap();
            assert!(piece.len() <= SCREEN_PIECE);
            whole.push_str(piece);
        }
        assert_eq!(payload(&whole), text);
    }

    #[test]
    fn what_no_terminal_would_take_is_refused() {
        assert!(copy(&"x".repeat(LARGEST), Between::Nothing).unwrap().len() <= 100_000);
        let refused = copy(&"x".repeat(LARGEST + 1), Between::Nothing).unwrap_err();
        assert_eq!(refused.bytes, LARGEST + 1);
    }

    #[test]
    fn the_inner_multiplexer_is_found_by_the_environment() {
        let with = |pairs: &'static [(&str, &str)]| {
            Between::detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color")]), Between::Nothing);
        assert_eq!(with(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/x,1,0")]), Between::Tmux);
        assert_eq!(with(&[("TERM", "screen"), ("STY", "1.x")]), Between::Screen);
        assert_eq!(with(&[("TERM", "screen"), ("STY", "1.x"), ("TMUX", "x")]), Between::Screen);
        assert_eq!(with(&[("TMUX", "")]), Between::Nothing);
    }
}
