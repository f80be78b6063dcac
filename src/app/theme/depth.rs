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
        // Windows' consoles since 1703 draw 24 bits and set WT_SESSION or no TERM at all; `OS` is always set there.
        if !value("WT_SESSION").is_empty() || (value("OS") == "Windows_NT" && term.is_empty()) {
            return Self::True;
        }
        if term.contains("256") { Self::Ansi256 } else { Self::Ansi16 }
    }
}

/// Whether a theme is made for a dark or a light terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    Dark,
    Light,
}

impl Ground {
    /// The ground on which a text of this style can be read.
    pub(super) fn below(text: Style) -> Self {
        match text.fg {
            Some(Color::Rgb(r, g, b)) if distance([r, g, b], [0; 3]) < distance([r, g, b], [255; 3]) => Self::Light,
            Some(Color::Black) => Self::Light,
            _ => Self::Dark,
        }
    }

    /// Whether text in this colour, one of [`ANSI`], can be read on it.
    fn bears(self, color: Color) -> bool {
        match self {
            Self::Dark => !matches!(color, Color::Black | Color::Blue),
            Self::Light => !matches!(
                color,
                Color::White
                    | Color::Gray
                    | Color::LightGreen
                    | Color::LightYellow
                    | Color::LightCyan
                    | Color::LightRed
            ),
        }
    }

    /// Whether an area in this colour cannot be told from it.
    fn hides(self, color: Color) -> bool {
        color == if self == Self::Dark { Color::Black } else { Color::White }
    }
}

/// A style in the colours of a depth, and whether its background got lost in the ground on the way.
pub(super) fn fit(style: Style, ground: Ground, depth: ColorDepth) -> (Style, bool) {
    let anything = |_| true;
    let bg = style.bg.map(|color| nearest(color, depth, anything));
    let lost = depth == ColorDepth::Ansi16 && style.bg != bg && bg.is_some_and(|color| ground.hides(color));
    let bg = bg.filter(|_| !lost);
    let fg = match bg {
        Some(_) => style.fg.map(|color| nearest(color, depth, anything)),
        None => style.fg.map(|color| nearest(color, depth, |near| ground.bears(near))),
    };
    (Style { fg, bg, ..style }, lost)
}

fn nearest(color: Color, depth: ColorDepth, allowed: impl Fn(Color) -> bool) -> Color {
    match (color, depth) {
        (_, ColorDepth::None) => Color::Reset,
        (Color::Rgb(r, g, b), ColorDepth::Ansi256) => Color::Indexed(nearest_256([r, g, b])),
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => nearest_16([r, g, b], allowed),
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

/// A channel this much above another makes a hue that carries a meaning.
const HUE: u8 = 48;

/// Calm colours all lie nearest to a grey; one with a hue keeps the hue instead, for that is what it says.
fn nearest_16(rgb: [u8; 3], allowed: impl Fn(Color) -> bool) -> Color {
    let spread = |rgb: [u8; 3]| rgb.into_iter().max().unwrap_or(0) - rgb.into_iter().min().unwrap_or(0);
    let hue = spread(rgb) >= HUE;
    let target = if hue { vivid(rgb) } else { rgb };
    let candidates = ANSI.iter().filter(|(color, own)| allowed(*color) && (spread(*own) > 0) == hue);
    candidates.min_by_key(|(_, own)| distance(target, *own)).map_or(Color::Reset, |(color, _)| *color)
}

/// The least brightness of the sixteen's hues.
const BRIGHT: u8 = 205;

/// The same hue without any grey in it, at least as bright as the sixteen are: brown is a dark yellow, not a red.
fn vivid(rgb: [u8; 3]) -> [u8; 3] {
    let (low, high) = rgb.iter().fold((255, 0), |(low, high), v| (*v.min(&low), *v.max(&high)));
    let span = u32::from(high - low).max(1);
    // A part of `span` in `span`: at most the brightness, which is a byte.
    rgb.map(|v| (u32::from(v - low) * u32::from(high.max(BRIGHT)) / span) as u8)
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}
