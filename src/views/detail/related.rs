//! Things that belong to the selected one: a small table whose rows lead to them. Knows no dashboard.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use super::cursor::Cursor;
use crate::{
    app::{desk::Desk, keys::Intent, view::Outcome, wants::Wants},
    model::{Age, Container, ContainerId, Image, ImageId, Kind, Part, Subject},
    views::{
        board::{Page, muted, page::joined, plain, waiting},
        containers::state_cell,
        kit::{
            table::{self, Head, Row, Width},
            text,
        },
        overlay::{Choice, Picker},
    },
};

/// A column of a table of related things.
pub(crate) struct Field {
    title: &'static str,
    width: (u16, u16),
    drop: u8,
    right: bool,
}

impl Field {
    /// A column, its least and greatest width, and how soon it drops out; the first takes what is left.
    pub(crate) const fn new(title: &'static str, width: (u16, u16), drop: u8) -> Self {
        Self { title, width, drop, right: false }
    }

    /// For numbers.
    pub(crate) const fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

/// What is particular to one sort of related things.
pub(crate) struct Relation<R: 'static> {
    /// The tab's title.
    pub(crate) title: &'static str,
    /// The part that the things are of.
    pub(crate) part: Part,
    /// The columns.
    pub(crate) fields: &'static [Field],
    /// The things that belong to a subject.
    pub(crate) rows: for<'a> fn(&Subject, &'a Desk) -> Vec<&'a R>,
    /// A cell for each column.
    pub(crate) cells: fn(&R, &Subject, &Desk) -> Vec<Line<'static>>,
    /// Where a row leads.
    pub(crate) leads: fn(&R, &Desk) -> Subject,
    /// What is said when there is nothing.
    pub(crate) none: &'static str,
}

/// A page of related things.
pub(crate) struct RelatedPage<R: 'static> {
    relation: Relation<R>,
    cursor: Cursor,
}

impl<R> RelatedPage<R> {
    /// A page of these.
    pub(crate) fn new(relation: Relation<R>) -> Self {
        Self { relation, cursor: Cursor::default() }
    }

    fn draw_rows(&mut self, rows: &[&R], subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let seen = self.cursor.seen(rows.len(), usize::from(area.height.saturating_sub(1)));
        let cells: Vec<_> = rows[seen.clone()].iter().map(|row| (self.relation.cells)(row, subject, desk)).collect();
        let widths = table::solve(&self.spaces(&cells), table::room(area.width));
        let heads: Vec<_> = self.relation.fields.iter().zip(&widths).filter_map(head).collect();
        let drawn = cells.into_iter().enumerate().map(|(at, cells)| Row::Cells {
            cells: cells.into_iter().zip(&widths).filter(|(_, w)| w.is_some()).map(|(cell, _)| cell).collect(),
            marked: false,
            selected: seen.start + at == self.cursor.at(),
            muted: desk.is_lost(),
        });
        table::draw(&heads, drawn.collect(), seen.start, rows.len(), area, buffer, &desk.theme);
    }

    fn spaces(&self, cells: &[Vec<Line<'_>>]) -> Vec<Width> {
        let widest = |at: usize| cells.iter().filter_map(|row| row.get(at)).map(Line::width).max().unwrap_or(0) as u16;
        let space = |(at, field): (usize, &Field)| {
            let least = field.width.0.max(text::width(field.title) as u16);
            Width {
                min: least,
                ideal: widest(at).clamp(least, field.width.1.max(least)),
                drop: field.drop,
                grows: at == 0,
            }
        };
        self.relation.fields.iter().enumerate().map(space).collect()
    }
}

fn head<'a>((field, width): (&'a Field, &Option<u16>)) -> Option<Head<'a>> {
    Some(Head { title: field.title, width: (*width)?, right: field.right, sorted: None })
}

impl<R: 'static> Page for RelatedPage<R> {
    fn title(&self) -> &'static str {
        self.relation.title
    }

    fn wants(&self, _subject: &Subject, _desk: &Desk, wants: &mut Wants) {
        wants.part(self.relation.part);
    }

    fn turn(&mut self, _subject: &Subject) {
        self.cursor = Cursor::default();
    }

    fn key(&mut self, intent: Option<Intent>, _key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        let rows = (self.relation.rows)(subject, desk);
        let Some(intent) = intent else { return Outcome::Ignored };
        if self.cursor.step(intent, rows.len()) {
            return Outcome::Handled;
        }
        match (intent, rows.get(self.cursor.at())) {
            (Intent::Toggle | Intent::Jump, Some(row)) => Outcome::Jump((self.relation.leads)(row, desk)),
            _ => Outcome::Ignored,
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let rows = (self.relation.rows)(subject, desk);
        if !rows.is_empty() {
            self.draw_rows(&rows, subject, area, buffer, desk);
            return None;
        }
        let lines = waiting(Some(desk.store.fetch(self.relation.part)), self.relation.part.word(), desk);
        let lines = lines.unwrap_or_else(|| vec![muted(desk, self.relation.none)]);
        super::lines(lines, area, buffer, desk);
        None
    }

    fn remark(&self, subject: &Subject, desk: &Desk) -> String {
        match (self.relation.rows)(subject, desk).len() {
            0 => String::new(),
            count => count.to_string(),
        }
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let rows = (self.relation.rows)(subject, desk);
        let lines = rows.into_iter().map(|row| {
            let cells = (self.relation.cells)(row, subject, desk);
            Line::from(cells.iter().map(text::plain).collect::<Vec<_>>().join("\t"))
        });
        Some(joined(&lines.collect::<Vec<_>>()))
    }
}

/// Jumps to the only one, lets pick among many, and says when there is none.
pub(crate) fn jump(title: &str, mut to: Vec<Subject>, none: impl Into<String>) -> Outcome {
    match to.len() {
        0 => Outcome::refuse(none),
        1 => Outcome::Jump(to.remove(0)),
        _ => {
            let choices = to.iter().map(|subject| Choice::new(&subject.name, subject.kind.word())).collect();
            Outcome::Open(Box::new(Picker::new(title, choices, move |at| Outcome::Jump(to[at].clone()))))
        }
    }
}

/// The columns of [`container_cells`].
pub(crate) const CONTAINER: [Field; 4] = [
    Field::new("NAME", (12, 40), 0),
    Field::new("STATE", (12, 16), 1),
    Field::new("IMAGE", (10, 32), 3),
    Field::new("AGE", (4, 6), 2).right(),
];

/// What a container is, in a few cells.
pub(crate) fn container_cells(container: &Container, _subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    vec![
        plain(desk, &container.name),
        state_cell(container, desk),
        muted(desk, &container.image),
        muted(desk, Age::since(container.created, desk.now).to_string()),
    ]
}

/// A container as the subject of a jump.
pub(crate) fn container_subject(container: &Container, _desk: &Desk) -> Subject {
    Subject::new(Kind::Container, container.id.as_str(), &container.name)
}

/// An image as the subject of a jump.
pub(crate) fn image_subject(image: &Image) -> Subject {
    Subject::new(Kind::Image, image.id.as_str(), image.name())
}

/// The containers with these ids, as far as they are known.
pub(crate) fn containers<'a>(ids: &[ContainerId], desk: &'a Desk) -> Vec<&'a Container> {
    ids.iter().filter_map(|id| desk.store.containers.get(id)).collect()
}

/// The images with these ids, as far as they are known.
pub(crate) fn images<'a>(ids: &[ImageId], desk: &'a Desk) -> Vec<&'a Image> {
    ids.iter().filter_map(|id| desk.store.images.get(id)).collect()
}

/// A container's name, or its short id when it is not known.
pub(crate) fn container_name<'a>(id: &'a ContainerId, desk: &'a Desk) -> &'a str {
    desk.store.containers.get(id).map_or_else(|| id.short(), |container| container.name.as_str())
}

/// Names in a sentence: "`a`", "`a` and `b`", "`a`, `b` and 3 more".
pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nobody".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_cut_to_what_can_be_read() {
        assert_eq!(named(["a"]), "`a`");
        assert_eq!(named(["a", "b"]), "`a` and `b`");
        assert_eq!(named(["a", "b", "c", "d"]), "`a`, `b` and 2 more");
    }

    #[test]
    fn a_jump_goes_at_once_where_there_is_no_choice() {
        let web = || Subject::new(Kind::Container, "c1", "web");
        assert!(matches!(jump("Go", vec![web()], "none"), Outcome::Jump(to) if to == web()));
        assert!(matches!(jump("Go", vec![web(), web()], "none"), Outcome::Open(_)));
        assert!(matches!(jump("Go", Vec::new(), "nobody has it"), Outcome::Refuse(why) if why.0 == "nobody has it"));
    }
}
