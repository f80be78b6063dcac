//! A row of tabs that shortens with the width: dashboards across the screen, details in a panel's border.
//! Knows no dashboard.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::text;
use crate::app::theme::{Role, Theme};

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab<'a> {
    /// The key that opens it; empty for none.
    pub key: Cow<'a, str>,
    /// Its name.
    pub title: &'a str,
    /// How many things are in it; left out first when there is no room.
    pub count: Option<usize>,
}

/// How much of a tab is shown, most first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Counts,
    Titles,
    Names,
    Short,
    Shorter,
    Keys,
}

impl Detail {
    /// Letters of a title that are shown; those of tabs on function keys go first.
    fn letters(self, key: &str) -> usize {
        match self {
            Self::Counts | Self::Titles => usize::MAX,
            Self::Names | Self::Short | Self::Shorter if key.len() > 1 => 0,
            Self::Names => usize::MAX,
            Self::Short => 4,
            Self::Shorter => 3,
            Self::Keys => 0,
        }
    }
}

/// Draws the tabs in the first row of `area`. Gives where each can be clicked, empty for one without room.
/// The open tab keeps its title at every width.
pub fn draw(tabs: &[Tab<'_>], open: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Vec<Rect> {
    let area = area.intersection(buffer.area);
    let mut hits = vec![Rect::default(); tabs.len()];
    if area.is_empty() {
        return hits;
    }
    let details = [Detail::Counts, Detail::Titles, Detail::Names, Detail::Short, Detail::Shorter, Detail::Keys];
    let wide = |detail: Detail| tabs.iter().enumerate().map(|(i, tab)| label(tab, i == open, detail).width()).sum();
    let fits = |detail: &Detail| -> bool { usize::from(area.width) >= wide(*detail) };
    let detail = details.into_iter().find(fits).unwrap_or(Detail::Keys);
    let first = first_shown(tabs, open, detail, usize::from(area.width));
    let mut x = area.x;
    for (index, tab) in tabs.iter().enumerate().skip(first) {
        let on = index == open;
        let label = label(tab, on, detail);
        let columns = (label.width() as u16).min(area.right().saturating_sub(x));
        hits[index] = Rect::new(x, area.y, columns, 1);
        text::put_line(buffer, x, area.y, styled(label, on, theme), columns, theme.glyphs());
        x = x.saturating_add(columns);
    }
    hits
}

/// ` 2 Containers 14 `, or less of it; the parts are key, title and count.
fn label(tab: &Tab<'_>, open: bool, detail: Detail) -> Line<'static> {
    let letters = if tab.key.is_empty() || open { usize::MAX } else { detail.letters(&tab.key) };
    let title = tab.title.char_indices().nth(letters).map_or(tab.title, |(end, _)| &tab.title[..end]);
    let count = tab.count.filter(|_| detail == Detail::Counts).map(|count| count.to_string()).unwrap_or_default();
    let part = |words: &str| if words.is_empty() { String::new() } else { format!(" {words}") };
    Line::from(vec![
        Span::raw(part(&tab.key)),
        Span::raw(part(title)),
        Span::raw(part(&count)),
        Span::raw(if matches!(detail, Detail::Counts | Detail::Titles) || open { " " } else { "" }),
    ])
}

fn styled(mut label: Line<'static>, open: bool, theme: &Theme) -> Line<'static> {
    let ground = theme.style(if open { Role::TabActive } else { Role::Tab });
    let own = |role: Role| if open { Style::new() } else { theme.style(role) };
    for (span, role) in label.spans.iter_mut().zip([Role::Key, Role::Tab, Role::Faint, Role::Tab]) {
        span.style = ground.patch(own(role));
    }
    label
}

/// The first tab to draw so that the open one is seen whole.
fn first_shown(tabs: &[Tab<'_>], open: usize, detail: Detail, room: usize) -> usize {
    let wide = |from: usize| {
        tabs.iter().enumerate().take(open + 1).skip(from).map(|(i, tab)| label(tab, i == open, detail).width()).sum()
    };
    (0..open).find(|from| -> bool { room >= wide(*from) }).unwrap_or(open.min(tabs.len()))
}

/// A panel's title with its detail tabs: `web-1 ─ Logs · Stats · Inspect`, cut to `columns` around the open one.
/// Gives the line, and where in it each tab stands (start and width; width 0 for one without room).
pub fn title<'a>(
    name: Line<'a>,
    tabs: &[&'a str],
    open: usize,
    columns: u16,
    theme: &Theme,
) -> (Line<'a>, Vec<(u16, u16)>) {
    let glyphs = theme.glyphs();
    let mut places = vec![(0, 0); tabs.len()];
    let mut line = name;
    let limit = usize::from(columns);
    let lead = format!(" {} ", glyphs.border[4]);
    let room = limit.saturating_sub(line.width() + text::width(&lead));
    let taken = |from: usize| tabs.iter().take(open + 1).skip(from).map(|tab| text::width(tab) + 3).sum::<usize>();
    let first = (0..=open).find(|from| taken(*from).saturating_sub(3) <= room).unwrap_or(open);
    for (index, tab) in tabs.iter().enumerate().skip(first) {
        let between = if index == first { lead.clone() } else { format!(" {} ", glyphs.dot) };
        let start = line.width() + text::width(&between);
        if start + text::width(tab) > limit {
            break;
        }
        places[index] = (start as u16, text::width(tab) as u16);
        line.spans.push(Span::styled(between, theme.style(Role::Faint)));
        line.spans.push(Span::styled(*tab, theme.style(if index == open { Role::TabActive } else { Role::Tab })));
    }
    (line, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    const TABS: [Tab<'static>; 4] = [
        Tab { key: Cow::Borrowed("1"), title: "Overview", count: None },
        Tab { key: Cow::Borrowed("2"), title: "Containers", count: Some(14) },
        Tab { key: Cow::Borrowed("3"), title: "Images", count: Some(203) },
        Tab { key: Cow::Borrowed("4"), title: "Layers", count: None },
    ];

    #[test]
    fn tabs_lose_counts_then_letters_then_all_but_the_open_one() {
        let row = |width| {
            let (buffer, hits) = probe::draw(width, 1, |area, buffer, theme| draw(&TABS, 1, area, buffer, theme));
            assert_eq!(hits.len(), TABS.len());
            probe::text(&buffer)
        };
        let rows: Vec<String> = [60, 50, 40, 24, 8, 3, 0].into_iter().map(row).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
            1 Overview  2 Containers 14  3 Images 203  4 Layers
            1 Overview  2 Containers  3 Images  4 Layers
            1 Over 2 Containers  3 Imag 4 Laye
            1 2 Containers  3 4
            2 Cont…
            2…
            ");
    }

    #[test]
    fn a_click_finds_the_tab_that_is_drawn_there() {
        let (_, hits) = probe::draw(60, 1, |area, buffer, theme| draw(&TABS, 1, area, buffer, theme));
        assert_eq!(crate::views::kit::hit(&hits, (3, 1).into()), Some(0));
        assert_eq!(crate::views::kit::hit(&hits, (14, 1).into()), Some(1));
        assert_eq!(crate::views::kit::hit(&hits, (14, 2).into()), None);
    }

    #[test]
    fn a_title_keeps_the_open_tab_in_sight() {
        let theme = probe::theme();
        let tabs = ["Logs", "Stats", "Processes", "Inspect"];
        let shown = |columns, open| text::plain(&title(Line::from("web-1"), &tabs, open, columns, &theme).0);
        assert_eq!(shown(60, 0), "web-1 ─ Logs · Stats · Processes · Inspect");
        assert_eq!(shown(30, 0), "web-1 ─ Logs · Stats");
        assert_eq!(shown(30, 3), "web-1 ─ Processes · Inspect");
        assert_eq!(shown(3, 3), "web-1");
        let (line, places) = title(Line::from("web-1"), &tabs, 0, 60, &theme);
        let (start, width) = places[2];
        assert_eq!(text::plain(&line).chars().skip(start.into()).take(width.into()).collect::<String>(), "Processes");
    }
}
