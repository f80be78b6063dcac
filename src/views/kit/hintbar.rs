//! The bottom line: which key does what right now. Knows no key table.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect};

use super::text;
use crate::app::theme::{Role, Theme};

/// One key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint<'a> {
    /// The key as it is written on keyboards.
    pub key: Cow<'a, str>,
    /// What it does, in a word or two.
    pub label: &'a str,
    /// Whether it does so now; else it is greyed.
    pub enabled: bool,
    /// The greater, the sooner it is left out; 0 stays (help).
    pub drop: u8,
}

/// Draws the hints that fit into the first row of `area`. Gives where each can be clicked, empty for those left out.
pub fn draw(hints: &[Hint<'_>], area: Rect, buffer: &mut Buffer, theme: &Theme) -> Vec<Rect> {
    let area = area.intersection(buffer.area);
    let mut hits = vec![Rect::default(); hints.len()];
    if area.is_empty() {
        return hits;
    }
    let glyphs = theme.glyphs();
    let widths: Vec<usize> = hints.iter().map(|hint| columns(hint, theme)).collect();
    let kept = kept(hints, &widths, usize::from(area.width).saturating_sub(1));
    let mut x = area.x + 1;
    for index in kept {
        let hint = &hints[index];
        let (key, label) = match hint.enabled {
            true => (Role::Key, Role::KeyLabel),
            false => (Role::Disabled, Role::Disabled),
        };
        let start = x;
        let room = |x: u16| area.right().saturating_sub(x);
        x += text::put(buffer, x, area.y, &glyphs.plain(&hint.key), room(x), theme.style(key)) + 1;
        x += text::put(buffer, x, area.y, &glyphs.plain(hint.label), room(x), theme.style(label));
        hits[index] = Rect::new(start, area.y, x.min(area.right()).saturating_sub(start), 1);
        x += GAP as u16;
    }
    hits
}

/// Blanks between two hints.
const GAP: usize = 2;

fn columns(hint: &Hint<'_>, theme: &Theme) -> usize {
    let glyphs = theme.glyphs();
    text::width(&glyphs.plain(&hint.key)) + 1 + text::width(&glyphs.plain(hint.label))
}

/// The hints that fit, in order: the dearest and, among equals, the leftmost.
fn kept(hints: &[Hint<'_>], widths: &[usize], room: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..hints.len()).collect();
    let taken = |kept: &[usize]| kept.iter().map(|i| widths[*i] + GAP).sum::<usize>().saturating_sub(GAP);
    while taken(&kept) > room {
        let spare = kept.iter().copied().filter(|i| hints[*i].drop > 0);
        let Some(cheapest) = spare.max_by_key(|i| (hints[*i].drop, *i)) else { break };
        kept.retain(|i| *i != cheapest);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    fn hints() -> Vec<Hint<'static>> {
        let hint =
            |key: &'static str, label: &'static str, enabled, drop| Hint { key: key.into(), label, enabled, drop };
        vec![
            hint("⏎", "open", true, 1),
            hint("s", "stop", false, 1),
            hint("x", "remove", true, 2),
            hint("/", "filter", true, 3),
            hint("?", "help", true, 0),
        ]
    }

    #[test]
    fn the_least_important_go_first_and_help_stays() {
        let row =
            |width| probe::text(&probe::draw(width, 1, |area, buffer, theme| draw(&hints(), area, buffer, theme)).0);
        let rows: Vec<String> = [60, 40, 32, 24, 15, 8, 4, 0].into_iter().map(row).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
            ⏎ open  s stop  x remove  / filter  ? help
            ⏎ open  s stop  x remove  ? help
            ⏎ open  s stop  ? help
            ⏎ open  s stop  ? help
            ⏎ open  ? help
            ? help
            ? h
            ");
    }

    #[test]
    fn ascii_spells_keys_out() {
        let drawn = probe::draw_with(&probe::ascii(), 30, 1, |area, buffer, theme| draw(&hints(), area, buffer, theme));
        assert!(probe::text(&drawn.0).starts_with(" Enter open"));
    }

    #[test]
    fn what_cannot_be_done_now_is_greyed() {
        let (buffer, hits) = probe::draw(60, 1, |area, buffer, theme| draw(&hints(), area, buffer, theme));
        let theme = probe::theme();
        assert_eq!(buffer[(hits[1].x - 1, 0)].fg, theme.style(Role::Disabled).fg.unwrap());
        assert_eq!(buffer[(hits[2].x - 1, 0)].fg, theme.style(Role::Key).fg.unwrap());
    }
}
