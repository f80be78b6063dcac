//! The recent past of one or more numbers as lines over a scale. Knows no unit; it is told how to write one.

mod canvas;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use self::canvas::Canvas;
use super::text;
use crate::app::theme::{Role, Theme};

/// One number over time.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Its name, shown where there is more than one series.
    pub name: &'a str,
    /// Its colour.
    pub role: Role,
    /// Samples at even distances, oldest first; one that is no number is a gap.
    pub samples: &'a [f64],
}

/// A chart.
#[derive(Clone, Copy)]
pub struct Chart<'a> {
    /// What is drawn; a later series lies over an earlier one.
    pub series: &'a [Series<'a>],
    /// The value at the top; without it the greatest sample shown is, rounded up.
    pub top: Option<f64>,
    /// Writes a value with its unit.
    pub label: &'a dyn Fn(f64) -> String,
    /// Whether the room below a line is filled.
    pub filled: bool,
}

impl Chart<'_> {
    /// Draws scale and lines, the newest sample at the right. Where it is narrow the scale goes, where it is low the names.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let (names, area) = self.split_names(area);
        self.draw_names(names, buffer, theme);
        let rough = usize::from(area.width) * 2;
        let top = self.top.filter(|top| *top > 0.0).unwrap_or_else(|| round_up(self.greatest(rough)));
        let plot = self.draw_scale(top, area, buffer, theme);
        let mut canvas = Canvas::new(plot, theme.glyphs());
        for series in self.series {
            canvas.plot(series.samples, top, theme.style(series.role), self.filled);
        }
        canvas.paint(buffer);
    }

    fn greatest(&self, samples: usize) -> f64 {
        let newest = |s: &Series<'_>| s.samples.len().saturating_sub(samples);
        let shown = self.series.iter().flat_map(|s| &s.samples[newest(s)..]);
        shown.copied().filter(|sample| sample.is_finite()).fold(0.0, f64::max)
    }

    fn split_names(&self, area: Rect) -> (Rect, Rect) {
        let rows = u16::from(self.series.len() > 1 && area.height > 3);
        (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
    }

    fn draw_names(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if area.is_empty() {
            return;
        }
        let mut line = Line::default();
        for series in self.series {
            let newest = series.samples.last().filter(|sample| sample.is_finite());
            let value = newest.map_or_else(|| theme.glyphs().none.to_owned(), |sample| (self.label)(*sample));
            line.spans
                .push(Span::styled(format!("{} {} ", theme.glyphs().running, series.name), theme.style(series.role)));
            line.spans.push(Span::styled(format!("{value}   "), theme.style(Role::Text)));
        }
        text::put_line(buffer, area.x, area.y, line, area.width, theme.glyphs());
    }

    /// Draws the scale at the left; gives the room beside it.
    fn draw_scale(&self, top: f64, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
        let marks: Vec<(u16, String)> =
            marks(area.height).into_iter().map(|row| (row, self.mark(top, row, area))).collect();
        let columns = marks.iter().map(|(_, words)| text::width(words)).max().unwrap_or(0) as u16;
        if area.width < columns + 12 {
            return area;
        }
        let down = theme.glyphs().border[5];
        for y in area.y..area.bottom() {
            text::put(buffer, area.x + columns + 1, y, down, 1, theme.style(Role::Track));
        }
        for (row, words) in marks {
            let words = text::pad(&words, usize::from(columns), true, theme.glyphs());
            text::put(buffer, area.x, area.y + row, &words, columns, theme.style(Role::Faint));
        }
        Rect { x: area.x + columns + 2, width: area.width - columns - 2, ..area }
    }

    fn mark(&self, top: f64, row: u16, area: Rect) -> String {
        let share = 1.0 - f64::from(row) / f64::from(area.height.saturating_sub(1).max(1));
        (self.label)(top * share)
    }
}

/// The rows of the scale that bear a value: top and bottom, and the middle where there is room.
fn marks(height: u16) -> Vec<u16> {
    match height {
        0 => vec![],
        1 => vec![0],
        2..5 => vec![0, height - 1],
        _ if height % 2 == 1 => vec![0, height / 2, height - 1],
        _ => vec![0, height - 1],
    }
}

/// The next number of the form 1, 2 or 5 times a power of ten: a scale that does not jump with every sample.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let mut power = 1.0;
    while power * 10.0 <= value {
        power *= 10.0;
    }
    while power > value {
        power /= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    fn percent(value: f64) -> String {
        format!("{value:.0} %")
    }

    const RISING: [f64; 9] = [0.0, 10.0, 20.0, 30.0, 40.0, 55.0, 70.0, 85.0, 100.0];

    fn chart<'a>(series: &'a [Series<'a>], filled: bool) -> Chart<'a> {
        Chart { series, top: Some(100.0), label: &percent, filled }
    }

    #[test]
    fn a_line_rises_to_the_right() {
        let series = [Series { name: "cpu", role: Role::ChartCpu, samples: &RISING }];
        let (buffer, ()) = probe::draw(20, 5, |area, buffer, theme| chart(&series, false).draw(area, buffer, theme));
        insta::assert_snapshot!(probe::text(&buffer), @r"
            100 % │            ⡸
                  │           ⢠⠃
             50 % │          ⢀⠎
                  │         ⢀⠎
              0 % │        ⢀⠎
            ");
        let (buffer, ()) = probe::draw_with(&probe::ascii(), 20, 5, |area, buffer, theme| {
            chart(&series, true).draw(area, buffer, theme);
        });
        assert!(probe::text(&buffer).is_ascii());
        insta::assert_snapshot!(probe::text(&buffer), @r"
            100 % |           .#
                  |          -##
             50 % |        _+###
                  |      _=#####
              0 % |    _=#######
            ");
    }

    #[test]
    fn several_series_have_names_and_their_newest_value() {
        let falling: Vec<f64> = RISING.iter().rev().copied().collect();
        let series = [
            Series { name: "in", role: Role::ChartNet, samples: &RISING },
            Series { name: "out", role: Role::ChartDisk, samples: &falling },
        ];
        let (buffer, ()) = probe::draw(30, 5, |area, buffer, theme| chart(&series, false).draw(area, buffer, theme));
        insta::assert_snapshot!(probe::text(&buffer), @r"
            ● in 100 %   ● out 0 %
            100 % │                  ⠈⢆  ⡜
                  │                   ⠈⡆⡸
                  │                    ⡜⢅
              0 % │                  ⢀⠎ ⠈⢢
            ");
    }

    #[test]
    fn no_size_and_no_sample_is_a_harm() {
        let odd = [f64::NAN, f64::INFINITY, -3.0, 1e300];
        for samples in [&[][..], &odd[..]] {
            let series = [Series { name: "x", role: Role::ChartCpu, samples }; 2];
            for (width, height) in [(0, 0), (1, 1), (13, 2), (40, 9)] {
                let free = Chart { top: None, ..chart(&series, true) };
                probe::draw(width, height, |area, buffer, theme| free.draw(area, buffer, theme));
            }
        }
    }

    #[test]
    fn the_scale_takes_round_steps() {
        assert_eq!([0.0, 0.3, 7.0, 10.0, 140.0].map(round_up), [1.0, 0.5, 10.0, 10.0, 200.0]);
    }
}
