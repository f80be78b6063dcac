//! The keys by which a terminal lets go of a container. Knows no terminal.

use super::words::{BadValue, Read};

/// Docker's: Ctrl-P, Ctrl-Q.
const USUAL: [u8; 2] = [0x10, 0x11];

/// Looks for the keys in what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detach {
    keys: Vec<u8>,
    /// How many of them were typed last.
    seen: usize,
}

impl Default for Detach {
    fn default() -> Self {
        Self { keys: USUAL.to_vec(), seen: 0 }
    }
}

impl Detach {
    /// Reads `ctrl-p,ctrl-q`, `ctrl-@,x`: letters, and letters and `@[\]^_` with `ctrl-`.
    pub(crate) fn parse(text: &str) -> Read<Self> {
        let wrong = || BadValue(format!("`{text}` are no keys: write them as ctrl-p,ctrl-q"));
        let key = |word: &str| -> Read<u8> {
            let (controlled, letter) = word.strip_prefix("ctrl-").map_or((false, word), |letter| (true, letter));
            match letter.as_bytes() {
                [byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'@' | b'['..=b'_')] if controlled => Ok(byte & 0x1f),
                [byte] if !controlled && byte.is_ascii_graphic() => Ok(*byte),
                _ => Err(wrong()),
            }
        };
        Ok(Self { keys: text.split(',').map(key).collect::<Read<_>>()?, seen: 0 })
    }

    /// What of the typed bytes is to be sent on, and whether the keys were all typed. Keys that turn out to be
    /// something else are sent late, but sent.
    pub(crate) fn filter(&mut self, typed: &[u8]) -> (Vec<u8>, bool) {
        let mut on = Vec::with_capacity(typed.len() + self.keys.len());
        for byte in typed {
            if self.keys.get(self.seen) == Some(byte) {
                self.seen += 1;
                if self.seen == self.keys.len() {
                    return (on, true);
                }
                continue;
            }
            on.extend_from_slice(&self.keys[..self.seen]);
            self.seen = usize::from(self.keys.first() == Some(byte));
            if self.seen == 0 {
                on.push(*byte);
            }
        }
        (on, false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_keys_are_found_over_two_reads_and_not_sent() {
        let mut detach = Detach::default();
        assert_eq!(detach.filter(b"ls\x10"), (b"ls".to_vec(), false));
        assert_eq!(detach.filter(b"\x11rest"), (Vec::new(), true));
    }

    #[test]
    fn what_only_began_like_them_is_sent_after_all() {
        let mut detach = Detach::default();
        assert_eq!(detach.filter(b"\x10"), (Vec::new(), false));
        assert_eq!(detach.filter(b"x\x10\x10a"), (b"\x10x\x10\x10a".to_vec(), false));
    }

    #[test]
    fn keys_are_written_as_docker_has_them() {
        assert_eq!(Detach::parse("ctrl-p,ctrl-q"), Ok(Detach::default()));
        assert_eq!(Detach::parse("ctrl-^,x").map(|detach| detach.keys), Ok(vec![0x1e, b'x']));
        for wrong in ["", "ctrl-", "ctrl-1", "abc", "a,"] {
            assert!(Detach::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_is_lost(typed in prop::collection::vec(any::<u8>(), 0..60), cut in 0usize..60) {
            prop_assume!(!typed.windows(2).any(|pair| pair == USUAL));
            let mut detach = Detach::default();
            let cut = cut.min(typed.len());
            let mut sent = detach.filter(&typed[..cut]).0;
            sent.extend(detach.filter(&typed[cut..]).0);
            // What may still become the keys is held back.
            let held = usize::from(typed.last() == Some(&USUAL[0]));
            prop_assert_eq!(&sent, &typed[..typed.len() - held]);
        }
    }
}
