//! A table: columns that drop out by width, a header, the rows that are visible, a selection, marks, a scroll bar.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::text;
use crate::app::theme::{Role, Theme};

/// How wide a column may be, and how dear it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// It is dropped rather than narrower.
    pub min: u16,
    /// It is never wider, unless it takes what is left.
    pub ideal: u16,
    /// The higher, the sooner it is dropped; 0 stays to the last.
    pub drop: u8,
    /// Whether it takes what is left.
    pub grows: bool,
}

/// Blanks between two columns.
pub const GAP: u16 = 2;

/// Widths of columns within `room`; `None` for those that are dropped.
pub fn solve(columns: &[Width], room: u16) -> Vec<Option<u16>> {
    let columns = &legible(columns, room);
    let mut kept: Vec<bool> = vec![true; columns.len()];
    while needed(columns, &kept) > u32::from(room) {
        let candidates = (0..columns.len()).filter(|i| kept[*i] && columns[*i].drop > 0);
        let Some(drop) = candidates.max_by_key(|i| (columns[*i].drop, *i)) else { break };
        kept[drop] = false;
    }
    let mut widths: Vec<Option<u16>> =
        columns.iter().zip(&kept).map(|(c, kept)| kept.then_some(c.min.min(room))).collect();
    let used = needed(columns, &kept);
    let mut left = u32::from(room).saturating_sub(used);
    let mut dearest: Vec<usize> = (0..columns.len()).filter(|i| kept[*i]).collect();
    dearest.sort_by_key(|i| columns[*i].drop);
    for i in dearest {
        if let Some(width) = &mut widths[i] {
            let more = u32::from(columns[i].ideal.saturating_sub(*width)).min(left);
            *width += more as u16;
            left -= more;
        }
    }
    let grower = (0..columns.len()).find(|i| columns[*i].grows && widths[*i].is_some());
    if let Some(Some(width)) = grower.map(|i| &mut widths[i]) {
        *width = width.saturating_add(left as u16);
    }
    clip(&mut widths, room);
    widths
}

/// A name that stands first is read before anything else: the others make room for it, as long as it takes no more
/// than a third of all.
fn legible(columns: &[Width], room: u16) -> Vec<Width> {
    let mut columns = columns.to_vec();
    if let Some(name) = columns.first_mut().filter(|column| column.grows) {
        name.min = name.min.max(name.ideal.min(room / 3));
    }
    columns
}

fn needed(columns: &[Width], kept: &[bool]) -> u32 {
    let widths = columns.iter().zip(kept).filter(|(_, kept)| **kept).map(|(c, _)| u32::from(c.min));
    let (sum, count) = widths.fold((0, 0u32), |(sum, count), w| (sum + w, count + 1));
    sum + u32::from(GAP) * count.saturating_sub(1)
}

/// Where even the dearest do not fit, the last ones are cut and then dropped.
fn clip(widths: &mut [Option<u16>], room: u16) {
    let mut left = u32::from(room);
    let mut first = true;
    for width in widths.iter_mut().filter(|w| w.is_some()) {
        let gap = if first { 0 } else { u32::from(GAP) };
        let wide = u32::from(width.unwrap_or(0));
        if left <= gap {
            *width = None;
            continue;
        }
        let fits = wide.min(left - gap);
        *width = Some(fits as u16);
        left -= gap + fits;
        first = false;
    }
}

/// A column's head.
pub struct Head<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its width.
    pub width: u16,
    /// Whether its cells stand to the right.
    pub right: bool,
    /// Whether rows are sorted by it, and whether downwards.
    pub sorted: Option<bool>,
}

/// A row that is visible.
pub enum Row<'a> {
    /// A group's heading.
    Group(Line<'a>),
    /// Cells, one for each head.
    Cells {
        /// What stands in them.
        cells: Vec<Line<'a>>,
        /// Whether it is marked.
        marked: bool,
        /// Whether it is the selected one.
        selected: bool,
        /// Whether what it says may be old.
        muted: bool,
    },
}

/// Cells that the selection's ground covers: those that name a thing. Over the whole row each step through a list
/// would send two rows anew, several times as much as over these.
const NAMING: usize = 2;

/// Columns before the first cell: the selection's bar, the mark, a blank.
const LEAD: u16 = 3;

/// Room for cells in a table of this width, scroll bar and lead taken off.
pub fn room(width: u16) -> u16 {
    width.saturating_sub(LEAD + 1)
}

/// Draws a table; `offset` of `total` rows are above the first of `rows`.
pub fn draw(
    heads: &[Head<'_>],
    rows: Vec<Row<'_>>,
    offset: usize,
    total: usize,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    draw_heads(heads, area, buffer, theme);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    for (row, y) in rows.into_iter().zip(body.y..body.bottom()) {
        draw_row(row, heads, Rect { y, height: 1, ..body }, buffer, theme);
    }
    scroll_bar(offset, total, body, buffer, theme);
}

fn draw_heads(heads: &[Head<'_>], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let glyphs = theme.glyphs();
    let mut x = area.x + LEAD;
    for head in heads {
        let (title, role) = match head.sorted {
            Some(down) => (format!("{} {}", head.title, if down { glyphs.down } else { glyphs.up }), Role::Accent),
            None => (head.title.to_owned(), Role::ColumnTitle),
        };
        let title = text::pad(&title, head.width as usize, head.right, glyphs);
        text::put(buffer, x, area.y, &title, area.right().saturating_sub(x), theme.style(role));
        x += head.width + GAP;
    }
}

fn draw_row(row: Row<'_>, heads: &[Head<'_>], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let glyphs = theme.glyphs();
    let right = area.right().saturating_sub(1);
    match row {
        Row::Group(line) => text::put_line(buffer, area.x, area.y, line, right - area.x, glyphs),
        Row::Cells { cells, marked, selected, muted } => {
            let mut x = area.x + LEAD;
            for (cell, head) in cells.into_iter().zip(heads) {
                let gap = if head.right { head.width.saturating_sub(cell.width() as u16) } else { 0 };
                let columns = head.width.saturating_sub(gap).min(right.saturating_sub(x + gap));
                text::put_line(buffer, x + gap, area.y, cell, columns, glyphs);
                x += head.width + GAP;
            }
            let row = Rect { width: right.saturating_sub(area.x), ..area };
            if muted {
                buffer.set_style(row, theme.style(Role::Muted));
            }
            if selected {
                let named: u16 = heads.iter().take(NAMING).map(|head| head.width + GAP).sum();
                let named = Rect { width: (LEAD + named).min(row.width), ..row };
                buffer.set_style(named, theme.style(Role::Selected));
                text::put(buffer, area.x, area.y, glyphs.bar, 1, theme.style(Role::Accent).patch(bg(theme)));
            }
            if marked {
                let style = theme.style(Role::Marked);
                let style = if selected { style.patch(bg(theme)) } else { style };
                text::put(buffer, area.x + 1, area.y, glyphs.mark, 1, style);
            }
        }
    }
}

/// The ground of the selection alone.
fn bg(theme: &Theme) -> ratatui::style::Style {
    let selected = theme.style(Role::Selected);
    ratatui::style::Style { fg: None, ..selected }
}

/// Draws a scroll bar on the right edge when not everything is visible.
pub fn scroll_bar(offset: usize, total: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buffer.area);
    let height = area.height as usize;
    if area.is_empty() || total <= height {
        return;
    }
    let thumb = (height * height / total).max(1);
    let top = (offset * (height - thumb)).div_ceil(total - height).min(height - thumb);
    let glyphs = theme.glyphs();
    for row in 0..height {
        let on = (top..top + thumb).contains(&row);
        let (sign, role) = if on { (glyphs.thumb, Role::Border) } else { (glyphs.rail, Role::Track) };
        text::put(buffer, area.right() - 1, area.y + row as u16, sign, 1, theme.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;
    use proptest::prelude::*;

    fn column(min: u16, ideal: u16, drop: u8, grows: bool) -> Width {
        Width { min, ideal, drop, grows }
    }

    #[test]
    fn the_cheapest_goes_first_and_the_rest_is_given_to_the_one_that_grows() {
        let columns = [column(4, 8, 0, true), column(6, 6, 2, false), column(5, 5, 1, false)];
        assert_eq!(solve(&columns, 30), [Some(15), Some(6), Some(5)]);
        assert_eq!(solve(&columns, 15), [Some(8), None, Some(5)]);
        assert_eq!(solve(&columns, 8), [Some(8), None, None]);
        assert_eq!(solve(&columns, 2), [Some(2), None, None]);
    }

    #[test]
    fn others_make_room_for_the_name_before_it_is_cut() {
        let columns = [column(4, 18, 0, true), column(12, 12, 1, false), column(12, 30, 2, false)];
        assert_eq!(solve(&columns, 34), [Some(20), Some(12), None]);
        assert_eq!(solve(&columns, 60), [Some(18), Some(12), Some(26)]);
    }

    const HEADS: [Head<'static>; 3] = [
        Head { title: "NAME", width: 8, right: false, sorted: None },
        Head { title: "CPU", width: 6, right: true, sorted: Some(true) },
        Head { title: "IMAGE", width: 6, right: false, sorted: None },
    ];

    fn row(name: &'static str, selected: bool, marked: bool) -> Row<'static> {
        let cells = [name, "38 %", "nginx:1.27"].map(Line::from).to_vec();
        Row::Cells { cells, marked, selected, muted: false }
    }

    fn drawn(theme: &Theme, rows: Vec<Row<'static>>, total: usize, width: u16, height: u16) -> Buffer {
        probe::draw_with(theme, width, height, |area, buffer, theme| draw(&HEADS, rows, 0, total, area, buffer, theme))
            .0
    }

    #[test]
    fn rows_stand_under_their_heads_and_what_is_cut_says_so() {
        let rows = vec![
            Row::Group(Line::from("shop")),
            row("web-1", true, false),
            row("容器管理系統", false, true),
            row("db", false, false),
        ];
        insta::assert_snapshot!(probe::text(&drawn(&probe::theme(), rows, 40, 30, 5)), @r"
               NAME       CPU ↓  IMAGE
            shop                         █
            ▌  web-1       38 %  nginx…  │
             ◆ 容器管…     38 %  nginx…  │
               db          38 %  nginx…  │
            ");
    }

    #[test]
    fn ascii_has_signs_of_its_own() {
        let shown = probe::text(&drawn(&probe::ascii(), vec![row("web-1", true, true)], 9, 30, 3));
        assert!(shown.is_ascii(), "{shown}");
        insta::assert_snapshot!(shown, @r"
               NAME       CPU v  IMAGE
            ># web-1       38 %  nginx~  #
                                         |
            ");
    }

    #[test]
    fn without_colour_the_selected_row_is_reversed_where_it_is_named() {
        let theme = probe::theme().fit(crate::app::theme::ColorDepth::None);
        let buffer = drawn(&theme, vec![row("a", false, false), row("b", true, false)], 2, 30, 3);
        let reversed = |y: u16| (0..14).all(|x| buffer[(x, y)].modifier.contains(ratatui::style::Modifier::REVERSED));
        assert_eq!([reversed(0), reversed(1), reversed(2)], [false, false, true]);
    }

    #[test]
    fn no_size_is_too_small_and_no_table_too_empty() {
        for (width, height) in [(0, 0), (1, 1), (2, 5), (20, 2)] {
            drawn(&probe::theme(), vec![row("web-1", true, true)], 1, width, height);
            drawn(&probe::theme(), vec![], 0, width, height);
        }
    }

    fn any_column() -> impl Strategy<Value = Width> {
        (1u16..20, 0u16..30, 0u8..4, any::<bool>())
            .prop_map(|(min, more, drop, grows)| column(min, min + more, drop, grows))
    }

    proptest! {
        #[test]
        fn columns_never_take_more_than_there_is(columns in proptest::collection::vec(any_column(), 0..9), room in 0u16..120) {
            let widths = solve(&columns, room);
            let shown: Vec<u16> = widths.iter().flatten().copied().collect();
            let gaps = GAP as usize * shown.len().saturating_sub(1);
            let sum: usize = shown.iter().map(|w| *w as usize).sum();
            prop_assert!(shown.is_empty() || sum + gaps <= room as usize);
        }
    }
}
