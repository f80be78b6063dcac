//! What a container uses, as charts over the last two minutes with the numbers of now. Knows no engine.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span},
};

use super::lines;
use crate::{
    app::{desk::Desk, theme::Role, wants::Wants},
    model::{Bytes, ContainerId, Feature, Rate, Sample, Series, Subject},
    views::{
        board::Page,
        kit::{
            chart::{self, Chart},
            text,
        },
    },
};

/// What a container uses.
#[derive(Default)]
pub struct StatsPage;

impl StatsPage {
    /// The page.
    pub fn new() -> Self {
        Self
    }
}

/// Rows that a chart needs below its heading to say anything.
const LEAST: u16 = 3;
/// From this width on, charts stand two by two.
const WIDE: u16 = 100;

impl Page for StatsPage {
    fn title(&self) -> &'static str {
        "Stats"
    }

    fn wants(&self, subject: &Subject, desk: &Desk, wants: &mut Wants) {
        let up = desk.container(&subject.id).is_some_and(|c| c.state.is_up());
        if up && desk.store.caps.has(Feature::Stats) {
            wants.stats.insert(ContainerId::new(&subject.id));
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        match series(subject, desk) {
            Ok(series) => draw_all(series, area, buffer, desk),
            Err(why) => {
                let said = Line::styled(why, desk.theme.style(Role::Muted));
                lines(vec![said], Rect { x: area.x.saturating_sub(1), ..area }, buffer, desk);
            }
        }
        None
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let series = series(subject, desk).ok()?;
        let mut text = String::from("time\tcpu %\tmemory\tnet in/s\tnet out/s\tread/s\twritten/s\tpids\n");
        for s in series.iter() {
            let (time, cpu, memory) = (desk.stamp(s.at), s.cpu_percent, s.memory.0);
            let rates =
                [s.net_in, s.net_out, s.disk_read, s.disk_write].map(|rate| format!("{:.0}", rate.0)).join("\t");
            text.push_str(&format!("{time}\t{cpu:.1}\t{memory}\t{rates}\t{}\n", s.pids));
        }
        Some(text)
    }
}

/// The samples, or why there are none.
fn series<'a>(subject: &Subject, desk: &'a Desk) -> Result<&'a Series, String> {
    if let Some(refusal) = desk.store.caps.refuses(Feature::Stats) {
        return Err(format!("use cannot be measured: {refusal}"));
    }
    match desk.container(&subject.id) {
        Some(container) if !container.state.is_up() => {
            return Err(format!("`{}` does not run ({}), so it uses nothing", subject.name, container.state));
        }
        None => return Err(format!("`{}` is gone", subject.name)),
        Some(_) => {}
    }
    let series = desk.store.stats.get(subject.id.as_str()).filter(|series| !series.is_empty());
    series.ok_or_else(|| "measuring …".to_owned())
}

/// A line's name, colour and reading.
type Plotted = (&'static str, Role, fn(&Sample) -> f64);

/// One of the four charts.
struct Part {
    name: &'static str,
    /// Names, colours and readings of its lines.
    lines: &'static [Plotted],
    /// The value at the top for this greatest one, where round numbers are not those of ten.
    top: fn(f64) -> Option<f64>,
    label: fn(f64) -> String,
    /// Now, and since the start.
    now: fn(&Sample) -> String,
}

const PARTS: [Part; 4] = [
    Part {
        name: "CPU",
        lines: &[("cpu", Role::ChartCpu, |s| s.cpu_percent)],
        top: |_| None,
        label: |v| format!("{v:.0} %"),
        now: |s| format!("{:.1} %  {} processes", s.cpu_percent, s.pids),
    },
    Part {
        name: "Memory",
        lines: &[("memory", Role::ChartMemory, |s| s.memory.0 as f64)],
        top: binary,
        label: |v| Bytes(v as u64).to_string(),
        now: |s| format!("{} of {}  {:.1} %", s.memory, s.memory_limit, s.memory_percent()),
    },
    Part {
        name: "Network",
        lines: &[("in", Role::ChartNet, |s| s.net_in.0), ("out", Role::ChartDisk, |s| s.net_out.0)],
        top: binary,
        label: |v| Rate(v).to_string(),
        now: |s| format!("{} in, {} out since the start", s.net_in_total, s.net_out_total),
    },
    Part {
        name: "Disk",
        lines: &[("read", Role::ChartNet, |s| s.disk_read.0), ("written", Role::ChartDisk, |s| s.disk_write.0)],
        top: binary,
        label: |v| Rate(v).to_string(),
        now: |s| format!("{} read, {} written since the start", s.disk_read_total, s.disk_write_total),
    },
];

/// The next power of two, at least a kibibyte: what amounts of bytes are counted in.
fn binary(greatest: f64) -> Option<f64> {
    Some((greatest.clamp(1024.0, 1e18) as u64).next_power_of_two() as f64)
}

/// As many charts as there is room for, the numbers of the others in a line each.
fn draw_all(series: &Series, area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let columns: u16 = if area.width >= WIDE { 2 } else { 1 };
    let rows = 4 / columns;
    let charts = area.height >= rows * (LEAST + 1);
    let height = if charts { Constraint::Fill(1) } else { Constraint::Length(1) };
    let lanes = Layout::vertical(vec![height; usize::from(rows)]).split(area);
    for (index, part) in PARTS.iter().enumerate() {
        let index = index as u16;
        let Some(lane) = lanes.get(usize::from(index / columns)) else { continue };
        let width = lane.width / columns;
        let place = Rect { x: lane.x + (index % columns) * width, width: width.saturating_sub(columns - 1), ..*lane };
        part.draw(series, place, buffer, desk);
    }
}

impl Part {
    fn draw(&self, series: &Series, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let (Some(newest), false) = (series.last(), area.is_empty()) else { return };
        let theme = &desk.theme;
        let heading = Line::from(vec![
            Span::styled(format!("{:<8} ", self.name), theme.style(Role::Title)),
            Span::styled((self.now)(newest), theme.style(Role::Text)),
        ]);
        text::put_line(buffer, area.x, area.y, heading, area.width, theme.glyphs());
        let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let samples: Vec<Vec<f64>> = self.lines.iter().map(|(_, _, read)| series.iter().map(read).collect()).collect();
        let drawn: Vec<chart::Series<'_>> = self
            .lines
            .iter()
            .zip(&samples)
            .map(|((name, role, _), samples)| chart::Series { name, role: *role, samples })
            .collect();
        let greatest = samples.iter().flatten().copied().fold(0.0, f64::max);
        let filled = drawn.len() == 1;
        Chart { series: &drawn, top: (self.top)(greatest), label: &self.label, filled }.draw(body, buffer, theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Change, Listing, State},
        views::detail::scene::{self, container, subject},
    };

    fn desk(state: State, samples: usize) -> Desk {
        let listed = Change::Listed(Listing::Containers(vec![container("web", state)]));
        let sample = |n: usize| Sample {
            cpu_percent: n as f64,
            memory: Bytes::mib(n as u64),
            memory_limit: Bytes::mib(100),
            net_in: Rate(1024.0 * n as f64),
            net_in_total: Bytes::mib(5),
            pids: 7,
            ..Sample::default()
        };
        let samples = (0..samples).map(|n| Change::Sample(ContainerId::new("web"), sample(n)));
        Desk::for_test().told([listed].into_iter().chain(samples))
    }

    fn shown(desk: &Desk, width: u16, height: u16) -> String {
        scene::page(&mut StatsPage::new(), &subject("web"), desk, width, height)
    }

    #[test]
    fn four_charts_where_there_is_room() {
        insta::assert_snapshot!(shown(&desk(State::Running, 60), 78, 20), @r"
            CPU      59.0 %  7 processes
            100 % │
                  │                                                                ⣀⣀⣀⣠⣤
                  │                                                   ⣀⣀⣀⣤⣤⣤⣴⣶⣶⣶⣿⣿⣿⣿⣿⣿⣿⣿
              0 % │                                       ⣀⣀⣤⣤⣤⣶⣶⣶⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
            Memory   59 MiB of 100 MiB  59.0 %
            64 MiB │                                                               ⣀⣀⣤⣤⣶
                   │                                                      ⣀⣀⣠⣤⣴⣶⣾⣿⣿⣿⣿⣿⣿⣿
                   │                                             ⢀⣀⣀⣤⣤⣶⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
               0 B │                                      ⣀⣠⣤⣴⣶⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
            Network  5.0 MiB in, 0 B out since the start
            ● in 59 KiB/s   ● out 0 B/s
            64 KiB/s │                                                          ⣀⣀⣀⠤⠤⠤⠒⠒
                     │                                              ⢀⣀⣀⡠⠤⠤⠒⠒⠒⠉⠉⠉
               0 B/s │                                    ⣀⣠⣤⣤⣔⣒⣒⣊⣉⣉⣁⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
            Disk     0 B read, 0 B written since the start
            ● read 0 B/s   ● written 0 B/s
            1.0 KiB/s │
                      │
                0 B/s │                                   ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
            ");
    }

    #[test]
    fn in_a_low_pane_the_numbers_stay() {
        insta::assert_snapshot!(shown(&desk(State::Running, 60), 78, 5), @r"
            CPU      59.0 %  7 processes
            Memory   59 MiB of 100 MiB  59.0 %
            Network  5.0 MiB in, 0 B out since the start
            Disk     0 B read, 0 B written since the start
            ");
    }

    #[test]
    fn what_does_not_run_is_said_and_not_measured() {
        let desk = desk(State::Exited(1), 0);
        assert_eq!(shown(&desk, 60, 4).trim(), "`web` does not run (exited 1), so it uses nothing");
        let mut wants = Wants::default();
        StatsPage::new().wants(&subject("web"), &desk, &mut wants);
        assert!(wants.stats.is_empty());
    }

    #[test]
    fn no_size_is_too_small() {
        let desk = desk(State::Running, 9);
        for (width, height) in [(0, 0), (1, 1), (120, 9), (5, 40)] {
            shown(&desk, width, height);
        }
    }
}
