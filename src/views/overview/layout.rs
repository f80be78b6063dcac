//! Where the cards of the overview go: in one to three columns, scrolled as one page.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::cards::Card;
use crate::{
    app::{desk::Desk, theme::Role},
    model::Subject,
    views::kit::{panel::Panel, table, text},
};

/// From these widths on there is one more column.
const TWO: u16 = 78;
const THREE: u16 = 140;

/// Draws the cards so that the line under the cursor is visible; gives where each line with a subject is.
pub(super) fn draw(
    cards: &[Card],
    cursor: usize,
    offset: &mut u16,
    area: Rect,
    buffer: &mut Buffer,
    desk: &Desk,
) -> Vec<(Rect, Subject)> {
    if area.is_empty() {
        return Vec::new();
    }
    let (places, height) = place(cards, Rect { width: area.width.saturating_sub(1), ..area });
    let page = Rect { x: 0, y: 0, width: area.width, height: height.max(area.height) };
    let mut canvas = Buffer::empty(page);
    let mut items = Vec::new();
    for (card, place) in cards.iter().zip(&places) {
        draw_card(card, *place, cursor, &mut items, &mut canvas, desk);
    }
    if let Some((at, _)) = items.get(cursor) {
        let last = height.saturating_sub(area.height);
        // The first line brings the top of the page with it.
        let top = if cursor == 0 { 0 } else { at.y };
        let least = (at.y + 2).saturating_sub(area.height);
        *offset = (*offset).clamp(least, top.max(least)).min(last);
    }
    copy(&canvas, *offset, area, buffer);
    table::scroll_bar(usize::from(*offset), usize::from(height), area, buffer, &desk.theme);
    items.into_iter().filter_map(|(at, subject)| Some((shown(at, *offset, area)?, subject))).collect()
}

fn draw_card(
    card: &Card,
    place: Rect,
    cursor: usize,
    items: &mut Vec<(Rect, Subject)>,
    canvas: &mut Buffer,
    desk: &Desk,
) {
    let theme = &desk.theme;
    let title = Line::styled(card.title, theme.style(Role::Title));
    let remark = Line::styled(card.remark.clone(), theme.style(Role::Muted));
    let inner = Panel { title, remark, active: false }.draw(place, canvas, theme);
    for (line, y) in card.lines.iter().zip(inner.y..inner.bottom()) {
        let row = Rect { y, height: 1, ..inner };
        text::put_line(canvas, inner.x + 1, y, line.line.clone(), inner.width.saturating_sub(2), theme.glyphs());
        if let Some(subject) = &line.subject {
            if items.len() == cursor {
                canvas.set_style(row, theme.style(Role::Selected));
                text::put(canvas, inner.x, y, theme.glyphs().bar, 1, theme.style(Role::Accent));
            }
            items.push((row, subject.clone()));
        }
    }
}

/// Each card goes under the shortest column so far; gives the places and the height of the page.
fn place(cards: &[Card], area: Rect) -> (Vec<Rect>, u16) {
    let columns = 1 + u16::from(area.width >= TWO) + u16::from(area.width >= THREE);
    let wide = area.width / columns;
    let mut heights = vec![0u16; usize::from(columns)];
    let places = cards.iter().map(|card| {
        let column = (0..heights.len()).min_by_key(|c| heights[*c]).unwrap_or(0);
        let last = column + 1 == heights.len();
        let x = column as u16 * wide;
        let width = if last { area.width - x } else { wide };
        let place = Rect { x, y: heights[column], width, height: card.lines.len() as u16 + 2 };
        heights[column] += place.height;
        place
    });
    let places = places.collect();
    (places, heights.into_iter().max().unwrap_or(0))
}

fn copy(canvas: &Buffer, offset: u16, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    for y in 0..area.height.min(canvas.area.height.saturating_sub(offset)) {
        for x in 0..area.width.min(canvas.area.width) {
            buffer[(area.x + x, area.y + y)] = canvas[(x, y + offset)].clone();
        }
    }
}

fn shown(at: Rect, offset: u16, area: Rect) -> Option<Rect> {
    let y = at.y.checked_sub(offset)?;
    (y < area.height).then_some(Rect { x: area.x + at.x, y: area.y + y, ..at })
}
