//! The colours and attributes that the terminal writes with at the moment, and the shortest way to others.
//! Must not know where it writes.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};

/// How the terminal writes at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen(Option<Look>);

/// Colours and attributes of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Look {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) modifier: Modifier,
}

/// What `CSI 0 m` brings about.
const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

/// What is seen of a blank, beside its background.
const SEEN_ON_BLANK: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

impl Look {
    /// How a cell looks; of a blank, only what can be seen of it.
    pub(super) fn of(cell: &Cell) -> Self {
        let look = Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
        if is_blank(cell) && look.leaves_blanks() { Self { bg: cell.bg, ..PLAIN } } else { look }
    }

    /// Whether a blank written so shows nothing but its background.
    pub(super) fn leaves_blanks(self) -> bool {
        !self.modifier.intersects(SEEN_ON_BLANK)
    }
}

/// Whether a cell holds nothing to see.
pub(super) fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol(), "" | " ")
}

/// Modifiers and their numbers in `CSI … m` (ECMA-48, 8.3.117).
const NUMBERS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

impl Pen {
    /// How it writes; `None` when that is not certain.
    pub(super) const fn look(self) -> Option<Look> {
        self.0
    }

    /// Makes the terminal write so; one sequence at most.
    pub(super) fn take(&mut self, look: Look, output: &mut impl Write) -> io::Result<()> {
        if self.0 == Some(look) {
            return Ok(());
        }
        // Attributes are switched off all at once: bold and dim have but one number for that.
        let (from, mut numbers) = match self.0 {
            Some(from) if look.modifier.contains(from.modifier) => (from, String::new()),
            _ => (PLAIN, String::from("0;")),
        };
        for (modifier, number) in NUMBERS {
            if look.modifier.contains(modifier) && !from.modifier.contains(modifier) {
                push(&mut numbers, format_args!("{number}"));
            }
        }
        if look.fg != from.fg {
            colour(&mut numbers, look.fg, 30);
        }
        if look.bg != from.bg {
            colour(&mut numbers, look.bg, 40);
        }
        self.0 = Some(look);
        write!(output, "\x1b[{}m", numbers.trim_end_matches(';'))
    }
}

fn push(numbers: &mut String, number: std::fmt::Arguments) {
    // A String takes everything.
    let _ = write!(numbers, "{number};");
}

/// `base` is 30 for what is written and 40 for what is behind it.
fn colour(numbers: &mut String, colour: Color, base: u8) {
    match (named(colour), colour) {
        (Some(index @ 0..8), _) => push(numbers, format_args!("{}", base + index)),
        (Some(index), _) => push(numbers, format_args!("{}", base + 60 - 8 + index)),
        (None, Color::Indexed(index)) => push(numbers, format_args!("{};5;{index}", base + 8)),
        (None, Color::Rgb(r, g, b)) => push(numbers, format_args!("{};2;{r};{g};{b}", base + 8)),
        (None, _) => push(numbers, format_args!("{}", base + 9)),
    }
}

/// The place of a named colour among the sixteen.
const fn named(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fg: Color, modifier: Modifier) -> Look {
        Look { fg, modifier, ..PLAIN }
    }

    fn sequence(pen: &mut Pen, look: Look) -> String {
        let mut written = Vec::new();
        pen.take(look, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn only_what_differs_is_said() {
        let mut pen = Pen::default();
        assert_eq!(sequence(&mut pen, look(Color::LightRed, Modifier::BOLD)), "\x1b[0;1;91m");
        assert_eq!(sequence(&mut pen, look(Color::LightRed, Modifier::BOLD)), "");
        assert_eq!(sequence(&mut pen, look(Color::Indexed(20), Modifier::BOLD)), "\x1b[38;5;20m");
        assert_eq!(sequence(&mut pen, look(Color::Reset, Modifier::BOLD | Modifier::DIM)), "\x1b[2;39m");
    }

    #[test]
    fn an_attribute_is_switched_off_with_all_and_the_rest_is_said_again() {
        let mut pen = Pen::default();
        sequence(&mut pen, look(Color::Red, Modifier::BOLD | Modifier::REVERSED));
        assert_eq!(sequence(&mut pen, look(Color::Red, Modifier::REVERSED)), "\x1b[0;7;31m");
        assert_eq!(sequence(&mut pen, look(Color::Reset, Modifier::empty())), "\x1b[0m");
    }
}
