//! The control sequences that switch a terminal's modes on and off again.
//! Must not know when that happens.

use crate::model::text::clean;

/// Alternate screen with the cursor saved; bracketed paste; focus events (xterm's ctlseqs, DEC private modes).
const ON: &str = "\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// The same backwards. A frame that was cut short may have left colours set or the output held back (mode 2026).
const OFF: &str = "\x1b[?2026l\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Buttons, wheel and drags in SGR coordinates. Not all motion (1003): a hand on the mouse would keep us busy.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The same backwards, and the mode we never set, for it costs nothing.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l";

/// The modes of one session.
#[derive(Debug, Clone)]
pub(super) struct Modes {
    /// Whether mouse events are wanted.
    pub(super) mouse: bool,
    title: Option<String>,
}

impl Modes {
    pub(super) fn new(options: &super::Options) -> Self {
        Self { mouse: options.mouse, title: options.title.clone() }
    }

    /// What takes the terminal over.
    pub(super) fn on(&self) -> String {
        let mut sequence = String::from(ON);
        if self.mouse {
            sequence.push_str(MOUSE_ON);
        }
        if let Some(title) = &self.title {
            // The title in use is put on the terminal's stack.
            sequence.push_str(&format!("\x1b[22;2t\x1b]2;{}\x1b\\", clean(title)));
        }
        sequence
    }

    /// What gives it back. The mouse may have been switched on since.
    pub(super) fn off(&self) -> String {
        let title = if self.title.is_some() { "\x1b[23;2t" } else { "" };
        format!("{MOUSE_OFF}{title}{OFF}")
    }

    pub(super) fn mouse_switch(on: bool) -> &'static str {
        if on { MOUSE_ON } else { MOUSE_OFF }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Options;

    /// The numbers of the private modes that end with `letter`.
    fn modes(sequence: &str, letter: char) -> Vec<&str> {
        let parts = sequence.split("\x1b[?").skip(1);
        parts
            .filter_map(|part| part.split_once(letter))
            .map(|(number, _)| number)
            .filter(|n| n.parse::<u16>().is_ok())
            .collect()
    }

    #[test]
    fn every_mode_that_is_switched_on_is_switched_off() {
        let session = Modes::new(&Options { mouse: true, title: Some("longshore".into()) });
        let (on, off) = (session.on(), session.off());
        let undone = modes(&off, 'l');
        for mode in modes(&on, 'h') {
            assert!(undone.contains(&mode), "mode {mode} stays on");
        }
        assert!(modes(&on, 'l').contains(&"25") && modes(&off, 'h').contains(&"25"), "the cursor comes back");
        assert!(on.contains("\x1b[22;2t") && off.contains("\x1b[23;2t"));
    }

    #[test]
    fn the_title_and_the_mouse_are_left_alone_unless_wanted() {
        let session = Modes::new(&Options::default());
        assert!(!session.on().contains("\x1b]2;"));
        assert!(!modes(&session.on(), 'h').contains(&"1000"));
    }

    #[test]
    fn a_title_cannot_end_its_sequence() {
        let session = Modes::new(&Options { mouse: false, title: Some("a\x1b\\\x1b[2Jb".into()) });
        assert!(session.on().ends_with("\x1b]2;a␛\\␛[2Jb\x1b\\"));
    }

    #[test]
    fn nothing_asks_the_terminal_for_an_answer() {
        let session = Modes::new(&Options { mouse: true, title: Some("t".into()) });
        for sequence in [session.on(), session.off()] {
            for question in ["\x1b[6n", "\x1b[c", "\x1b[?u", "$p", "\x1bP+q"] {
                assert!(!sequence.contains(question));
            }
        }
    }
}
