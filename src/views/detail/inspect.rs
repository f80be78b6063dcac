//! Everything the engine says of a thing, as a tree that folds and can be searched. Knows no engine's spelling.

mod path;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use serde_json::Value;

use super::{
    lines,
    search::{SearchLine, Typed},
};
use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        view::{Outcome, Wish},
        wants::Wants,
    },
    model::{Answer, Ask, Fetch, Subject, Told},
    views::{
        board::{Page, waiting},
        kit::tree::{self, TreeState},
    },
};

/// Everything the engine says of a thing.
#[derive(Default)]
pub struct InspectPage {
    tree: Option<TreeState>,
    document: Arc<Value>,
    /// Whose document the tree holds, and when it was told.
    held: Option<(Subject, DateTime<Utc>)>,
    search: SearchLine,
    unfolded: bool,
    height: usize,
}

impl InspectPage {
    /// A page with everything folded.
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings the tree up to what was told; a document is copied only when it is new.
    fn hold(&mut self, subject: &Subject, desk: &Desk) {
        let Some(Answer { fetch, told: Some(Told::Document(document)) }) = answer(subject, desk) else { return };
        let (Fetch::Known(at) | Fetch::Stale(at)) = fetch else { return };
        if self.held.as_ref().is_some_and(|(whose, when)| whose == subject && when == at) {
            return;
        }
        self.held = Some((subject.clone(), *at));
        self.document = Arc::new(document.clone());
        match &mut self.tree {
            Some(tree) => tree.replace(Arc::clone(&self.document)),
            None => self.tree = Some(TreeState::new(Arc::clone(&self.document))),
        }
    }

    /// The tree, if it holds this subject's document.
    fn tree_of(&mut self, subject: &Subject) -> Option<&mut TreeState> {
        let held = self.held.as_ref().is_some_and(|(whose, _)| whose == subject);
        self.tree.as_mut().filter(|_| held)
    }

    fn type_search(&mut self, key: KeyEvent) -> Outcome {
        let typed = self.search.key(key);
        let Some(tree) = &mut self.tree else { return Outcome::Handled };
        match typed {
            Typed::Changed(words) => drop(tree.find(&words)),
            Typed::Dropped => drop(tree.find("")),
            Typed::Kept | Typed::Nothing => {}
        }
        Outcome::Handled
    }

    fn fold_all(&mut self) {
        self.unfolded = !self.unfolded;
        match (&mut self.tree, self.unfolded) {
            (Some(tree), true) => tree.unfold_all(),
            (Some(tree), false) => tree.fold_all(),
            (None, _) => {}
        }
    }
}

fn answer<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Answer> {
    desk.store.answer(&Ask::Inspect(subject.clone()))
}

/// A value as it is copied: text without quotes, everything else as JSON.
fn copied(value: &Value) -> String {
    match value {
        Value::String(words) => words.clone(),
        other => pretty(other),
    }
}

fn pretty(value: &Value) -> String {
    // Values have only text as keys, so writing them cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl Page for InspectPage {
    fn title(&self) -> &'static str {
        "Inspect"
    }

    fn wants(&self, subject: &Subject, _desk: &Desk, wants: &mut Wants) {
        wants.ask(Ask::Inspect(subject.clone()));
    }

    fn turn(&mut self, _subject: &Subject) {
        // Folds and place stay, so that the same part of two things can be compared.
        self.search.close();
    }

    fn key(&mut self, intent: Option<Intent>, key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        self.hold(subject, desk);
        if self.search.is_open() {
            return self.type_search(key);
        }
        let (Some(intent), Some(_)) = (intent, self.tree_of(subject)) else { return Outcome::Ignored };
        let step = intent.lines(self.height);
        if intent == Intent::FoldAll {
            self.fold_all();
            return Outcome::Handled;
        }
        let Some(tree) = &mut self.tree else { return Outcome::Ignored };
        let searched = !tree.search().is_empty();
        match intent {
            Intent::Toggle => drop(tree.toggle()),
            Intent::Left => tree.leave(),
            Intent::Right => tree.enter(),
            Intent::Filter => self.search.open(tree.search()),
            Intent::Back if searched => drop(tree.find("")),
            Intent::Next | Intent::Previous if !searched => {
                return Outcome::refuse("nothing is searched for yet: type `/` and what you look for");
            }
            Intent::Next | Intent::Previous => {
                let found = if intent == Intent::Next { tree.search_next() } else { tree.search_previous() };
                if !found {
                    return Outcome::refuse(format!("`{}` is nowhere in this document", tree.search()));
                }
            }
            Intent::Copy => return Outcome::Wish(Wish::Copy(copied(tree.selected_value()))),
            Intent::CopyPath => return Outcome::Wish(Wish::Copy(path::jq(&self.document, tree.selected_path()))),
            _ => match step {
                Some(rows) => tree.step(rows),
                None => return Outcome::Ignored,
            },
        }
        Outcome::Handled
    }

    fn is_typing(&self) -> bool {
        self.search.is_open()
    }

    fn paste(&mut self, text: &str) {
        if let (Some(words), Some(tree)) = (self.search.paste(text), &mut self.tree) {
            tree.find(&words);
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        if let Some(said) = waiting(answer(subject, desk).map(|a| &a.fetch), "the document", desk) {
            lines(said, area, buffer, desk);
            return None;
        }
        self.hold(subject, desk);
        let (body, foot) = self.search.split(area);
        self.height = usize::from(body.height);
        if let Some(tree) = self.tree_of(subject) {
            tree::draw(tree, body, buffer, &desk.theme);
        }
        self.search.draw(foot, buffer, &desk.theme)
    }

    fn remark(&self, _subject: &Subject, _desk: &Desk) -> String {
        match self.tree.as_ref().filter(|tree| !tree.search().is_empty()) {
            Some(tree) => match tree.found_count() {
                0 => format!("`{}` is not in it", tree.search()),
                1 => format!("1 match of `{}`", tree.search()),
                many => format!("{many} matches of `{}`", tree.search()),
            },
            None => String::new(),
        }
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        match &answer(subject, desk)?.told {
            Some(Told::Document(document)) => Some(pretty(document) + "\n"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
