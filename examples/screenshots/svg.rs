//! A screen as a picture that needs no font of its own and stays small. Knows no console.

use std::{collections::BTreeMap, fmt::Write};

use anyhow::Context;

use crate::glyphs::{DOTS, HEIGHT, Shape, Sides, WIDTH, shape};

/// Room around the screen.
const PADDING: u32 = 14;
/// Distance of the letters' foot from the top of their cell.
const BASELINE: u32 = 13;
/// The sixteen colours that programs name by number; the first eight twice as xterm has them.
const NAMED: [&str; 16] = [
    "#3a444d", "#d9534f", "#4e9a5b", "#b8860b", "#3f7fb5", "#9a5fb5", "#2b8f96", "#9aa5af", "#6b7680", "#f0716d",
    "#7fc98a", "#e0b458", "#5fb3d9", "#b78bd9", "#5fc4c9", "#e6ebf0",
];

/// What the terminal itself brings to a picture.
pub(crate) struct Look {
    ground: String,
    text: String,
}

/// How a run of letters looks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Style {
    colour: String,
    bold: bool,
    italic: bool,
    dim: bool,
    underline: bool,
}

/// Shapes of one colour.
#[derive(Default)]
struct Drawn {
    filled: String,
    stroked: String,
    /// Straight pieces by their line: rows, then columns; each piece from and to.
    across: BTreeMap<u32, Vec<(u32, u32)>>,
    upright: BTreeMap<u32, Vec<(u32, u32)>>,
}

impl Look {
    /// The colours of a terminal for which this theme of ours is made.
    pub(crate) fn of_theme(theme: &str) -> anyhow::Result<Self> {
        let file = format!("{}/themes/{theme}.toml", env!("CARGO_MANIFEST_DIR"));
        let table: toml::Table = std::fs::read_to_string(&file).with_context(|| file.clone())?.parse()?;
        let colour = |name| Some(table.get("palette")?.get(name)?.as_str()?.to_owned());
        let (ground, text) = colour("ground").zip(colour("text")).with_context(|| format!("{file}: no palette"))?;
        Ok(Self { ground, text })
    }

    /// The picture.
    pub(crate) fn picture(&self, screen: &vt100::Screen, title: &str) -> String {
        let (rows, columns) = screen.size();
        let (rows, columns) = (rows.get(), columns.get());
        let (width, height) = (u32::from(columns) * WIDTH + 2 * PADDING, u32::from(rows) * HEIGHT + 2 * PADDING);
        let mut grounds: BTreeMap<String, String> = BTreeMap::new();
        let mut shapes: BTreeMap<String, Drawn> = BTreeMap::new();
        let mut texts: BTreeMap<Style, String> = BTreeMap::new();
        for row in 0..rows {
            self.grounds(screen, row, columns, &mut grounds);
            self.letters(screen, row, columns, &mut shapes, &mut texts);
        }
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\" \
             font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace\" \
             font-size=\"13.3\"><title>{}</title><rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\
             <g transform=\"translate({PADDING} {PADDING})\">\n",
            escaped(title),
            self.ground
        );
        for (colour, path) in grounds {
            let _ = writeln!(svg, "<path fill=\"{colour}\" d=\"{path}\"/>");
        }
        for (colour, drawn) in shapes {
            drawn.write(&colour, &mut svg);
        }
        for (style, runs) in texts {
            let _ = writeln!(svg, "<g{}>{runs}</g>", style.attributes());
        }
        svg + "</g></svg>\n"
    }

    fn grounds(&self, screen: &vt100::Screen, row: u16, columns: u16, grounds: &mut BTreeMap<String, String>) {
        let ground = |column| self.colours(screen.cell(row, column)?).1;
        let mut from = 0;
        while from < columns {
            let colour = ground(from);
            let to = (from..columns).find(|c| ground(*c) != colour).unwrap_or(columns);
            if let Some(colour) = colour {
                let (x, y, width) = (u32::from(from) * WIDTH, u32::from(row) * HEIGHT, u32::from(to - from) * WIDTH);
                let _ = write!(grounds.entry(colour).or_default(), "M{x} {y}h{width}v{HEIGHT}h-{width}z");
            }
            from = to;
        }
    }

    fn letters(
        &self,
        screen: &vt100::Screen,
        row: u16,
        columns: u16,
        shapes: &mut BTreeMap<String, Drawn>,
        texts: &mut BTreeMap<Style, String>,
    ) {
        let mut run: Option<(Style, u16, String)> = None;
        let mut end = |run: &mut Option<(Style, u16, String)>| {
            if let Some((style, column, text)) = run.take() {
                write_run(texts.entry(style).or_default(), row, column, text.trim_end());
            }
        };
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
            let letters = cell.contents();
            let letter = letters.chars().next().unwrap_or(' ');
            let style = self.style(cell);
            if let Some(shape) = shape(letter) {
                end(&mut run);
                shapes.entry(style.colour).or_default().add(&shape, u32::from(column), u32::from(row));
                continue;
            }
            match &mut run {
                Some((_, _, text)) if letter == ' ' && !style.underline && !text.ends_with("  ") => text.push(' '),
                Some((same, _, text)) if *same == style && letter != ' ' && letters.is_ascii() => text.push(letter),
                _ => {
                    end(&mut run);
                    if letter != ' ' || style.underline {
                        run = Some((style, column, letters.to_owned()));
                    }
                    // Letters that a font may lack, and so have another width, push no others about.
                    if !letters.is_ascii() {
                        end(&mut run);
                    }
                }
            }
        }
        end(&mut run);
    }

    fn style(&self, cell: &vt100::Cell) -> Style {
        let (bold, italic, dim, underline) = (cell.bold(), cell.italic(), cell.dim(), cell.underline());
        Style { colour: self.colours(cell).0, bold, italic, dim, underline }
    }

    /// The letters' colour, and the ground's where it is not the terminal's.
    fn colours(&self, cell: &vt100::Cell) -> (String, Option<String>) {
        let (front, back) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
        if cell.inverse() {
            return (back.unwrap_or_else(|| self.ground.clone()), Some(front.unwrap_or_else(|| self.text.clone())));
        }
        (front.unwrap_or_else(|| self.text.clone()), back)
    }
}

impl Style {
    fn attributes(&self) -> String {
        let mut text = format!(" fill=\"{}\"", self.colour);
        let say = [
            (self.bold, " font-weight=\"bold\""),
            (self.italic, " font-style=\"italic\""),
            (self.dim, " opacity=\".6\""),
            (self.underline, " text-decoration=\"underline\""),
        ];
        text.extend(say.into_iter().filter_map(|(has, attribute)| has.then_some(attribute)));
        text
    }
}

impl Drawn {
    fn add(&mut self, shape: &Shape, column: u32, row: u32) {
        let (x, y) = (column * WIDTH, row * HEIGHT);
        match shape {
            Shape::Lines(sides) if sides.round => self.corner(*sides, x, y),
            Shape::Lines(sides) => self.lines(*sides, x, y),
            Shape::Shade(quarters) => {
                let height = HEIGHT * quarters / 4;
                let _ = write!(self.filled, "M{x} {}h{WIDTH}v{height}h-{WIDTH}z", y + (HEIGHT - height) / 2);
            }
            Shape::Blocks(blocks) => {
                for [left, top, width, height] in blocks {
                    let eighth = |n: u32| f64::from(n * HEIGHT) / 8.0;
                    let (top, height) = (f64::from(y) + eighth(*top), eighth(*height));
                    let _ = write!(self.filled, "M{} {top}h{width}v{height}h-{width}z", x + left);
                }
            }
            Shape::Dots(bits) => {
                for (_, (dx, dy)) in DOTS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1) {
                    let _ =
                        write!(self.filled, "M{} {}h2v2h-2z", x + 1 + dx * 4, f64::from(y + 1) + f64::from(*dy) * 4.5);
                }
            }
        }
    }

    fn lines(&mut self, sides: Sides, x: u32, y: u32) {
        let (middle, centre) = (x + WIDTH / 2, y + HEIGHT / 2);
        let row = self.across.entry(centre).or_default();
        row.extend(sides.left.then_some((x, middle)));
        row.extend(sides.right.then_some((middle, x + WIDTH)));
        let column = self.upright.entry(middle).or_default();
        column.extend(sides.up.then_some((y, centre)));
        column.extend(sides.down.then_some((centre, y + HEIGHT)));
    }

    fn corner(&mut self, sides: Sides, x: u32, y: u32) {
        let (middle, centre) = (x + WIDTH / 2, y + HEIGHT / 2);
        let side = if sides.left { x } else { x + WIDTH };
        let end = if sides.up { y } else { y + HEIGHT };
        let bend = if sides.up { centre - 4 } else { centre + 4 };
        let _ = write!(self.stroked, "M{middle} {end}V{bend}Q{middle} {centre} {side} {centre}");
    }

    fn write(mut self, colour: &str, svg: &mut String) {
        for (y, pieces) in &self.across {
            for (from, to) in joined(pieces) {
                let _ = write!(self.stroked, "M{from} {y}H{to}");
            }
        }
        for (x, pieces) in &self.upright {
            for (from, to) in joined(pieces) {
                let _ = write!(self.stroked, "M{x} {from}V{to}");
            }
        }
        if !self.filled.is_empty() {
            let _ = writeln!(svg, "<path fill=\"{colour}\" d=\"{}\"/>", self.filled);
        }
        if !self.stroked.is_empty() {
            let _ = writeln!(svg, "<path fill=\"none\" stroke=\"{colour}\" d=\"{}\"/>", self.stroked);
        }
    }
}

/// Pieces of one line, those that meet made one.
fn joined(pieces: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut sorted = pieces.to_vec();
    sorted.sort_unstable();
    let mut whole: Vec<(u32, u32)> = Vec::new();
    for (from, to) in sorted {
        match whole.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ => whole.push((from, to)),
        }
    }
    whole
}

fn write_run(runs: &mut String, row: u16, column: u16, text: &str) {
    let count = text.chars().count();
    if count == 0 {
        return;
    }
    let (x, y) = (u32::from(column) * WIDTH, u32::from(row) * HEIGHT + BASELINE);
    // The length holds the columns, whatever the font; one letter needs none.
    let length = if count > 1 { format!(" textLength=\"{}\"", count * WIDTH as usize) } else { String::new() };
    let _ = write!(runs, "<text x=\"{x}\" y=\"{y}\"{length}>{}</text>", escaped(text));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        vt100::Color::Idx(number @ 0..16) => Some(NAMED[usize::from(number)].to_owned()),
        // xterm's cube of six steps a side, then its 24 greys.
        vt100::Color::Idx(number @ 16..232) => {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let cube = number - 16;
            Some(format!("#{:02x}{:02x}{:02x}", step(cube / 36), step(cube / 6 % 6), step(cube % 6)))
        }
        vt100::Color::Idx(number) => {
            let grey = 8 + 10 * (number - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
    }
}
