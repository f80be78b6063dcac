//! What a frame changes, gathered by how it looks: a terminal that is told each look once needs less than half of the
//! bytes of one that is told row by row. Must not know how it is written.

use std::collections::HashMap;

use ratatui::buffer::Cell;

use super::pen::{Look, is_blank};

/// Cells beside each other that have changed and look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) look: Look,
    pub(super) y: u16,
    /// Its first column.
    pub(super) x: u16,
    /// The first column behind it.
    pub(super) end: u16,
}

/// The runs of a frame, in the making.
#[derive(Debug, Default)]
pub(super) struct Runs {
    runs: Vec<Run>,
    /// Whether the last run holds nothing but blanks, which may be written with any colour.
    blank: bool,
}

impl Runs {
    /// Adds a changed cell that takes `width` columns, from left to right and from above to below.
    pub(super) fn push(&mut self, x: u16, y: u16, width: u16, cell: &Cell) {
        let (look, blank) = (Look::of(cell), is_blank(cell));
        let last = self.runs.last_mut().filter(|run| (run.end, run.y, run.look.bg) == (x, y, look.bg));
        if let Some(run) = last {
            if run.look == look || blank && look.leaves_blanks() && run.look.leaves_blanks() {
                run.end += width;
                self.blank &= blank;
                return;
            }
            if self.blank && run.look.leaves_blanks() && look.leaves_blanks() {
                (run.look, run.end, self.blank) = (look, run.end + width, false);
                return;
            }
        }
        self.runs.push(Run { look, y, x, end: x + width });
        self.blank = blank;
    }

    /// The runs, look by look: first what looks as `now`, then in the order in which the looks have come up.
    pub(super) fn by_look(mut self, now: Option<Look>) -> Vec<Run> {
        let mut order: HashMap<Look, usize> = now.into_iter().map(|look| (look, 0)).collect();
        for run in &self.runs {
            let next = order.len();
            order.entry(run.look).or_insert(next);
        }
        self.runs.sort_by_cached_key(|run| order.get(&run.look).copied());
        self.runs
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Modifier};

    use super::*;

    const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn cell(text: &str, look: Look) -> Cell {
        let mut cell = Cell::new("");
        cell.set_symbol(text).set_fg(look.fg).set_bg(look.bg);
        cell.modifier = look.modifier;
        cell
    }

    /// The runs of a row of cells.
    fn runs(cells: &[(&str, Look)], now: Option<Look>) -> Vec<(Look, u16, u16)> {
        let mut runs = Runs::default();
        for (x, (text, look)) in (0..).zip(cells) {
            runs.push(x, 0, 1, &cell(text, *look));
        }
        runs.by_look(now).into_iter().map(|run| (run.look, run.x, run.end)).collect()
    }

    #[test]
    fn blanks_go_with_what_stands_beside_them() {
        let red = Look { fg: Color::Red, ..PLAIN };
        let blue = Look { fg: Color::Blue, ..PLAIN };
        assert_eq!(runs(&[(" ", PLAIN), ("a", red), (" ", blue), ("b", red)], None), [(red, 0, 4)]);
    }

    #[test]
    fn blanks_that_show_something_keep_their_look() {
        let line = Look { fg: Color::Red, modifier: Modifier::UNDERLINED, ..PLAIN };
        let paper = Look { bg: Color::Blue, ..PLAIN };
        let cells = [("a", PLAIN), (" ", line), ("b", PLAIN), (" ", paper), (" ", line)];
        assert_eq!(runs(&cells, None), [(PLAIN, 0, 1), (PLAIN, 2, 3), (line, 1, 2), (line, 4, 5), (paper, 3, 4)]);
    }

    #[test]
    fn what_the_terminal_writes_with_already_comes_first() {
        let red = Look { fg: Color::Red, ..PLAIN };
        assert_eq!(runs(&[("a", PLAIN), ("b", red)], Some(red)), [(red, 1, 2), (PLAIN, 0, 1)]);
    }
}
