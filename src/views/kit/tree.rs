//! A document (JSON) as a tree that folds and can be searched. Knows nothing of what the document says.

mod state;

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use serde_json::Value;

use super::{table, text};
use crate::app::theme::{Role, Theme};

pub use state::TreeState;

/// Columns a child stands to the right of its parent.
const INDENT: u16 = 2;

/// Draws the part of the tree around the selected row. Gives the area of the rows, the first of which is
/// [`TreeState::offset`].
pub fn draw(state: &mut TreeState, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
    let area = area.intersection(buffer.area);
    state.show(usize::from(area.height));
    let body = Rect { width: area.width.saturating_sub(1), ..area };
    for (index, y) in (state.offset()..state.len()).zip(area.y..area.bottom()) {
        let Some(node) = state.node(index) else { break };
        let indent = INDENT.saturating_mul(node.depth).min(body.width / 2);
        let (x, room) = (body.x + indent, body.width - indent);
        text::put_line(buffer, x, y, line(&node, state.search(), theme), room, theme.glyphs());
        if index == state.selected() {
            buffer.set_style(Rect { y, height: 1, ..body }, theme.style(Role::Selected));
        }
    }
    table::scroll_bar(state.offset(), state.len(), area, buffer, theme);
    body
}

/// A row of the tree as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    /// How many ancestors are shown above it.
    pub(super) depth: u16,
    /// Its key or place in its parent.
    pub(super) name: Cow<'a, str>,
    /// What stands there.
    pub(super) value: &'a Value,
    /// Whether its children are shown; `None` where there can be none.
    pub(super) open: Option<bool>,
}

fn line(node: &Node<'_>, search: &str, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let sign = match node.open {
        Some(true) => glyphs.open,
        Some(false) => glyphs.folded,
        None => " ",
    };
    let mut line = Line::from(Span::styled(format!("{sign} "), theme.style(Role::Faint)));
    lit(&mut line, &node.name, search, theme.style(Role::JsonKey), theme);
    if let Some((words, role)) = summary(node, theme) {
        line.spans.push(Span::styled(": ", theme.style(Role::Faint)));
        lit(&mut line, &words, search, theme.style(role), theme);
    }
    line
}

/// What stands behind a name: the value, or how much is folded away.
fn summary<'a>(node: &Node<'a>, theme: &Theme) -> Option<(Cow<'a, str>, Role)> {
    let count = |n: usize, open: char, close: char| match (n, node.open) {
        (0, _) => Some((format!("{open}{close}").into(), Role::Faint)),
        (_, Some(true)) => None,
        (n, _) => Some((format!("{open}{}{close} {n}", theme.glyphs().ellipsis).into(), Role::Faint)),
    };
    match node.value {
        Value::Object(map) => count(map.len(), '{', '}'),
        Value::Array(list) => count(list.len(), '[', ']'),
        Value::String(words) => Some((words.as_str().into(), Role::JsonString)),
        Value::Number(number) => Some((number.to_string().into(), Role::JsonNumber)),
        Value::Bool(on) => Some((if *on { "true" } else { "false" }.into(), Role::JsonWord)),
        Value::Null => Some(("null".into(), Role::JsonWord)),
    }
}

/// Letters of a value that are looked at for drawing; a row has never room for more.
const MOST: usize = 1_000;

/// Adds words to a line, with what is searched for lit.
fn lit(line: &mut Line<'static>, words: &str, search: &str, style: Style, theme: &Theme) {
    let end = words.char_indices().nth(MOST).map_or(words.len(), |(at, _)| at);
    let words = text::clean(&words[..end]);
    let mut from = 0;
    for found in state::matches(&words, search) {
        line.spans.push(Span::styled(words[from..found.start].to_owned(), style));
        line.spans.push(Span::styled(words[found.clone()].to_owned(), style.patch(theme.style(Role::Match))));
        from = found.end;
    }
    line.spans.push(Span::styled(words[from..].to_owned(), style));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::views::kit::probe;

    fn state() -> TreeState {
        TreeState::new(Arc::new(json!({
            "Id": "4f1e",
            "State": { "Status": "running", "Pid": 4242, "OOMKilled": false, "Health": null },
            "Args": ["-g", "daemon off;"],
            "Labels": {},
        })))
    }

    fn shown(state: &mut TreeState, width: u16, height: u16) -> String {
        probe::text(&probe::draw(width, height, |area, buffer, theme| draw(state, area, buffer, theme)).0)
    }

    #[test]
    fn folded_parts_tell_how_much_they_hold() {
        let mut state = state();
        insta::assert_snapshot!(shown(&mut state, 30, 5), @r"
              Id: 4f1e
            ▸ State: {…} 4
            ▸ Args: […] 2
              Labels: {}
            ");
        state.step(1);
        state.toggle();
        insta::assert_snapshot!(shown(&mut state, 30, 9), @r"
              Id: 4f1e
            ▾ State
                Status: running
                Pid: 4242
                OOMKilled: false
                Health: null
            ▸ Args: […] 2
              Labels: {}
            ");
    }

    #[test]
    fn the_selected_row_is_always_on_screen() {
        let mut state = state();
        state.unfold_all();
        state.step(isize::MAX);
        assert!(shown(&mut state, 30, 2).contains("Labels"));
        state.step(isize::MIN);
        assert!(shown(&mut state, 30, 2).contains("Id"));
    }

    #[test]
    fn what_is_searched_for_is_lit() {
        let mut state = state();
        assert!(state.find("RUNN"));
        let (buffer, _) = probe::draw(30, 9, |area, buffer, theme| draw(&mut state, area, buffer, theme));
        let lit = probe::theme().style(Role::Match).bg;
        let letters = buffer.content().iter().filter(|cell| Some(cell.bg) == lit).map(|cell| cell.symbol());
        // The selected row's ground lies over it, the letters' own colour does not change.
        let dark = probe::theme().style(Role::Match).fg;
        let by_colour = buffer.content().iter().filter(|cell| Some(cell.fg) == dark).map(|cell| cell.symbol());
        assert_eq!(letters.chain(by_colour).collect::<String>(), "runn");
    }

    #[test]
    fn no_size_is_too_small() {
        let mut state = state();
        state.unfold_all();
        for (width, height) in [(0, 0), (1, 1), (2, 9), (5, 1)] {
            shown(&mut state, width, height);
        }
    }
}
