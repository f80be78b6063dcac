//! How many colours a terminal has, and the nearest ones among them. Knows no role.

use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None, or the user wants none.
    None,
    /// The sixteen of old.
    Ansi16,
    /// The cube of 216, 24 greys and the sixteen of old.
    Ansi256,
    /// All.
    True,
}

impl ColorDepth {
    /// What the environment says: `NO_COLOR` (no-color.org: any value but an empty one), `COLORTERM`, `TERM`.
    pub fn detect(get: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| get(name).unwrap_or_default();
        let term = value("TERM");
        if !value("NO_COLOR").is_empty() || term == "dumb" {
            return Self::None;
        }
        if matches!(value("COLORTERM").as_str(), "truecolor" | "24bit") || term.contains("direct") {
            return Self::True;
        }
        // Windows' consoles since 1703 draw 24 bits and set WT_SESSION or no TERM at all.
        if !value("WT_SESSION").is_empty() || (cfg!(windows) && term.is_empty()) {
            return Self::True;
        }
        if term.contains("256") { Self::Ansi256 } else { Self::Ansi16 }
    }
}

pub(super) fn fit(style: Style, depth: ColorDepth) -> Style {
    let near = |color: Option<Color>| color.map(|c| nearest(c, depth));
    Style { fg: near(style.fg), bg: near(style.bg), underline_color: None, ..style }
}

fn nearest(color: Color, depth: ColorDepth) -> Color {
    match (color, depth) {
        (_, ColorDepth::None) => Color::Reset,
        (Color::Rgb(r, g, b), ColorDepth::Ansi256) => Color::Indexed(nearest_256([r, g, b])),
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => ANSI[nearest_16([r, g, b])].0,
        (color, _) => color,
    }
}

/// Levels of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_256(rgb: [u8; 3]) -> u8 {
    let step = |v: u8| (0..6).min_by_key(|i| CUBE[*i].abs_diff(v)).unwrap_or(0);
    let [r, g, b] = rgb.map(step);
    let cube = (16 + 36 * r + 6 * g + b) as u8;
    let mean = (u16::from(rgb[0]) + u16::from(rgb[1]) + u16::from(rgb[2])) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + 10 * grey;
    let cube_off = distance(rgb, [CUBE[r], CUBE[g], CUBE[b]]);
    if distance(rgb, [level; 3]) < cube_off { 232 + grey } else { cube }
}

/// The sixteen as xterm draws them.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

fn nearest_16(rgb: [u8; 3]) -> usize {
    (0..16).min_by_key(|i| distance(rgb, ANSI[*i].1)).unwrap_or(7)
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}
