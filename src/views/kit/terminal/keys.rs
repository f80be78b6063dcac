//! Keys and pasted text as the bytes a terminal sends: xterm's, which terminfo calls `xterm-256color`.
//! Source: xterm's control sequences, "PC-Style Function Keys". Knows no key bindings.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What the program in the terminal asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Arrows, Home and End are sent as `SS3` (DECCKM).
    pub application_cursor: bool,
    /// Pasted text is sent between brackets (mode 2004).
    pub bracketed_paste: bool,
}

impl From<&vt100::Screen> for Modes {
    fn from(screen: &vt100::Screen) -> Self {
        Self { application_cursor: screen.application_cursor(), bracketed_paste: screen.bracketed_paste() }
    }
}

/// The bytes of a key; none for one that a terminal does not send.
pub fn encode(key: KeyEvent, modes: Modes) -> Vec<u8> {
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let escaped = |bytes: Vec<u8>| if alt { [vec![0x1b], bytes].concat() } else { bytes };
    match key.code {
        KeyCode::Char(c) => escaped(letter(c, key.modifiers.contains(KeyModifiers::CONTROL))),
        KeyCode::Enter => escaped(vec![b'\r']),
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => b"\x1b[Z".to_vec(),
        KeyCode::Tab => escaped(vec![b'\t']),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Backspace if key.modifiers.contains(KeyModifiers::CONTROL) => escaped(vec![0x08]),
        KeyCode::Backspace => escaped(vec![0x7f]),
        KeyCode::Esc => escaped(vec![0x1b]),
        KeyCode::Null => vec![0],
        code => special(code, modifier(key.modifiers), modes),
    }
}

/// Pasted text, so that a program can tell it from typing where it asked for that. An end of the brackets inside
/// the text would let the rest pass as typed; it is taken out, as is every other escape.
pub fn paste(text: &str, modes: Modes) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    if !modes.bracketed_paste {
        return text.into_bytes();
    }
    format!("\u{1b}[200~{}\u{1b}[201~", text.replace('\u{1b}', "")).into_bytes()
}

fn letter(c: char, control: bool) -> Vec<u8> {
    let byte = match c {
        _ if !control => None,
        ' ' | '@' | '2' => Some(0),
        'a'..='z' | 'A'..='Z' => Some(c.to_ascii_lowercase() as u8 - b'a' + 1),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '6' => Some(0x1e),
        '_' | '/' | '7' => Some(0x1f),
        '?' | '8' => Some(0x7f),
        _ => None,
    };
    byte.map_or_else(|| c.to_string().into_bytes(), |byte| vec![byte])
}

/// xterm's number for modifiers: one more than the sum of shift 1, alt 2, control 4.
fn modifier(modifiers: KeyModifiers) -> u8 {
    let bit = |flag, value| if modifiers.contains(flag) { value } else { 0 };
    1 + bit(KeyModifiers::SHIFT, 1) + bit(KeyModifiers::ALT, 2) + bit(KeyModifiers::CONTROL, 4)
}

fn special(code: KeyCode, modifier: u8, modes: Modes) -> Vec<u8> {
    let (end, cursor) = match code {
        KeyCode::Up => ('A', true),
        KeyCode::Down => ('B', true),
        KeyCode::Right => ('C', true),
        KeyCode::Left => ('D', true),
        KeyCode::Home => ('H', true),
        KeyCode::End => ('F', true),
        KeyCode::F(n @ 1..=4) => (char::from(b'P' + n - 1), false),
        code => return tilde(code).map(|number| tilde_sequence(number, modifier)).unwrap_or_default(),
    };
    let introducer = if !cursor || modes.application_cursor { 'O' } else { '[' };
    match modifier {
        1 => format!("\u{1b}{introducer}{end}"),
        _ => format!("\u{1b}[1;{modifier}{end}"),
    }
    .into_bytes()
}

/// The numbers of keys whose sequence ends in `~`; they leave gaps where DEC's keyboards had them.
fn tilde(code: KeyCode) -> Option<u8> {
    Some(match code {
        KeyCode::Insert => 2,
        KeyCode::Delete => 3,
        KeyCode::PageUp => 5,
        KeyCode::PageDown => 6,
        KeyCode::F(5) => 15,
        KeyCode::F(n @ 6..=10) => n + 11,
        KeyCode::F(n @ 11..=12) => n + 12,
        _ => return None,
    })
}

fn tilde_sequence(number: u8, modifier: u8) -> Vec<u8> {
    match modifier {
        1 => format!("\u{1b}[{number}~"),
        _ => format!("\u{1b}[{number};{modifier}~"),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(code: KeyCode, modifiers: KeyModifiers) -> Vec<u8> {
        encode(KeyEvent::new(code, modifiers), Modes::default())
    }

    #[test]
    fn keys_are_sent_as_xterm_sends_them() {
        let none = KeyModifiers::NONE;
        assert_eq!(sent(KeyCode::Char('é'), none), "é".as_bytes());
        assert_eq!(sent(KeyCode::Char('c'), KeyModifiers::CONTROL), [3]);
        assert_eq!(sent(KeyCode::Char('b'), KeyModifiers::ALT), b"\x1bb");
        assert_eq!(sent(KeyCode::Char(' '), KeyModifiers::CONTROL), [0]);
        assert_eq!(sent(KeyCode::Backspace, none), [0x7f]);
        assert_eq!(sent(KeyCode::BackTab, KeyModifiers::SHIFT), b"\x1b[Z");
        assert_eq!(sent(KeyCode::F(1), none), b"\x1bOP");
        assert_eq!(sent(KeyCode::F(5), none), b"\x1b[15~");
        assert_eq!(sent(KeyCode::F(6), none), b"\x1b[17~");
        assert_eq!(sent(KeyCode::F(12), none), b"\x1b[24~");
        assert_eq!(sent(KeyCode::Delete, KeyModifiers::SHIFT), b"\x1b[3;2~");
        assert_eq!(sent(KeyCode::Left, KeyModifiers::CONTROL), b"\x1b[1;5D");
        assert_eq!(sent(KeyCode::CapsLock, none), b"");
    }

    #[test]
    fn arrows_follow_the_cursor_mode() {
        let key = KeyEvent::new(KeyCode::Up, KeyModifiers::NONE);
        assert_eq!(encode(key, Modes::default()), b"\x1b[A");
        assert_eq!(encode(key, Modes { application_cursor: true, ..Modes::default() }), b"\x1bOA");
    }

    #[test]
    fn pasted_text_cannot_leave_its_brackets() {
        let modes = Modes { bracketed_paste: true, ..Modes::default() };
        assert_eq!(paste("a\nb\u{1b}[201~rm", modes), b"\x1b[200~a\rb[201~rm\x1b[201~");
        assert_eq!(paste("a\r\nb", Modes::default()), b"a\rb");
    }
}
