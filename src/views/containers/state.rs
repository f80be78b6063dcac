//! How a container's state and health read in a few letters. Knows no column.

use std::collections::BTreeMap;

use ratatui::text::{Line, Span};

use crate::{
    app::{desk::Desk, theme::Role},
    model::{Container, Health, State},
    views::frame::spinner,
};

/// The exit code of a process that got SIGKILL, from the kernel or from people: 128 and the signal's number, as
/// shells have it.
pub(super) const KILLED: i64 = 137;

/// The state, or what is being done to it.
pub(crate) fn cell(row: &Container, desk: &Desk) -> Line<'static> {
    if let Some((_, verb)) = desk.jobs.on_container(&row.id).and_then(|job| job.cmd.verb()) {
        return Line::styled(format!("{} {}", spinner(desk), verb.doing()), desk.theme.style(Role::Busy));
    }
    let glyphs = desk.theme.glyphs();
    let (sign, role) = match (row.state, row.health) {
        (State::Running, Health::Unhealthy) => (glyphs.warn, Role::Bad),
        (State::Running, Health::Starting) => (glyphs.half, Role::Warn),
        (State::Running, _) => (glyphs.running, Role::Good),
        (State::Paused, _) => (glyphs.paused, Role::Warn),
        (State::Restarting, _) => (glyphs.half, Role::Warn),
        (State::Removing, _) => (glyphs.half, Role::Busy),
        (State::Dead, _) => (glyphs.cross, Role::Bad),
        (state, _) if state.is_failure() => (glyphs.stopped, Role::Bad),
        _ => (glyphs.stopped, Role::Muted),
    };
    let words = if role == Role::Muted { Role::Muted } else { Role::Text };
    Line::from(vec![
        Span::styled(format!("{sign} "), desk.theme.style(role)),
        Span::styled(word(row), desk.theme.style(if role == Role::Bad { Role::Bad } else { words })),
    ])
}

/// The state in words: "healthy" says that it runs.
pub(super) fn word(row: &Container) -> String {
    match (row.state, row.health) {
        (State::Running, Health::Healthy) => "healthy".into(),
        (State::Running, Health::Unhealthy) => "unhealthy".into(),
        (State::Running, Health::Starting) => "starting".into(),
        // The code is that of SIGKILL, whoever sent it; that it was the kernel is what one must see.
        (state, _) if row.oom_killed && !state.is_up() => "OOM killed".into(),
        (State::Restarting, _) if row.restarts > 0 => format!("restarting {}", row.restarts),
        (state, _) => state.to_string(),
    }
}

/// The order of life: what runs, what is about to, what does not.
pub(super) fn rank(state: State) -> u8 {
    match state {
        State::Running | State::Paused | State::Restarting => 0,
        State::Removing | State::Dead | State::Unknown => 1,
        State::Exited(_) | State::Created => 2,
    }
}

/// "12 running · 2 exited · 1 paused".
pub(super) fn summary(rows: &[&Container]) -> String {
    let mut counts: BTreeMap<(u8, &'static str), usize> = BTreeMap::new();
    for row in rows {
        let kind = match row.state {
            State::Running => (0, "running"),
            State::Exited(_) => (1, "exited"),
            State::Paused => (2, "paused"),
            State::Restarting => (3, "restarting"),
            State::Created => (4, "created"),
            State::Removing => (5, "removing"),
            State::Dead => (6, "dead"),
            State::Unknown => (7, "unknown"),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|((_, word), n)| format!("{n} {word}")).collect();
    words.join(" · ")
}
