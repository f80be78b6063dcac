//! Facts under each other, their names in a column. Knows no fact.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

use super::text;
use crate::app::theme::{Role, Theme};

/// One fact.
#[derive(Clone, Debug)]
pub struct Fact<'a> {
    /// What it is called; empty to continue the fact above.
    pub name: &'a str,
    /// What it says.
    pub value: Line<'a>,
}

impl<'a> Fact<'a> {
    /// A fact.
    pub fn new(name: &'a str, value: impl Into<Line<'a>>) -> Self {
        Self { name, value: value.into() }
    }
}

/// The names' column is never wider than this.
const MOST_NAME: usize = 22;

/// Draws the facts from the one at `offset` on. Gives how many rows they would take in all.
pub fn draw(facts: &[Fact<'_>], offset: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) -> usize {
    let area = area.intersection(buffer.area);
    let glyphs = theme.glyphs();
    let widest = facts.iter().map(|fact| text::width(fact.name)).max().unwrap_or(0).min(MOST_NAME);
    let names = widest.min(usize::from(area.width) / 2);
    for (fact, y) in facts.iter().skip(offset).zip(area.y..area.bottom()) {
        let name = text::pad(fact.name, names, false, glyphs);
        let used = text::put(buffer, area.x, y, &name, area.width, theme.style(Role::Muted));
        let x = area.x + used + GAP;
        let value = Line { style: theme.style(Role::Text).patch(fact.value.style), ..fact.value.clone() };
        text::put_line(buffer, x, y, value, area.right().saturating_sub(x), glyphs);
    }
    facts.len()
}

/// Blanks between names and values.
const GAP: u16 = 2;

/// Draws one or more sentences in the middle of an area: why there is nothing to see, and what to do.
/// The first has more weight.
pub fn notice(sentences: &[&str], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buffer.area);
    let rows = u16::try_from(sentences.len()).unwrap_or(u16::MAX);
    let top = area.y + area.height.saturating_sub(rows) / 3;
    let styles = std::iter::once(theme.style(Role::Text)).chain(std::iter::repeat(theme.style(Role::Muted)));
    for ((sentence, style), y) in sentences.iter().zip(styles).zip(top..area.bottom()) {
        centred(sentence, Rect { y, height: 1, ..area }, buffer, style, theme);
    }
}

fn centred(sentence: &str, area: Rect, buffer: &mut Buffer, style: Style, theme: &Theme) {
    let sentence = text::fit(sentence, usize::from(area.width), theme.glyphs());
    let x = area.x + area.width.saturating_sub(text::width(&sentence) as u16) / 2;
    text::put(buffer, x, area.y, &sentence, area.right() - x, style);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    #[test]
    fn values_stand_in_a_column_and_long_ones_are_cut() {
        let facts = [
            Fact::new("image", "nginx:1.27"),
            Fact::new("restart policy", "always"),
            Fact::new("", "0 restarts"),
            Fact::new("cmd", "nginx -g daemon off; 容器容器"),
        ];
        for (width, height) in [(0, 0), (1, 1), (5, 4)] {
            probe::draw(width, height, |area, buffer, theme| draw(&facts, 0, area, buffer, theme));
        }
        let (buffer, rows) = probe::draw(38, 4, |area, buffer, theme| draw(&facts, 0, area, buffer, theme));
        assert_eq!(rows, 4);
        insta::assert_snapshot!(probe::text(&buffer), @r"
            image           nginx:1.27
            restart policy  always
                            0 restarts
            cmd             nginx -g daemon off; …
            ");
    }

    #[test]
    fn a_notice_stands_in_the_middle() {
        let sentences = ["no volumes", "press n to create one"];
        let (buffer, ()) = probe::draw(30, 5, |area, buffer, theme| notice(&sentences, area, buffer, theme));
        insta::assert_snapshot!(probe::text(&buffer), @r"
                  no volumes
            press n to create one
            ");
    }
}
