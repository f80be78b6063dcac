//! The columns of the containers' table. Knows no engine.

use std::cmp::Ordering;

use ratatui::text::{Line, Span};

use super::{ports, state};
use crate::{
    app::{desk::Desk, theme::Role},
    model::{Age, Bytes, Container, Feature, Isolation, Rate, Sample, State},
    views::{
        board::{Column, cell, muted, none, plain},
        kit::{spark::spark, text},
    },
};

/// Where the state stands among the columns.
pub(super) const STATE: usize = 1;

/// All columns; at 80 characters the names, states, images, use, ports and ages are left.
pub(super) const COLUMNS: &[Column<Container>] = &[
    Column::new("NAME", (9, 32), 0, name).grows().by(|a, b, _| a.name.cmp(&b.name)),
    Column::new("STATE", (12, 18), 0, state::cell).by(by_state),
    Column::new("IMAGE", (10, 36), 3, image).by(|a, b, _| (&a.image, &a.name).cmp(&(&b.image, &b.name))),
    Column::new("CPU", (10, 10), 1, cpu).only(measured).lives(|a, b, desk| by(a, b, desk, |s| s.cpu_percent)),
    Column::new("MEMORY", (9, 10), 1, memory).only(measured).lives(|a, b, desk| by(a, b, desk, |s| s.memory.0 as f64)),
    Column::new("MEM %", (6, 6), 9, |row, desk| {
        sampled(row, desk, |s| plain(desk, format!("{:.1} %", s.memory_percent())))
    })
    .right()
    .only(measured)
    .lives(|a, b, desk| by(a, b, desk, Sample::memory_percent)),
    Column::new("NET/S", (11, 12), 6, net)
        .only(measured)
        .lives(|a, b, desk| by(a, b, desk, |s| s.net_in.0 + s.net_out.0)),
    Column::new("DISK/S", (11, 12), 7, disk)
        .only(measured)
        .lives(|a, b, desk| by(a, b, desk, |s| s.disk_read.0 + s.disk_write.0)),
    Column::new("PIDS", (4, 6), 8, pids).right().only(measured).lives(|a, b, desk| by(a, b, desk, |s| s.pids as f64)),
    Column::new("PORTS", (8, 30), 2, published),
    Column::new("ISOLATION", (9, 9), 4, isolation).only(Desk::is_windows),
    Column::new("PROJECT", (7, 18), 5, project).by(|a, b, _| {
        (a.project().is_none(), a.project(), &a.name).cmp(&(b.project().is_none(), b.project(), &b.name))
    }),
    Column::new("AGE", (4, 5), 2, age).right().down(|a, b, _| (a.created, &b.name).cmp(&(b.created, &a.name))),
];

fn measured(desk: &Desk) -> bool {
    desk.store.caps.has(Feature::Stats)
}

/// What runs first, then by name.
fn by_state(a: &Container, b: &Container, _desk: &Desk) -> Ordering {
    (state::rank(a.state), &a.name).cmp(&(state::rank(b.state), &b.name))
}

/// By the newest sample; those without any last when the greatest come first. Equals then stand by name.
fn by(a: &Container, b: &Container, desk: &Desk, value: fn(&Sample) -> f64) -> Ordering {
    let of = |row: &Container| sample(row, desk).map_or(-1.0, value);
    of(a).total_cmp(&of(b)).then_with(|| b.name.cmp(&a.name))
}

fn sample<'a>(row: &Container, desk: &'a Desk) -> Option<&'a Sample> {
    desk.store.sample(&row.id).filter(|_| row.state.is_up())
}

fn name(row: &Container, desk: &Desk) -> Line<'static> {
    plain(desk, &row.name)
}

fn image(row: &Container, desk: &Desk) -> Line<'static> {
    plain(desk, image_name(&row.image))
}

fn published(row: &Container, desk: &Desk) -> Line<'static> {
    plain(desk, desk.theme.glyphs().plain(&ports::short(&row.ports)).into_owned())
}

fn age(row: &Container, desk: &Desk) -> Line<'static> {
    row.made().map_or_else(|| none(desk), |made| muted(desk, Age::since(made, desk.now).to_string()))
}

/// An image as people name it: a digest is cut.
fn image_name(name: &str) -> String {
    if let Some(digest) = name.strip_prefix("sha256:") {
        return digest.chars().take(crate::model::SHORT).collect();
    }
    name.split_once("@sha256:").map_or(name, |(name, _)| name).to_owned()
}

/// A cell of what only samples tell: nothing for what does not run, an ellipsis until the first one.
fn sampled(row: &Container, desk: &Desk, shown: impl FnOnce(&Sample) -> Line<'static>) -> Line<'static> {
    match (row.state, sample(row, desk)) {
        (_, Some(sample)) => shown(sample),
        (State::Running, None) => cell(desk, Role::Faint, desk.theme.glyphs().ellipsis),
        _ => none(desk),
    }
}

/// Samples in the sparkline of a row.
const SPARK: usize = 4;

fn cpu(row: &Container, desk: &Desk) -> Line<'static> {
    sampled(row, desk, |sample| {
        let series = desk.store.stats.get(&row.id);
        let mut recent: Vec<f64> =
            series.into_iter().flat_map(|s| s.iter().rev().take(SPARK)).map(|s| s.cpu_percent).collect();
        recent.reverse();
        // One whole processor is full height, unless more than one is busy.
        let top = recent.iter().copied().fold(100.0, f64::max);
        let percent = match sample.cpu_percent {
            p if p < 9.95 => format!("{p:.1}"),
            p => format!("{p:.0}"),
        };
        Line::from(vec![
            Span::styled(spark(&recent, SPARK, Some(top), desk.theme.glyphs()), desk.theme.style(Role::ChartCpu)),
            Span::styled(format!("{percent:>4} %"), desk.theme.style(Role::Text)),
        ])
    })
}

fn memory(row: &Container, desk: &Desk) -> Line<'static> {
    sampled(row, desk, |sample| {
        let percent = sample.memory_percent();
        let role = match percent {
            p if p >= 90.0 => Role::Bad,
            p if p >= 75.0 => Role::Warn,
            _ => Role::ChartMemory,
        };
        let glyphs = desk.theme.glyphs();
        Line::from(vec![
            Span::styled(text::pad(&sample.memory.to_string(), 7, true, glyphs), desk.theme.style(Role::Text)),
            Span::styled(format!(" {}", spark(&[percent], 1, Some(100.0), glyphs)), desk.theme.style(role)),
        ])
    })
}

fn net(row: &Container, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    sampled(row, desk, |s| pair(desk, (glyphs.down, s.net_in), (glyphs.up, s.net_out), Role::ChartNet))
}

fn disk(row: &Container, desk: &Desk) -> Line<'static> {
    sampled(row, desk, |s| pair(desk, ("r", s.disk_read), ("w", s.disk_write), Role::ChartDisk))
}

/// Two rates in few letters; where nothing moves, nothing catches the eye.
fn pair(desk: &Desk, one: (&str, Rate), other: (&str, Rate), role: Role) -> Line<'static> {
    let span = |(sign, rate): (&str, Rate)| {
        let still = rate.0 < 1.0;
        let amount = Bytes(steady(rate.0)).to_string().replace("iB", "").replace(' ', "");
        let role = if still { Role::Faint } else { role };
        Span::styled(format!("{sign}{amount}"), desk.theme.style(role))
    };
    let one = span(one);
    let gap = " ".repeat(6usize.saturating_sub(one.width()).max(1));
    Line::from(vec![one, Span::raw(gap), span(other)])
}

/// A rate to two digits: the third changes with every sample, and over a slow line each change costs.
fn steady(rate: f64) -> u64 {
    let rate = rate.max(0.0).round() as u64;
    let unit = 10u64.pow(rate.max(1).ilog10().saturating_sub(1));
    rate.saturating_add(unit / 2) / unit * unit
}

fn pids(row: &Container, desk: &Desk) -> Line<'static> {
    sampled(row, desk, |sample| plain(desk, sample.pids.to_string()))
}

fn isolation(row: &Container, desk: &Desk) -> Line<'static> {
    match row.isolation {
        Isolation::Default => none(desk),
        Isolation::Process => plain(desk, "process"),
        Isolation::HyperV => plain(desk, "hyper-v"),
    }
}

fn project(row: &Container, desk: &Desk) -> Line<'static> {
    row.project().map_or_else(|| none(desk), |project| cell(desk, Role::Project, project))
}
