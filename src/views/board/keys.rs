//! What keys and the mouse do on a dashboard.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};

use super::{Board, BoardView, Entry, Sort};
use crate::{
    app::{
        desk::Desk,
        keys::{Intent, Place},
        view::{Outcome, Wish},
    },
    views::{
        Hint,
        kit::{input::LineInput, text},
        overlay,
    },
};

impl<B: Board> BoardView<B> {
    pub(super) fn on_key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        let rows = self.board.rows(desk);
        self.prepare(&rows, desk);
        if self.typing.is_some() {
            return self.type_filter(key, &rows, desk);
        }
        if self.full
            && let (Some(page), Some(subject)) = (self.pages.get_mut(self.page), &self.shown_subject)
        {
            let intent = desk.keys.meaning(&[Place::Text, Place::Everywhere], key);
            let outcome = page.key(intent, key, subject, desk);
            if !matches!(outcome, Outcome::Ignored) || page.is_typing() {
                return outcome;
            }
        }
        let Some(intent) = desk.keys.meaning(&[Place::List, Place::Everywhere], key) else { return Outcome::Ignored };
        self.on_intent(intent, &rows, desk)
    }

    pub(super) fn on_intent(&mut self, intent: Intent, rows: &[&B::Row], desk: &Desk) -> Outcome {
        if let Some(by) = intent.lines(self.list.height) {
            self.list.step(by, &self.board, rows);
            self.moved_at = Some(desk.now);
            self.prepare(rows, desk);
            return Outcome::Handled;
        }
        match intent {
            Intent::Back => return self.back(rows, desk),
            Intent::Open if self.pages.is_empty() || self.list.selected().is_none() => {}
            Intent::Open => match self.list.selected().and_then(|i| self.board.open(rows[i], desk)) {
                Some(outcome) => return outcome,
                None => self.full = !self.full,
            },
            Intent::Detail => self.detail = !self.detail,
            Intent::NextTab => self.turn_tab(1),
            Intent::PrevTab => self.turn_tab(self.pages.len().saturating_sub(1)),
            Intent::Filter => self.typing = Some(LineInput::new(self.list.filter().text())),
            Intent::Mark => {
                self.list.toggle_mark();
                self.list.step(1, &self.board, rows);
            }
            Intent::MarkAll => self.list.toggle_all(&self.board, rows),
            Intent::Sort => self.sort_next(rows, desk),
            Intent::SortTurn => {
                if let Some(sort) = &mut self.list.sort {
                    sort.down = !sort.down;
                }
            }
            Intent::Groups => match self.board.group_word() {
                Some(_) => self.list.grouped = !self.list.grouped,
                None => return Outcome::refuse(format!("{} have no groups", self.board.title().to_lowercase())),
            },
            Intent::Inspect if self.open_page("Inspect") => {}
            Intent::Logs if self.open_page("Logs") => {}
            Intent::Browse if self.open_page("Files") => {}
            Intent::Refresh => return Outcome::Wish(Wish::Refresh(self.board.parts().to_vec())),
            Intent::Save => return self.save(rows, desk),
            Intent::Copy => {
                let Some(row) = self.list.selected() else { return Outcome::refuse("nothing is selected to copy") };
                return match self.board.act(intent, &self.picked(rows), desk) {
                    Outcome::Ignored => Outcome::Wish(Wish::Copy(self.board.subject(rows[row]).name)),
                    outcome => outcome,
                };
            }
            other => {
                let picked = self.picked(rows);
                return self.board.act(other, &picked, desk);
            }
        }
        self.prepare(rows, desk);
        Outcome::Handled
    }

    fn back(&mut self, rows: &[&B::Row], desk: &Desk) -> Outcome {
        if self.full {
            self.full = false;
        } else if !self.list.filter().text().is_empty() {
            self.list.set_filter("");
        } else if !self.list.marks.is_empty() {
            self.list.marks.clear();
        } else {
            return Outcome::Ignored;
        }
        self.prepare(rows, desk);
        Outcome::Handled
    }

    fn turn_tab(&mut self, by: usize) {
        if !self.pages.is_empty() {
            self.page = (self.page + by) % self.pages.len();
            self.detail = true;
        }
    }

    /// Opens the page of this title, full screen; says whether there is one.
    fn open_page(&mut self, title: &str) -> bool {
        let found = self.pages.iter().position(|p| p.title() == title);
        if let (Some(page), Some(_)) = (found, self.list.selected()) {
            self.page = page;
            self.full = true;
        }
        found.is_some()
    }

    fn type_filter(&mut self, key: KeyEvent, rows: &[&B::Row], desk: &Desk) -> Outcome {
        let Some(input) = &mut self.typing else { return Outcome::Ignored };
        match key.code {
            KeyCode::Enter | KeyCode::Down | KeyCode::Up => self.typing = None,
            KeyCode::Esc => {
                self.typing = None;
                self.list.set_filter("");
            }
            KeyCode::Backspace if input.text().is_empty() => self.typing = None,
            _ if input.key(key) => {
                let typed = input.text().to_owned();
                self.list.set_filter(&typed);
            }
            _ => return Outcome::Ignored,
        }
        self.prepare(rows, desk);
        Outcome::Handled
    }

    fn sort_next(&mut self, rows: &[&B::Row], desk: &Desk) {
        let columns = self.board.columns();
        let sortable: Vec<usize> =
            (0..columns.len()).filter(|i| columns[*i].order.is_some() && (columns[*i].shown)(desk)).collect();
        let now = self.list.sort.and_then(|s| sortable.iter().position(|i| *i == s.column));
        let next = now.map_or(0, |at| at + 1);
        let natural = self.board.sort().is_none() && now.is_some();
        let first = if natural { None } else { sortable.first() };
        self.list.sort = sortable.get(next).or(first).map(|column| {
            let down = columns[*column].order.as_ref().is_some_and(|o| o.down);
            Sort { column: *column, down }
        });
        self.prepare(rows, desk);
    }

    fn save(&mut self, rows: &[&B::Row], desk: &Desk) -> Outcome {
        let page = self.pages.get(self.page).filter(|_| self.full);
        if let (Some(page), Some(subject)) = (page, &self.shown_subject) {
            return match page.text(subject, desk) {
                Some(text) => {
                    let name = format!("{}-{}.txt", subject.name, page.title().to_lowercase());
                    Outcome::Open(overlay::save(&name, text))
                }
                None => Outcome::refuse(format!("{} cannot be saved", page.title().to_lowercase())),
            };
        }
        let name = format!("{}.txt", self.board.title().to_lowercase());
        Outcome::Open(overlay::save(&name, self.table_text(rows, desk)))
    }

    /// The whole shown table as aligned text.
    fn table_text(&self, rows: &[&B::Row], desk: &Desk) -> String {
        let columns: Vec<_> = self.board.columns().iter().filter(|c| (c.shown)(desk)).collect();
        let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|c| c.title.to_owned()).collect()];
        for entry in self.list.entries() {
            if let Entry::Row(i) = entry {
                lines.push(columns.iter().map(|c| text::plain(&(c.cell)(rows[*i], desk))).collect());
            }
        }
        let wide = |i: usize| lines.iter().map(|l| text::width(&l[i])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns.len()).map(wide).collect();
        let glyphs = desk.theme.glyphs();
        let line = |cells: &Vec<String>| {
            let cells = cells.iter().enumerate().map(|(i, c)| text::pad(c, widths[i], columns[i].right, glyphs));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
    }

    pub(super) fn on_mouse(&mut self, mouse: MouseEvent, desk: &Desk) -> Outcome {
        let rows = self.board.rows(desk);
        self.prepare(&rows, desk);
        let at = (mouse.column, mouse.row).into();
        match mouse.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let down = mouse.kind == MouseEventKind::ScrollDown;
                if self.full
                    && let (Some(page), Some(subject)) = (self.pages.get_mut(self.page), &self.shown_subject)
                {
                    let (intent, code) = if down { (Intent::Down, KeyCode::Down) } else { (Intent::Up, KeyCode::Up) };
                    return page.key(Some(intent), KeyEvent::from(code), subject, desk);
                }
                self.list.step(if down { 3 } else { -3 }, &self.board, &rows);
                self.moved_at = Some(desk.now);
                self.prepare(&rows, desk);
                Outcome::Handled
            }
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(tab) = self.tab_areas.iter().position(|a| a.contains(at)) {
                    self.page = tab;
                    return Outcome::Handled;
                }
                if !self.full && self.body.contains(at) {
                    let line = (mouse.row - self.body.y) as usize;
                    let again = self.list.cursor() == self.list.offset + line;
                    if self.list.click(line, &self.board, &rows) {
                        self.prepare(&rows, desk);
                        // A second click on the selected row opens it, as Enter does.
                        return if again { self.on_intent(Intent::Open, &rows, desk) } else { Outcome::Handled };
                    }
                }
                if !self.full && self.detail_area.contains(at) && self.list.selected().is_some() {
                    self.full = true;
                    return Outcome::Handled;
                }
                Outcome::Ignored
            }
            _ => Outcome::Ignored,
        }
    }

    pub(super) fn all_hints(&self, desk: &Desk) -> Vec<Hint> {
        if self.typing.is_some() {
            return vec![
                Hint::fixed("⏎", "keep"),
                Hint::fixed("Esc", "clear"),
                Hint::fixed("/x/", "regex"),
                Hint::fixed("!", "inverse"),
            ];
        }
        let rows = self.board.rows(desk);
        let row = self.list.selected().and_then(|index| rows.get(index)).copied();
        let fixed = desk.may_change().is_err();
        let mut hints = Vec::new();
        if self.full {
            hints.extend([Hint::of(Intent::Back, desk), Hint::of(Intent::NextTab, desk)].into_iter().flatten());
        } else if row.is_some() && !self.pages.is_empty() {
            hints.extend(self.hint(Intent::Open, desk));
        }
        for intent in self.board.actions() {
            if let Some(mut hint) = self.hint(*intent, desk) {
                let forbidden = fixed && self.board.changes(*intent);
                hint.refused = forbidden || self.board.refusal(*intent, row, desk).is_some();
                hints.push(hint);
            }
        }
        let more = [Intent::Mark, Intent::Filter, Intent::Sort, Intent::NextTab, Intent::Palette];
        hints.extend(more.into_iter().filter(|_| !self.full).filter_map(|i| Hint::of(i, desk)));
        hints
    }

    fn hint(&self, intent: Intent, desk: &Desk) -> Option<Hint> {
        let hint = Hint::of(intent, desk)?;
        Some(Hint { label: self.board.word(intent).unwrap_or(hint.label), ..hint })
    }
}
