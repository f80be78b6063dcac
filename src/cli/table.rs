//! Aligned columns of plain text. Knows no noun.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use chrono::{DateTime, Utc};
use unicode_width::UnicodeWidthStr;

use crate::model::{Age, text::clean};

/// Cells between two columns.
const GAP: usize = 2;
/// Shown where nothing is known.
pub(super) const UNKNOWN: &str = "—";

/// One column: its title, its side and what stands in it.
pub(super) struct Column<T> {
    title: &'static str,
    right: bool,
    cell: fn(&T, DateTime<Utc>) -> String,
}

/// A column of text.
pub(super) const fn text<T>(title: &'static str, cell: fn(&T, DateTime<Utc>) -> String) -> Column<T> {
    Column { title, right: false, cell }
}

/// A column of numbers.
pub(super) const fn number<T>(title: &'static str, cell: fn(&T, DateTime<Utc>) -> String) -> Column<T> {
    Column { title, right: true, cell }
}

/// Writes a title line and a line for each row; ages are counted until `now`.
pub(super) fn write<T>(out: &mut impl Write, columns: &[Column<T>], rows: &[T], now: DateTime<Utc>) -> io::Result<()> {
    let line = |row: &T| columns.iter().map(|column| harmless((column.cell)(row, now))).collect::<Vec<_>>();
    let mut lines = vec![columns.iter().map(|column| column.title.to_owned()).collect()];
    lines.extend(rows.iter().map(line));
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| lines.iter().map(|line: &Vec<String>| line[at].width()).max().unwrap_or_default())
        .collect();
    for line in &lines {
        write_line(out, columns, line, &widths)?;
    }
    Ok(())
}

fn write_line<T>(out: &mut impl Write, columns: &[Column<T>], line: &[String], widths: &[usize]) -> io::Result<()> {
    let mut owed = 0;
    for ((column, cell), width) in columns.iter().zip(line).zip(widths) {
        let room = width - cell.width();
        let (before, after) = if column.right { (room, 0) } else { (0, room) };
        // Spaces are written when something follows, so that no line ends with any.
        if !cell.is_empty() {
            write!(out, "{:1$}{cell}", "", owed + before)?;
            owed = 0;
        } else {
            owed += before;
        }
        owed += after + GAP;
    }
    writeln!(out)
}

/// Cleaned at the door already; once more, for a terminal is what it may end in.
fn harmless(cell: String) -> String {
    match clean(&cell) {
        Cow::Borrowed(_) => cell,
        Cow::Owned(clean) => clean,
    }
}

/// What is known, or a dash.
pub(super) fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| value.to_string())
}

/// The time since then.
pub(super) fn age(then: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    known(then.map(|then| Age::since(then, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_and_lines_end_without_spaces() {
        let columns = [
            text("NAME", |row: &(&str, u32, &str), _| row.0.to_owned()),
            number("SIZE", |row, _| row.1.to_string()),
            text("NOTE", |row, _| row.2.to_owned()),
        ];
        let rows = [("größe", 7, "a\u{1b}[2J"), ("容器", 12_345, "")];
        let mut out = Vec::new();
        write(&mut out, &columns, &rows, DateTime::default()).unwrap();
        let lines = ["NAME    SIZE  NOTE", "größe      7  a␛[2J", "容器   12345"];
        assert_eq!(String::from_utf8(out).unwrap().lines().collect::<Vec<_>>(), lines);
    }
}
