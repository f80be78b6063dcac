//! What is in a volume, as a tree whose folders are read when they are unfolded. Knows no engine.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{archives, find};
use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
        wants::Wants,
    },
    model::{Answer, Ask, FileEntry, FileKind, Subject, Told, VolumeName},
    views::{
        board::{Page, waiting},
        detail::{Cursor, lines},
        kit::{table, text},
    },
};

/// The folder that is the volume itself.
const TOP: &str = "/";
/// Columns that are left to the names, at least.
const NAME: usize = 24;

/// What is in a volume.
#[derive(Default)]
pub(super) struct FilesPage {
    cursor: Cursor,
    /// Folders that are unfolded, by their paths.
    open: BTreeSet<String>,
    /// The selected path, which stays selected while others come and go.
    selected: Option<String>,
}

/// A line of the tree.
struct Row<'a> {
    depth: usize,
    path: String,
    /// Whether its content is shown; `None` where it has none.
    open: Option<bool>,
    kind: RowKind<'a>,
}

enum RowKind<'a> {
    File(&'a FileEntry),
    /// Instead of a folder's content: why it is not there.
    Said(Line<'static>),
}

fn answer<'a>(subject: &Subject, folder: &str, desk: &'a Desk) -> Option<&'a Answer> {
    desk.store.answer(&ask(subject, folder))
}

fn ask(subject: &Subject, folder: &str) -> Ask {
    Ask::Files(VolumeName::new(&subject.id), folder.to_owned())
}

fn files(answer: Option<&Answer>) -> &[FileEntry] {
    match answer.and_then(|answer| answer.told.as_ref()) {
        Some(Told::Files(all)) => all,
        _ => &[],
    }
}

/// Why nothing can be seen of it.
fn refusal(subject: &Subject, desk: &Desk) -> Option<String> {
    archives::refusal(Intent::Browse, find(subject, desk)?, desk).map(|refusal| refusal.0)
}

impl FilesPage {
    fn rows<'a>(&self, subject: &Subject, desk: &'a Desk) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        self.grow(TOP, 0, subject, desk, &mut rows);
        rows
    }

    fn grow<'a>(&self, folder: &str, depth: usize, subject: &Subject, desk: &'a Desk, rows: &mut Vec<Row<'a>>) {
        let answer = answer(subject, folder, desk);
        let said = waiting(answer.map(|answer| &answer.fetch), "the folder", desk).into_iter().flatten();
        // A folder that failed to be read again still shows what it had.
        let all = files(answer);
        if all.is_empty() {
            let kind = |line| Row { depth, path: format!("{folder}\0"), open: None, kind: RowKind::Said(line) };
            rows.extend(said.map(kind));
        }
        for entry in all {
            let path = format!("{}/{}", folder.trim_end_matches('/'), entry.name);
            let open = (entry.kind == FileKind::Folder).then(|| self.open.contains(&path));
            rows.push(Row { depth, path: path.clone(), open, kind: RowKind::File(entry) });
            if open == Some(true) {
                self.grow(&path, depth + 1, subject, desk, rows);
            }
        }
    }

    /// Finds the selected path again.
    fn follow(&mut self, rows: &[Row<'_>]) {
        if let Some(at) = self.selected.as_ref().and_then(|path| rows.iter().position(|row| row.path == *path)) {
            self.cursor.put(at);
        }
        self.selected = rows.get(self.cursor.at()).map(|row| row.path.clone());
    }

    fn toggle(&mut self, row: &Row<'_>) {
        match row.open {
            Some(true) => drop(self.open.remove(&row.path)),
            Some(false) => drop(self.open.insert(row.path.clone())),
            None => {}
        }
    }

    /// Folds, or goes to the folder that it is in.
    fn leave(&mut self, row: &Row<'_>) {
        match row.path.rsplit_once('/') {
            _ if row.open == Some(true) => self.toggle(row),
            Some((parent, _)) if !parent.is_empty() => self.selected = Some(parent.to_owned()),
            _ => {}
        }
    }
}

/// `drwxr-xr-x`, as ls(1) has it.
fn rights(entry: &FileEntry) -> String {
    let kind = match entry.kind {
        FileKind::Folder => 'd',
        FileKind::File => '-',
        FileKind::Symlink => 'l',
        FileKind::CharDevice => 'c',
        FileKind::BlockDevice => 'b',
        FileKind::Fifo => 'p',
        FileKind::Socket => 's',
    };
    let bit = |at: u32| entry.mode >> at & 1 == 1;
    let mut letters = String::from(kind);
    for (shift, special, word) in [(6, 11, 's'), (3, 10, 's'), (0, 9, 't')] {
        letters.push(if bit(shift + 2) { 'r' } else { '-' });
        letters.push(if bit(shift + 1) { 'w' } else { '-' });
        letters.push(match (bit(shift), bit(special)) {
            (true, true) => word,
            (false, true) => word.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

/// A column before the names.
struct Column {
    title: &'static str,
    width: usize,
    right: bool,
    cell: fn(&FileEntry, &Desk) -> String,
}

/// The last drops out first.
const COLUMNS: [Column; 4] = [
    Column { title: "SIZE", width: 8, right: true, cell: |entry, _| size(entry) },
    Column { title: "MODE", width: 10, right: false, cell: |entry, _| rights(entry) },
    Column {
        title: "CHANGED",
        width: 19,
        right: false,
        cell: |entry, desk| entry.modified.map(|at| desk.stamp(at)).unwrap_or_default(),
    },
    Column { title: "OWNER", width: 11, right: true, cell: |entry, _| format!("{}:{}", entry.uid, entry.gid) },
];

/// Of a folder the size says nothing of what is in it.
fn size(entry: &FileEntry) -> String {
    if entry.kind == FileKind::File { entry.size.to_string() } else { String::new() }
}

fn columns(room: usize) -> &'static [Column] {
    let fits = |count: usize| COLUMNS[..count].iter().map(|column| column.width + 2).sum::<usize>() + NAME <= room;
    &COLUMNS[..(0..=COLUMNS.len()).rev().find(|count| fits(*count)).unwrap_or(0)]
}

fn cells(columns: &[Column], cell: impl Fn(&Column) -> String, desk: &Desk) -> String {
    let glyphs = desk.theme.glyphs();
    columns.iter().map(|column| text::pad(&cell(column), column.width, column.right, glyphs) + "  ").collect()
}

fn head(columns: &[Column], desk: &Desk) -> Line<'static> {
    let titles = cells(columns, |column| column.title.into(), desk);
    Line::styled(format!("{titles}  NAME"), desk.theme.style(Role::ColumnTitle))
}

fn line(row: &Row<'_>, columns: &[Column], desk: &Desk) -> Line<'static> {
    let (theme, indent) = (&desk.theme, "  ".repeat(row.depth));
    let glyphs = theme.glyphs();
    let RowKind::File(entry) = &row.kind else {
        let RowKind::Said(said) = &row.kind else { return Line::default() };
        let blank = cells(columns, |_| String::new(), desk);
        let mut line = said.clone();
        line.spans.insert(0, Span::raw(format!("{blank}{indent}  ")));
        return line;
    };
    let sign = match row.open {
        Some(true) => glyphs.open,
        Some(false) => glyphs.folded,
        None => " ",
    };
    let role = if entry.kind == FileKind::Folder { Role::Accent } else { Role::Text };
    let target = entry.target.as_ref().map(|target| format!(" -> {target}")).unwrap_or_default();
    Line::from(vec![
        Span::styled(cells(columns, |column| (column.cell)(entry, desk), desk), theme.style(Role::Muted)),
        Span::styled(format!("{indent}{sign} "), theme.style(Role::Faint)),
        Span::styled(entry.name.clone(), theme.style(role)),
        Span::styled(target, theme.style(Role::Muted)),
    ])
}

impl Page for FilesPage {
    fn title(&self) -> &'static str {
        "Files"
    }

    fn wants(&self, subject: &Subject, desk: &Desk, wants: &mut Wants) {
        if refusal(subject, desk).is_none() && find(subject, desk).is_some() {
            wants.ask(ask(subject, TOP));
            self.open.iter().for_each(|folder| wants.ask(ask(subject, folder)));
        }
    }

    fn turn(&mut self, _subject: &Subject) {
        *self = Self::default();
    }

    fn key(&mut self, intent: Option<Intent>, _key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        let rows = self.rows(subject, desk);
        self.follow(&rows);
        let row = rows.get(self.cursor.at());
        match (intent, row) {
            (Some(Intent::Toggle), Some(row)) => self.toggle(row),
            (Some(Intent::Right), Some(row)) if row.open == Some(false) => self.toggle(row),
            (Some(Intent::Left), Some(row)) => self.leave(row),
            (Some(Intent::FoldAll), _) => self.open.clear(),
            (Some(Intent::Copy | Intent::CopyPath), Some(row)) => {
                return Outcome::Wish(Wish::Copy(row.path.trim_end_matches('\0').to_owned()));
            }
            (Some(intent), _) if self.cursor.step(intent, rows.len()) => {
                self.selected = rows.get(self.cursor.at()).map(|row| row.path.clone());
            }
            _ => return Outcome::Ignored,
        }
        Outcome::Handled
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let say = |words: String| vec![Line::styled(words, desk.theme.style(Role::Muted))];
        let top = answer(subject, TOP, desk);
        let said = refusal(subject, desk).map(say);
        if let Some(said) = said.or_else(|| waiting(top.map(|answer| &answer.fetch), "the files", desk)) {
            lines(said, area, buffer, desk);
            return None;
        }
        let rows = self.rows(subject, desk);
        if rows.is_empty() {
            lines(say(format!("`{}` is empty", subject.name)), area, buffer, desk);
            return None;
        }
        self.follow(&rows);
        let columns = columns(usize::from(area.width.saturating_sub(2)));
        lines(vec![head(columns, desk)], area, buffer, desk);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let seen = self.cursor.seen(rows.len(), usize::from(body.height));
        for (index, y) in seen.clone().zip(body.y..body.bottom()) {
            let place = Rect { y, height: 1, ..body };
            lines(vec![line(&rows[index], columns, desk)], place, buffer, desk);
            if index == self.cursor.at() {
                buffer.set_style(place.intersection(buffer.area), desk.theme.style(Role::Selected));
            }
        }
        table::scroll_bar(seen.start, rows.len(), body, buffer, &desk.theme);
        None
    }

    fn remark(&self, subject: &Subject, desk: &Desk) -> String {
        match files(answer(subject, TOP, desk)).len() {
            0 => String::new(),
            1 => "1 entry".into(),
            many => format!("{many} entries"),
        }
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let rows = self.rows(subject, desk);
        let all = rows.iter().map(|row| text::plain(&line(row, &COLUMNS, desk)));
        let all: Vec<String> = [text::plain(&head(&COLUMNS, desk))].into_iter().chain(all).collect();
        (!rows.is_empty()).then(|| all.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bytes;

    #[test]
    fn rights_are_spelled_as_ls_spells_them() {
        let spelled = |kind, mode| {
            let (name, size, target) = (String::new(), Bytes(0), None);
            rights(&FileEntry { name, kind, size, mode, uid: 0, gid: 0, modified: None, target })
        };
        assert_eq!(spelled(FileKind::Folder, 0o1777), "drwxrwxrwt");
        assert_eq!(spelled(FileKind::File, 0o4755), "-rwsr-xr-x");
        assert_eq!(spelled(FileKind::File, 0o2644), "-rw-r-Sr--");
        assert_eq!(spelled(FileKind::Symlink, 0o777), "lrwxrwxrwx");
    }

    #[test]
    fn columns_drop_out_before_names_do() {
        let titles = |room| columns(room).iter().map(|column| column.title).collect::<Vec<_>>();
        assert_eq!(titles(78), ["SIZE", "MODE", "CHANGED"]);
        assert_eq!(titles(120).len(), 4);
        assert_eq!(titles(20), [""; 0]);
    }
}
