//! What is around every dashboard: header, tabs, hint bar, and the place for news.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    Hint,
    board::paragraph,
    kit::{hintbar, spark::spark, text},
    news,
};
use crate::{
    app::{desk::Desk, keys::Intent, theme::Role},
    model::{Age, Bytes, HostLoad, Link},
};

/// Where everything goes.
pub(super) struct Rooms {
    pub(super) header: Rect,
    pub(super) tabs: Rect,
    pub(super) body: Rect,
    pub(super) news: Rect,
    pub(super) hints: Rect,
}

/// Divides the screen; news and jobs take rows from the dashboard only while there are any.
pub(super) fn rooms(area: Rect, desk: &Desk) -> Rooms {
    let news = news::rows(area, desk);
    let row = |y, height| Rect { y, height, ..area };
    let body = area.height.saturating_sub(3 + news);
    Rooms {
        header: row(area.y, 1),
        tabs: row(area.y + 1, 1),
        body: row(area.y + 2, body),
        news: row(area.y + 2 + body, news),
        hints: row(area.bottom() - 1, 1),
    }
}

/// The first line: whose engine this is, what the host does, how true it all is.
pub(super) fn header(area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let theme = &desk.theme;
    let glyphs = theme.glyphs();
    let link = link(desk);
    let link_width = link.width() as u16;
    let left = endpoint(desk);
    let load = desk.store.loads.back().map(|load| host_load(load, desk)).unwrap_or_default();
    let load_width = load.width() as u16;
    let room = area.width.saturating_sub(link_width + 2);
    text::put_line(buffer, area.x, area.y, left.clone(), room, glyphs);
    text::put_line(buffer, area.right().saturating_sub(link_width + 1), area.y, link, link_width, glyphs);
    if left.width() as u16 + load_width + 3 <= room {
        text::put_line(buffer, area.x + room - load_width - 1, area.y, load, load_width, glyphs);
    }
}

fn endpoint(desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let glyphs = theme.glyphs();
    let quiet = theme.style(Role::Header);
    let mut spans = vec![
        Span::styled(" longshore ", theme.style(Role::Title)),
        Span::styled(format!(" {} ", glyphs.endpoint), theme.style(Role::Accent)),
        Span::styled(desk.endpoint.name.clone(), theme.style(Role::Text)),
    ];
    if desk.endpoint.uses_tls() {
        spans.push(Span::styled(format!(" {}", glyphs.lock), theme.style(Role::Good)));
    }
    if let Some(system) = &desk.store.system {
        for word in [&system.os_type, &system.version] {
            spans.push(Span::styled(format!(" {} {word}", glyphs.dot), quiet));
        }
    }
    if desk.store.fetch(crate::model::Part::Containers).is_known() {
        let count = crate::model::Kind::Container.count(desk.store.containers.len());
        spans.push(Span::styled(format!(" {} {count}", glyphs.dot), quiet));
    }
    Line::from(spans)
}

fn host_load(load: &HostLoad, desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let percent = |used: Bytes, all: Bytes| if all.0 == 0 { 0.0 } else { used.0 as f64 / all.0 as f64 };
    let glyphs = theme.glyphs();
    let newest: Vec<f64> = desk.store.loads.iter().rev().take(8).rev().map(|l| l.cpu_percent).collect();
    let spark = spark(&newest, newest.len(), Some(100.0), glyphs);
    let memory = glyphs.levels[((percent(load.memory_used, load.memory_total) * 7.99) as usize).min(7)];
    Line::from(vec![
        Span::styled("cpu ", theme.style(Role::Header)),
        Span::styled(spark, theme.style(Role::ChartCpu)),
        Span::styled(format!(" {:>3.0} %   mem ", load.cpu_percent), theme.style(Role::Header)),
        Span::styled(memory, theme.style(Role::ChartMemory)),
        Span::styled(format!(" {} / {} ", load.memory_used, load.memory_total), theme.style(Role::Header)),
    ])
}

/// How true what is on screen is.
fn link(desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let glyphs = theme.glyphs();
    let mut spans = Vec::new();
    if desk.read_only.is_some() {
        spans.push(Span::styled("read-only  ", theme.style(Role::Warn)));
    }
    let (role, sign, words) = match &desk.store.link {
        Link::Connecting => (Role::Busy, glyphs.half, "connecting".to_owned()),
        Link::Live { .. } => (Role::Good, glyphs.running, "live".to_owned()),
        Link::Stale { since } => (Role::Warn, glyphs.half, format!("stale {}", Age::since(*since, desk.now))),
        Link::Lost { retry_at, .. } => {
            let left = (*retry_at - desk.now).num_seconds().max(0);
            (Role::Bad, glyphs.cross, format!("lost, retry in {left} s"))
        }
    };
    spans.push(Span::styled(format!("{sign} {words}"), theme.style(role)));
    Line::from(spans)
}

/// The spinner's sign at this moment.
pub(crate) fn spinner(desk: &Desk) -> &'static str {
    let signs = desk.theme.glyphs().spinner;
    let turn = desk.now.timestamp_millis().rem_euclid(1 << 40) / 250;
    signs[turn as usize % signs.len()]
}

/// The last line: what can be done now; help is always there.
pub(super) fn hints(hints: &[Hint], area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let help = Hint::of(Intent::Help, desk);
    let told = |hint: &'_ Hint, drop| hintbar::Hint {
        key: hint.key.clone().into(),
        label: hint.label,
        enabled: !hint.refused,
        drop,
    };
    let mut shown: Vec<hintbar::Hint<'_>> = hints.iter().map(|hint| told(hint, 1)).collect();
    shown.extend(help.iter().map(|help| told(help, 0)));
    hintbar::draw(&shown, area, buffer, &desk.theme);
}

/// Says politely that nothing can be shown.
pub(super) fn too_small(least: (u16, u16), area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let lines = [
        (Role::Text, "this window is too small".to_owned()),
        (Role::Muted, format!("longshore needs {}×{}, this is {}×{}", least.0, least.1, area.width, area.height)),
    ];
    paragraph(&lines, area, buffer, desk);
}
