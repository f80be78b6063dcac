//! Which parts of a document are open, which row is selected, what is searched for. Draws nothing.

use std::{borrow::Cow, collections::HashSet, ops::Range, sync::Arc};

use serde_json::Value;

use super::Node;

/// A document and what the eye needs of it. Only what is unfolded is laid out, and only when that changes.
#[derive(Clone, Debug)]
pub struct TreeState {
    document: Arc<Value>,
    /// JSON pointers (RFC 6901) of the open nodes.
    open: HashSet<String>,
    rows: Vec<Row>,
    selected: usize,
    offset: usize,
    search: String,
}

/// A shown node.
#[derive(Clone, Debug)]
struct Row {
    pointer: String,
    depth: u16,
}

impl TreeState {
    /// A document with its first level shown.
    pub fn new(document: Arc<Value>) -> Self {
        let mut state =
            Self { document, open: HashSet::new(), rows: Vec::new(), selected: 0, offset: 0, search: String::new() };
        state.lay_out();
        state
    }

    /// Shows a newer document; what was open and selected stays so where it still exists.
    pub fn replace(&mut self, document: Arc<Value>) {
        if *self.document != *document {
            let kept = self.selected_path().to_owned();
            self.document = document;
            self.lay_out();
            self.select(&kept);
        }
    }

    /// How many rows are shown when there is room for all.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the document has no parts.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first row on screen.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The selected row.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The JSON pointer of the selected node; empty for the document itself.
    pub fn selected_path(&self) -> &str {
        self.rows.get(self.selected).map_or("", |row| row.pointer.as_str())
    }

    /// What stands at the selected node.
    pub fn selected_value(&self) -> &Value {
        self.document.pointer(self.selected_path()).unwrap_or(&self.document)
    }

    /// What is searched for; empty for nothing.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// Moves the selection by so many rows, to the ends at most.
    pub fn step(&mut self, rows: isize) {
        self.selected = self.selected.saturating_add_signed(rows).min(self.rows.len().saturating_sub(1));
    }

    /// Selects the row at this place on screen, counted from the first one drawn; says whether there is one.
    pub fn click(&mut self, row: usize) -> bool {
        let there = self.offset + row < self.rows.len();
        if there {
            self.selected = self.offset + row;
        }
        there
    }

    /// Folds or unfolds the selected node; says whether it can be.
    pub fn toggle(&mut self) -> bool {
        let pointer = self.selected_path().to_owned();
        if !has_children(self.selected_value()) {
            return false;
        }
        if !self.open.remove(&pointer) {
            self.open.insert(pointer.clone());
        }
        self.lay_out();
        self.select(&pointer);
        true
    }

    /// Unfolds the selected node, or goes to its first child when it is open.
    pub fn enter(&mut self) {
        if self.open.contains(self.selected_path()) {
            self.step(1);
        } else {
            self.toggle();
        }
    }

    /// Folds the selected node, or goes to its parent when there is nothing to fold.
    pub fn leave(&mut self) {
        if self.open.contains(self.selected_path()) {
            self.toggle();
        } else if let Some((parent, _)) = self.selected_path().rsplit_once('/').filter(|(parent, _)| !parent.is_empty())
        {
            let parent = parent.to_owned();
            self.select(&parent);
        }
    }

    /// Folds everything.
    pub fn fold_all(&mut self) {
        let top = self.selected_path().split('/').nth(1).map(|name| format!("/{name}")).unwrap_or_default();
        self.open.clear();
        self.lay_out();
        self.select(&top);
    }

    /// Unfolds everything.
    pub fn unfold_all(&mut self) {
        let kept = self.selected_path().to_owned();
        let mut open = HashSet::new();
        walk(&self.document, &mut String::new(), &mut |pointer, _, value| {
            if has_children(value) {
                open.insert(pointer.to_owned());
            }
        });
        self.open = open;
        self.lay_out();
        self.select(&kept);
    }

    /// Searches names and values, without regard to case, from the selected row on; says whether anything was found.
    pub fn find(&mut self, words: &str) -> bool {
        self.search = words.to_owned();
        let found = self.found();
        let here = self.selected_path().to_owned();
        found.contains(&here) || self.go(&found, true)
    }

    /// Goes to the next match, after the last one to the first; says whether there is any.
    pub fn search_next(&mut self) -> bool {
        self.go(&self.found(), true)
    }

    /// Goes to the match before, before the first one to the last; says whether there is any.
    pub fn search_previous(&mut self) -> bool {
        self.go(&self.found(), false)
    }

    /// How many nodes match what is searched for, folded ones too.
    pub fn found_count(&self) -> usize {
        self.found().len()
    }

    /// Scrolls so that the selected row is on a page of so many rows.
    pub(super) fn show(&mut self, page: usize) {
        let lowest = (self.selected + 1).saturating_sub(page);
        let last = self.rows.len().saturating_sub(page);
        self.offset = self.offset.clamp(lowest, self.selected.max(lowest)).min(last);
    }

    /// A shown node.
    pub(super) fn node(&self, index: usize) -> Option<Node<'_>> {
        let row = self.rows.get(index)?;
        let value = self.document.pointer(&row.pointer)?;
        let name = row.pointer.rsplit('/').next().map(unescape).unwrap_or_default();
        let open = has_children(value).then(|| self.open.contains(&row.pointer));
        Some(Node { depth: row.depth, name, value, open })
    }

    /// Pointers of all nodes that match, in the order of the document.
    fn found(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.search.is_empty() {
            walk(&self.document, &mut String::new(), &mut |pointer, name, value| {
                if matching(name, value, &self.search) {
                    found.push(pointer.to_owned());
                }
            });
        }
        found
    }

    fn go(&mut self, found: &[String], forward: bool) -> bool {
        let place = self.place(found);
        let next = match (found.len(), forward) {
            (0, _) => return false,
            (len, true) => place.map_or(0, |(before, exact)| before + usize::from(exact)) % len,
            (len, false) => place.map_or(len - 1, |(before, _)| (before + len - 1) % len),
        };
        self.reveal(&found[next]);
        true
    }

    /// How many matches stand before the selected node, and whether it is one itself.
    fn place(&self, found: &[String]) -> Option<(usize, bool)> {
        let here = self.rows.get(self.selected)?.pointer.clone();
        let matches: HashSet<&str> = found.iter().map(String::as_str).collect();
        let (mut before, mut reached) = (0, false);
        walk(&self.document, &mut String::new(), &mut |pointer, _, _| {
            reached |= pointer == here;
            before += usize::from(!reached && matches.contains(pointer));
        });
        Some((before, matches.contains(here.as_str())))
    }

    /// Unfolds what hides a node and selects it.
    fn reveal(&mut self, pointer: &str) {
        let ends = pointer.char_indices().filter(|(at, c)| *c == '/' && *at > 0).map(|(at, _)| at);
        self.open.extend(ends.map(|end| pointer[..end].to_owned()));
        self.lay_out();
        self.select(pointer);
    }

    /// Selects a node, or the nearest shown one above it.
    fn select(&mut self, pointer: &str) {
        let mut wanted = pointer;
        loop {
            if let Some(index) = self.rows.iter().position(|row| row.pointer == wanted) {
                self.selected = index;
                return;
            }
            match wanted.rsplit_once('/') {
                Some((parent, _)) if !parent.is_empty() => wanted = parent,
                _ => break,
            }
        }
        self.step(0);
    }

    fn lay_out(&mut self) {
        self.rows.clear();
        let document = Arc::clone(&self.document);
        self.lay_out_below(&document, &mut String::new(), 0);
    }

    fn lay_out_below(&mut self, value: &Value, pointer: &mut String, depth: u16) {
        for (name, child) in children(value) {
            let end = pointer.len();
            push(pointer, &name);
            self.rows.push(Row { pointer: pointer.clone(), depth });
            if self.open.contains(pointer.as_str()) {
                self.lay_out_below(child, pointer, depth.saturating_add(1));
            }
            pointer.truncate(end);
        }
    }
}

fn has_children(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

/// The parts of a value with their names; places in a list are names too.
fn children(value: &Value) -> Box<dyn Iterator<Item = (Cow<'_, str>, &Value)> + '_> {
    match value {
        Value::Object(map) => Box::new(map.iter().map(|(name, child)| (name.as_str().into(), child))),
        Value::Array(list) => Box::new(list.iter().enumerate().map(|(at, child)| (at.to_string().into(), child))),
        _ => Box::new(std::iter::empty()),
    }
}

/// Visits every node below `value` in order, with its pointer and name. The depth is bounded by serde_json's parser.
fn walk(value: &Value, pointer: &mut String, visit: &mut impl FnMut(&str, &str, &Value)) {
    for (name, child) in children(value) {
        let end = pointer.len();
        push(pointer, &name);
        visit(pointer, &name, child);
        walk(child, pointer, visit);
        pointer.truncate(end);
    }
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    if name.contains(['~', '/']) {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(name);
    }
}

fn unescape(name: &str) -> Cow<'_, str> {
    if name.contains('~') { name.replace("~1", "/").replace("~0", "~").into() } else { name.into() }
}

fn matching(name: &str, value: &Value, search: &str) -> bool {
    let found = |words: &str| !matches(words, search).is_empty();
    found(name)
        || match value {
            Value::String(words) => found(words),
            Value::Number(number) => found(&number.to_string()),
            Value::Bool(on) => found(if *on { "true" } else { "false" }),
            Value::Null => found("null"),
            Value::Object(_) | Value::Array(_) => false,
        }
}

/// Where `search` stands in `words`. Case does not count for ASCII letters, which keeps offsets what they are.
pub(super) fn matches(words: &str, search: &str) -> Vec<Range<usize>> {
    let (hay, needle) = (words.as_bytes(), search.as_bytes());
    let mut found = Vec::new();
    let mut at = 0;
    while !needle.is_empty() && at + needle.len() <= hay.len() {
        if hay[at..at + needle.len()].eq_ignore_ascii_case(needle) {
            found.push(at..at + needle.len());
            at += needle.len();
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> TreeState {
        TreeState::new(Arc::new(json!({
            "a": { "b": { "port/80": "web" } },
            "c": ["web", 80],
        })))
    }

    #[test]
    fn a_search_opens_what_hides_a_match_and_goes_round() {
        let mut state = state();
        assert_eq!(state.len(), 2);
        assert!(state.find("WEB"));
        assert_eq!(state.selected_path(), "/a/b/port~180");
        assert!(state.search_next());
        assert_eq!(state.selected_path(), "/c/0");
        assert!(state.search_next());
        assert_eq!(state.selected_path(), "/a/b/port~180");
        assert!(state.search_previous());
        assert_eq!(state.selected_path(), "/c/0");
        assert_eq!(state.selected_value(), "web");
        assert_eq!(state.found_count(), 2);
        assert!(!state.find("nothing like it"));
        assert_eq!(state.selected_path(), "/c/0");
    }

    #[test]
    fn left_and_right_walk_the_tree() {
        let mut state = state();
        state.enter();
        state.enter();
        assert_eq!(state.selected_path(), "/a/b");
        state.leave();
        assert_eq!(state.selected_path(), "/a");
        state.leave();
        assert_eq!(state.len(), 2);
        assert!(!TreeState::new(Arc::new(json!("word"))).toggle());
    }

    #[test]
    fn a_newer_document_keeps_place_and_folds() {
        let mut state = state();
        state.find("port");
        state.replace(Arc::new(json!({ "new": 1, "a": { "b": { "port/80": "db" } } })));
        assert_eq!(state.selected_path(), "/a/b/port~180");
        assert_eq!(state.selected_value(), "db");
        state.replace(Arc::new(json!({ "a": { "x": 1 } })));
        assert_eq!(state.selected_path(), "/a");
        state.replace(Arc::new(json!({})));
        assert_eq!((state.len(), state.selected_path()), (0, ""));
    }

    #[test]
    fn folding_all_stays_in_the_same_branch() {
        let mut state = state();
        state.unfold_all();
        assert_eq!(state.len(), 6);
        state.find("80");
        state.search_next();
        state.fold_all();
        assert_eq!(state.len(), 2);
        assert_eq!(state.selected_path(), "/c");
    }
}
