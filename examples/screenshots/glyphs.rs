//! Letters that are shapes: lines, blocks and dots, drawn so that they meet whatever the font. Knows no colour.

/// Width of a cell.
pub(crate) const WIDTH: u32 = 8;
/// Height of a cell.
pub(crate) const HEIGHT: u32 = 18;

/// A letter as a shape.
pub(crate) enum Shape {
    /// Lines from the middle of the cell to its sides, the corner rounded or not.
    Lines(Sides),
    /// Rectangles within the cell, filled: x, y, width, height in eighths of the cell.
    Blocks(Vec<[u32; 4]>),
    /// A shade over the whole cell: quarters of the colour.
    Shade(u32),
    /// Braille: its eight dots as the bits of Unicode.
    Dots(u8),
}

/// Which sides of the cell a line reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) up: bool,
    pub(crate) down: bool,
    pub(crate) left: bool,
    pub(crate) right: bool,
    pub(crate) round: bool,
}

/// Line letters, each with the sides it reaches; the last four are round.
const LINES: &[(char, &str)] = &[
    ('─', "lr"),
    ('│', "ud"),
    ('┌', "dr"),
    ('┐', "dl"),
    ('└', "ur"),
    ('┘', "ul"),
    ('├', "udr"),
    ('┤', "udl"),
    ('┬', "dlr"),
    ('┴', "ulr"),
    ('┼', "udlr"),
    ('╭', "dro"),
    ('╮', "dlo"),
    ('╰', "uro"),
    ('╯', "ulo"),
];

/// The shape of a letter, if it is one.
pub(crate) fn shape(letter: char) -> Option<Shape> {
    if let Some((_, sides)) = LINES.iter().find(|(line, _)| *line == letter) {
        let has = |side| sides.contains(side);
        let (up, down, left, right, round) = (has('u'), has('d'), has('l'), has('r'), has('o'));
        return Some(Shape::Lines(Sides { up, down, left, right, round }));
    }
    // The order of the block "Block Elements" and "Braille Patterns" of Unicode.
    let code = u32::from(letter);
    Some(match code {
        0x2580 => Shape::Blocks(vec![[0, 0, 8, 4]]),
        0x2581..=0x2588 => Shape::Blocks(vec![[0, 8 - (code - 0x2580), 8, code - 0x2580]]),
        0x2589..=0x258f => Shape::Blocks(vec![[0, 0, 8 - (code - 0x2588), 8]]),
        0x2590 => Shape::Blocks(vec![[4, 0, 4, 8]]),
        0x2591..=0x2593 => Shape::Shade(code - 0x2590),
        0x2594 => Shape::Blocks(vec![[0, 0, 8, 1]]),
        0x2595 => Shape::Blocks(vec![[7, 0, 1, 8]]),
        0x2801..=0x28ff => Shape::Dots((code - 0x2800) as u8),
        _ => return None,
    })
}

/// The places of a braille letter's dots, column and row, in the order of its bits.
pub(crate) const DOTS: [(u32, u32); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
