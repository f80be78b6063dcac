//! How a dashboard is drawn.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Board, BoardView, Entry};
use crate::{
    app::{desk::Desk, keys::Intent, theme::Role},
    model::{Fetch, Link},
    views::kit::{
        panel::Panel,
        table::{self, Head, Row},
        tabs, text,
        wrap::wrap,
    },
};

/// From this width on, the detail stands beside the table.
const WIDE: u16 = 150;
/// Least rows of a table with a detail below it, header and border included.
const TABLE_ROWS: u16 = 8;

impl<B: Board> BoardView<B> {
    pub(super) fn on_draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let rows = self.board.rows(desk);
        self.prepare(&rows, desk);
        let subject = self.shown_subject.is_some() && !self.pages.is_empty();
        if self.full && subject {
            self.body = Rect::default();
            return self.draw_detail(area, buffer, desk);
        }
        self.full = false;
        let (top, below) = if subject && self.detail { split(area) } else { (area, Rect::default()) };
        let cursor = self.draw_table(&rows, top, buffer, desk);
        self.detail_area = below;
        if below.height > 2 {
            self.draw_detail(below, buffer, desk);
        } else {
            self.tab_areas.clear();
        }
        cursor
    }

    fn draw_table(&mut self, rows: &[&B::Row], area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let inner = Panel { title: self.title(rows.len(), desk), remark: self.remark(desk), active: true }.draw(
            area,
            buffer,
            &desk.theme,
        );
        let mut body = inner;
        if let Some(note) = self.board.note(desk)
            && body.height > 3
        {
            text::put_line(buffer, body.x + 1, body.y, note, body.width.saturating_sub(2), desk.theme.glyphs());
            body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        }
        self.body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        self.list.scroll_to_cursor(self.body.height as usize);
        if self.list.entries().is_empty() {
            self.draw_empty(body, buffer, desk);
        } else {
            self.draw_rows(rows, body, buffer, desk);
        }
        let input = self.typing.as_ref()?;
        let wide = 30.min(area.width.saturating_sub(8));
        let place = Rect { x: area.right().saturating_sub(wide + 3), y: area.y, width: wide, height: 1 };
        text::put(buffer, place.x.saturating_sub(2), place.y, " /", 2, desk.theme.style(Role::Accent));
        input.draw(place, buffer, desk.theme.style(Role::FieldActive))
    }

    fn title(&self, rows: usize, desk: &Desk) -> Line<'static> {
        let theme = &desk.theme;
        let mut spans = vec![Span::styled(self.board.title(), theme.style(Role::Title))];
        let glyphs = theme.glyphs();
        let shown = self.list.shown();
        let mut summary = Cow::Borrowed(self.summary.as_str());
        if shown < rows {
            summary = format!("{shown} of {rows} shown").into();
        }
        if !self.list.marks.is_empty() {
            summary = format!("{summary} {} {} marked", glyphs.dot, self.list.marks.len()).into();
        }
        if let Some(problem) = self.list.filter().problem() {
            spans.push(Span::styled(format!(" {} {problem}", glyphs.border[4]), theme.style(Role::Bad)));
        } else if !summary.is_empty() {
            spans.push(Span::styled(format!(" {} ", glyphs.border[4]), theme.style(Role::Border)));
            spans.push(Span::styled(glyphs.plain(&summary).into_owned(), theme.style(Role::Muted)));
        }
        Line::from(spans)
    }

    fn remark(&self, desk: &Desk) -> Line<'static> {
        let theme = &desk.theme;
        let mut spans = Vec::new();
        let filter = self.list.filter();
        if !filter.text().is_empty() {
            let role = if filter.problem().is_some() { Role::Bad } else { Role::Accent };
            spans.push(Span::styled(format!("/{}", filter.text()), theme.style(role)));
            spans.push(Span::raw("  "));
        }
        if let Some(sort) = self.list.sort
            && let Some(column) = self.board.columns().get(sort.column)
        {
            let turn = if sort.down { theme.glyphs().down } else { theme.glyphs().up };
            spans.push(Span::styled(format!("sort {} {turn}", column.title.to_lowercase()), theme.style(Role::Muted)));
        }
        Line::from(spans)
    }

    fn draw_rows(&mut self, rows: &[&B::Row], area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let columns = self.board.columns();
        let shown: Vec<usize> = (0..columns.len()).filter(|i| (columns[*i].shown)(desk)).collect();
        let mut drawn: Vec<Row<'static>> = Vec::with_capacity(self.list.height);
        let muted = matches!(desk.store.link, Link::Lost { .. });
        let natural = self.list.sort.is_none() && self.list.filter().is_open();
        for (line, entry) in self.list.visible().iter().enumerate() {
            match entry {
                Entry::Group(name, count) => drawn.push(Row::Group(self.group_line(name, *count, desk))),
                Entry::Row(i) => {
                    let row = rows[*i];
                    let mut cells: Vec<Line<'static>> = shown.iter().map(|c| (columns[*c].cell)(row, desk)).collect();
                    if let (true, Some(twig), Some(cell)) = (natural, self.board.twig(row, desk), cells.first_mut()) {
                        cell.spans.insert(0, Span::styled(twig, desk.theme.style(Role::Border)));
                    }
                    for (column, cell) in shown.iter().zip(&cells) {
                        // Widths only grow while one looks, so that scrolling does not make columns dance.
                        self.widest[*column] = self.widest[*column].max(cell.width() as u16);
                    }
                    let selected = self.list.offset + line == self.list.cursor();
                    let marked = self.list.marks.contains(self.board.id(row));
                    drawn.push(Row::Cells { cells, marked, selected, muted });
                }
            }
        }
        let spaces: Vec<_> =
            shown.iter().map(|c| columns[*c].space(self.widest[*c] + sort_room(self.list.sort, *c))).collect();
        let spaces: Vec<_> =
            spaces.into_iter().zip(&shown).map(|(w, c)| table::Width { grows: columns[*c].grows, ..w }).collect();
        let widths = table::solve(&spaces, table::room(area.width));
        for row in &mut drawn {
            if let Row::Cells { cells, .. } = row {
                let mut kept = widths.iter().map(Option::is_some);
                cells.retain(|_| kept.next().unwrap_or(false));
            }
        }
        let heads: Vec<Head<'_>> = shown
            .iter()
            .zip(&widths)
            .filter_map(|(c, width)| {
                let sorted = self.list.sort.filter(|s| s.column == *c).map(|s| s.down);
                Some(Head { title: columns[*c].title, width: (*width)?, right: columns[*c].right, sorted })
            })
            .collect();
        table::draw(&heads, drawn, self.list.offset, self.list.entries().len(), area, buffer, &desk.theme);
    }

    fn group_line(&self, name: &str, count: usize, desk: &Desk) -> Line<'static> {
        let word = self.board.group_word().unwrap_or("group");
        let name = if name.is_empty() { format!("no {word}") } else { name.to_owned() };
        Line::from(vec![
            Span::styled(format!(" {} {name}", desk.theme.glyphs().open), desk.theme.style(Role::Project)),
            Span::styled(format!("  {count}"), desk.theme.style(Role::Muted)),
        ])
    }

    /// Never an empty screen without a reason.
    fn draw_empty(&self, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let part = self.board.parts().first();
        let fetch = part.map_or(&Fetch::Never, |part| desk.store.fetch(*part));
        let retry = desk.keys.label(Intent::Refresh).unwrap_or_default();
        let (role, first, second) = match (fetch, &desk.store.link) {
            (Fetch::Failed(problem, _), _) => {
                let hint = problem.hint.clone().unwrap_or_else(|| format!("{retry} tries again"));
                (Role::Bad, problem.sentence.clone(), hint)
            }
            (fetch, Link::Lost { problem, .. }) if part.is_some() && !fetch.is_known() => {
                let hint = problem.hint.clone().unwrap_or_else(|| format!("{retry} tries again at once"));
                (Role::Bad, problem.sentence.clone(), hint)
            }
            (Fetch::Never | Fetch::Loading, _) if part.is_some() => {
                let word = part.map_or("", |p| p.word());
                (Role::Muted, format!("reading {word} from `{}` …", desk.endpoint.name), String::new())
            }
            _ if !self.list.filter().is_open() => (
                Role::Muted,
                format!("nothing matches `{}`", self.list.filter().text()),
                "Esc shows everything again".into(),
            ),
            _ => {
                let (what, hint) = self.board.empty(desk);
                (Role::Text, what, hint)
            }
        };
        paragraph(&[(role, first), (Role::Muted, second)], area, buffer, desk);
    }

    fn draw_detail(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let subject = self.shown_subject.clone()?;
        let page = self.pages.get(self.page)?;
        let remark = Line::styled(page.remark(&subject, desk), desk.theme.style(Role::Muted));
        let title = self.tabs(&subject, area, desk);
        let inner = Panel { title, remark, active: self.full }.draw(area, buffer, &desk.theme);
        self.pages.get_mut(self.page)?.draw(&subject, inner, buffer, desk)
    }

    /// "web-1 ─ Logs · Stats · …", with the open tab standing out and the areas to click on noted.
    fn tabs(&mut self, subject: &crate::model::Subject, area: Rect, desk: &Desk) -> Line<'static> {
        let theme = &desk.theme;
        let titles: Vec<&'static str> = self.pages.iter().map(|p| p.title()).collect();
        let room = area.width.saturating_sub(4);
        let name =
            text::fit(&theme.glyphs().plain(&subject.name), usize::from(room / 2).max(8), theme.glyphs()).into_owned();
        let (line, places) =
            tabs::title(Span::styled(name, theme.style(Role::Title)).into(), &titles, self.page, room, theme);
        let place = |(start, width)| Rect { x: area.x + 2 + start, y: area.y, width, height: 1 };
        self.tab_areas = places.into_iter().map(place).collect();
        line
    }
}

fn sort_room(sort: Option<super::Sort>, column: usize) -> u16 {
    if sort.is_some_and(|s| s.column == column) { 2 } else { 0 }
}

fn split(area: Rect) -> (Rect, Rect) {
    if area.width >= WIDE {
        let left = area.width * 58 / 100;
        let right = Rect { x: area.x + left, width: area.width - left, ..area };
        return (Rect { width: left, ..area }, right);
    }
    let top = (area.height * 55 / 100).max(TABLE_ROWS).min(area.height);
    (Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area })
}

/// Lines in the middle of an area, wrapped at blanks.
pub(crate) fn paragraph(lines: &[(Role, String)], area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let wide = (area.width.saturating_sub(4) as usize).clamp(1, 76);
    let mut wrapped: Vec<(Role, String)> = Vec::new();
    for (role, line) in lines.iter().filter(|(_, l)| !l.is_empty()) {
        wrapped.extend(wrap(line, wide).into_iter().map(|l| (*role, l)));
    }
    let top = area.y + area.height.saturating_sub(wrapped.len() as u16) / 2;
    for ((role, line), y) in wrapped.into_iter().zip(top..area.bottom()) {
        let indent = (area.width as usize).saturating_sub(text::width(&line)) / 2;
        let line = desk.theme.glyphs().plain(&line).into_owned();
        text::put(
            buffer,
            area.x + indent as u16,
            y,
            &line,
            area.width.saturating_sub(indent as u16),
            desk.theme.style(role),
        );
    }
}
