//! What a container changed in its files, against the image. Knows no storage driver.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    cursor::Cursor,
    lines,
    search::{SearchLine, Typed},
};
use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
        wants::Wants,
    },
    model::{Answer, Ask, ContainerId, Feature, PathChange, PathChangeKind, Subject, Told},
    views::{
        board::{Filter, Page, waiting},
        kit::table,
    },
};

/// What a container changed in its files.
#[derive(Default)]
pub struct FilesPage {
    cursor: Cursor,
    filter: Filter,
    search: SearchLine,
    /// Indices of the changes that passed the filter.
    shown: Vec<usize>,
}

impl FilesPage {
    /// The page with every change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the changes through the filter.
    fn sieve(&mut self, all: &[PathChange]) {
        let filter = &mut self.filter;
        self.shown = match filter.is_open() {
            true => (0..all.len()).collect(),
            false => (0..all.len()).filter(|index| filter.lets(&all[*index].path)).collect(),
        };
    }

    fn set_filter(&mut self, text: &str) {
        self.filter = Filter::new(text);
        self.cursor.put(0);
    }
}

fn answer<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Answer> {
    desk.store.answer(&Ask::Changes(ContainerId::new(&subject.id)))
}

fn changes<'a>(subject: &Subject, desk: &'a Desk) -> &'a [PathChange] {
    match answer(subject, desk).and_then(|answer| answer.told.as_ref()) {
        Some(Told::Changes(all)) => all,
        _ => &[],
    }
}

/// The letter that `docker diff` has for it, and how it is meant.
const fn sign(kind: PathChangeKind) -> (&'static str, Role) {
    match kind {
        PathChangeKind::Added => ("A", Role::Good),
        PathChangeKind::Changed => ("C", Role::Warn),
        PathChangeKind::Removed => ("D", Role::Bad),
    }
}

fn line(change: &PathChange, desk: &Desk) -> Line<'static> {
    let (letter, role) = sign(change.kind);
    Line::from(vec![
        Span::styled(letter, desk.theme.style(role)),
        Span::raw("  "),
        Span::styled(change.path.clone(), desk.theme.style(Role::Text)),
    ])
}

impl Page for FilesPage {
    fn title(&self) -> &'static str {
        "Files"
    }

    fn wants(&self, subject: &Subject, desk: &Desk, wants: &mut Wants) {
        if desk.store.caps.has(Feature::FileChanges) {
            wants.ask(Ask::Changes(ContainerId::new(&subject.id)));
        }
    }

    fn turn(&mut self, _subject: &Subject) {
        *self = Self::new();
    }

    fn key(&mut self, intent: Option<Intent>, key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        if self.search.is_open() {
            match self.search.key(key) {
                Typed::Changed(text) => self.set_filter(&text),
                Typed::Dropped => self.set_filter(""),
                Typed::Kept | Typed::Nothing => {}
            }
            return Outcome::Handled;
        }
        let all = changes(subject, desk);
        self.sieve(all);
        match intent {
            Some(Intent::Filter) => self.search.open(self.filter.text()),
            Some(Intent::Back) if !self.filter.text().is_empty() => self.set_filter(""),
            Some(Intent::Copy) => {
                return match self.shown.get(self.cursor.at()).and_then(|index| all.get(*index)) {
                    Some(change) => Outcome::Wish(Wish::Copy(change.path.clone())),
                    None => Outcome::refuse("no path is selected to copy"),
                };
            }
            Some(intent) if self.cursor.step(intent, self.shown.len()) => {}
            _ => return Outcome::Ignored,
        }
        Outcome::Handled
    }

    fn is_typing(&self) -> bool {
        self.search.is_open()
    }

    fn paste(&mut self, text: &str) {
        if let Some(text) = self.search.paste(text) {
            self.set_filter(&text);
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let (body, foot) = self.search.split(area);
        let say = |words: String| vec![Line::styled(words, desk.theme.style(Role::Muted))];
        let refusal = desk.store.caps.refuses(Feature::FileChanges);
        let why = refusal.map(|why| say(format!("changed files cannot be listed: {why}")));
        let fetch = answer(subject, desk).map(|answer| &answer.fetch);
        if let Some(said) = why.or_else(|| waiting(fetch, "the changed files", desk)) {
            lines(said, body, buffer, desk);
            return None;
        }
        let all = changes(subject, desk);
        self.sieve(all);
        if self.shown.is_empty() {
            let words = match all.is_empty() {
                true => format!("`{}` has changed nothing of its image's files", subject.name),
                false => format!("no path matches `{}`", self.filter.text()),
            };
            lines(say(words), body, buffer, desk);
        }
        let seen = self.cursor.seen(self.shown.len(), usize::from(body.height));
        for (at, y) in seen.clone().zip(body.y..body.bottom()) {
            let row = Rect { y, height: 1, ..body };
            lines(vec![line(&all[self.shown[at]], desk)], row, buffer, desk);
            if at == self.cursor.at() {
                buffer.set_style(row.intersection(buffer.area), desk.theme.style(Role::Selected));
            }
        }
        table::scroll_bar(seen.start, self.shown.len(), body, buffer, &desk.theme);
        self.search.draw(foot, buffer, &desk.theme)
    }

    fn remark(&self, subject: &Subject, desk: &Desk) -> String {
        let all = changes(subject, desk);
        let count = |kind| all.iter().filter(|change| change.kind == kind).count();
        if all.is_empty() {
            return String::new();
        }
        let counts = [
            (count(PathChangeKind::Added), "added"),
            (count(PathChangeKind::Changed), "changed"),
            (count(PathChangeKind::Removed), "removed"),
        ];
        let mut words: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if !self.filter.text().is_empty() {
            words.insert(0, format!("/{}", self.filter.text()));
        }
        words.join(&format!(" {} ", desk.theme.glyphs().dot))
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let all = changes(subject, desk);
        let lines: Vec<String> = all.iter().map(|c| format!("{} {}\n", sign(c.kind).0, c.path)).collect();
        (!lines.is_empty()).then(|| lines.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Problem,
        views::detail::scene::{self, press, subject, words},
    };

    fn desk(all: &[(PathChangeKind, &str)]) -> Desk {
        let mut desk = Desk::for_test();
        let ask = Ask::Changes(ContainerId::new("web"));
        desk.store.asked(ask.clone());
        let all = all.iter().map(|(kind, path)| PathChange { kind: *kind, path: (*path).into() }).collect();
        desk.store.told(&ask, Ok(Told::Changes(all)), desk.now);
        desk
    }

    fn some() -> Desk {
        desk(&[
            (PathChangeKind::Changed, "/etc"),
            (PathChangeKind::Added, "/etc/new"),
            (PathChangeKind::Removed, "/var/log/old"),
        ])
    }

    fn shown(page: &mut FilesPage, desk: &Desk) -> String {
        scene::page(page, &subject("web"), desk, 60, 4)
    }

    #[test]
    fn changes_are_listed_and_counted() {
        let mut page = FilesPage::new();
        insta::assert_snapshot!(shown(&mut page, &some()), @r"
            C  /etc
            A  /etc/new
            D  /var/log/old
            ");
        assert_eq!(page.remark(&subject("web"), &some()), "1 added · 1 changed · 1 removed");
    }

    #[test]
    fn a_filter_leaves_what_matches_and_esc_gives_the_rest_back() {
        let (mut page, desk) = (FilesPage::new(), some());
        press(&mut page, &subject("web"), &desk, &["/", "l", "o", "g"]);
        assert!(page.is_typing());
        press(&mut page, &subject("web"), &desk, &["enter"]);
        assert_eq!(shown(&mut page, &desk).trim(), "D  /var/log/old");
        assert_eq!(words(&press(&mut page, &subject("web"), &desk, &["c"])), "Copy(\"/var/log/old\")");
        press(&mut page, &subject("web"), &desk, &["esc"]);
        assert!(shown(&mut page, &desk).contains("/etc/new"));
    }

    #[test]
    fn no_change_and_no_answer_are_told_apart() {
        let mut page = FilesPage::new();
        assert_eq!(shown(&mut page, &desk(&[])).trim(), "`web` has changed nothing of its image's files");
        let mut desk = Desk::for_test();
        assert_eq!(shown(&mut page, &desk).trim(), "reading the changed files …");
        let ask = Ask::Changes(ContainerId::new("web"));
        desk.store.asked(ask.clone());
        desk.store.told(&ask, Err(Problem::new("it is gone")), desk.now);
        assert_eq!(shown(&mut page, &desk).trim(), "it is gone");
    }
}
