//! The colours a program wrote into its output (SGR, ECMA-48 8.3.117), as styles. Knows no log and no theme.

use ratatui::style::{Color, Modifier, Style};

/// The text without its escape sequences, and the style of each stretch: where it starts in the text, up to the next.
/// Sequences other than SGR are left out; styles lie over `base`.
pub fn parse(text: &str, base: Style) -> (String, Vec<(usize, Style)>) {
    let mut plain = String::with_capacity(text.len());
    let mut styles = vec![(0, base)];
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        let (len, sgr) = sequence(&rest[start..]);
        if let Some(parameters) = sgr {
            let (at, last) = styles.last().copied().unwrap_or((0, base));
            let style = apply(parameters, last, base);
            if at == plain.len() {
                styles.pop();
            }
            styles.push((plain.len(), style));
        }
        rest = &rest[start + len..];
    }
    plain.push_str(rest);
    (plain, styles)
}

/// The length of the sequence at the start of `text`, and the parameters if it is SGR.
fn sequence(text: &str) -> (usize, Option<&str>) {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let parameters = bytes[2..].iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
            match bytes.get(2 + parameters) {
                Some(b'm') => (3 + parameters, Some(&text[2..2 + parameters])),
                Some(0x40..=0x7e) => (3 + parameters, None),
                _ => (2 + parameters, None),
            }
        }
        // Operating system command and the other strings: up to BEL or ST.
        Some(b']' | b'P' | b'X' | b'^' | b'_') => (string_end(text), None),
        Some(0x20..=0x7e) => (2, None),
        _ => (1, None),
    }
}

fn string_end(text: &str) -> usize {
    let bell = text.find('\u{7}').map(|at| at + 1);
    let terminator = text.find("\u{1b}\\").map(|at| at + 2);
    bell.into_iter().chain(terminator).min().unwrap_or(text.len())
}

/// The style after an SGR sequence with these parameters.
fn apply(parameters: &str, mut style: Style, base: Style) -> Style {
    let mut numbers = parameters.split([';', ':']).map(|number| number.parse::<u8>().unwrap_or(0));
    while let Some(number) = numbers.next() {
        style = match number {
            0 => base,
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            23 => style.remove_modifier(Modifier::ITALIC),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            27 => style.remove_modifier(Modifier::REVERSED),
            29 => style.remove_modifier(Modifier::CROSSED_OUT),
            30..=37 => style.fg(Color::Indexed(number - 30)),
            40..=47 => style.bg(Color::Indexed(number - 40)),
            90..=97 => style.fg(Color::Indexed(number - 90 + 8)),
            100..=107 => style.bg(Color::Indexed(number - 100 + 8)),
            39 => Style { fg: base.fg, ..style },
            49 => Style { bg: base.bg, ..style },
            38 => extended(&mut numbers).map_or(style, |colour| style.fg(colour)),
            48 => extended(&mut numbers).map_or(style, |colour| style.bg(colour)),
            _ => style,
        };
    }
    style
}

/// The colour after 38 or 48: `5;index` or `2;red;green;blue`.
fn extended(numbers: &mut impl Iterator<Item = u8>) -> Option<Color> {
    match numbers.next()? {
        5 => numbers.next().map(Color::Indexed),
        2 => Some(Color::Rgb(numbers.next()?, numbers.next()?, numbers.next()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_become_styles_and_everything_else_goes() {
        let base = Style::new().fg(Color::White);
        let (plain, styles) = parse("a\u{1b}[31;1mred\u{1b}[0m b\u{1b}[2J\u{1b}]0;title\u{7}c", base);
        assert_eq!(plain, "ared bc");
        assert_eq!(styles, [(0, base), (1, base.fg(Color::Indexed(1)).add_modifier(Modifier::BOLD)), (4, base)]);
    }

    #[test]
    fn colours_of_all_depths_are_read() {
        let colour = |text: &str| parse(text, Style::new()).1[0].1.fg;
        assert_eq!(colour("\u{1b}[38;5;208mx"), Some(Color::Indexed(208)));
        assert_eq!(colour("\u{1b}[38;2;1;2;3mx"), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(colour("\u{1b}[92mx"), Some(Color::Indexed(10)));
        assert_eq!(colour("\u{1b}[38;5mx"), None);
    }

    proptest! {
        #[test]
        fn no_escape_is_left_and_stretches_begin_at_letters(text in "(\\PC|\u{1b}|\\[|[0-9;m]){0,40}") {
            let (plain, styles) = parse(&text, Style::new());
            let escapes = plain.matches('\u{1b}').count();
            prop_assert_eq!(escapes, 0);
            prop_assert!(styles.iter().all(|(at, _)| plain.is_char_boundary(*at)));
            prop_assert!(styles.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
