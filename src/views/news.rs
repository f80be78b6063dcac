//! Between dashboard and hint bar: jobs under way, and what has just been done or has failed, in whole sentences.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    frame::spinner,
    kit::{text, wrap::wrap},
};
use crate::app::{
    desk::Desk,
    jobs::Job,
    theme::Role,
    toast::{Toast, Tone},
};

/// Jobs shown at once.
const JOBS: usize = 3;

/// Columns before a sentence.
const INDENT: usize = 3;

/// Rows that news take of a screen: as many as they need, and a third of it at most.
pub(super) fn rows(screen: Rect, desk: &Desk) -> u16 {
    let most = screen.height / 3;
    u16::try_from(lines(screen.width, desk).len()).map_or(most, |rows| rows.min(most))
}

/// Draws them; where there is too little room, the newest.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, desk: &Desk) {
    let lines = lines(area.width, desk);
    let skip = lines.len().saturating_sub(usize::from(area.height));
    for (line, y) in lines.into_iter().skip(skip).zip(area.y..area.bottom()) {
        text::put_line(buffer, area.x, y, line, area.width, desk.theme.glyphs());
    }
}

fn lines(width: u16, desk: &Desk) -> Vec<Line<'static>> {
    let jobs = desk.jobs.running().take(JOBS).map(|job| job_line(job, desk));
    jobs.chain(desk.toasts.iter().flat_map(|toast| told(toast, width, desk))).collect()
}

/// A sentence, and below it what to do, over as many lines as they need.
fn told(toast: &Toast, width: u16, desk: &Desk) -> Vec<Line<'static>> {
    let glyphs = desk.theme.glyphs();
    let (role, sign) = match toast.tone {
        Tone::Good => (Role::ToastGood, glyphs.check),
        Tone::Plain => (Role::ToastPlain, glyphs.dot),
        Tone::Bad => (Role::ToastBad, glyphs.cross),
    };
    let lines = |text: &str| wrap(&glyphs.plain(text), usize::from(width).saturating_sub(INDENT + 1));
    let line = |(index, words): (usize, String)| {
        let sign = if index == 0 { sign } else { " " };
        Line::styled(format!(" {sign} {words}"), desk.theme.style(role))
    };
    let hint = toast.hint.as_deref().map(lines).unwrap_or_default();
    let hint = hint.into_iter().map(|words| Line::styled(format!("   {words}"), desk.theme.style(Role::Muted)));
    lines(&toast.text).into_iter().enumerate().map(line).chain(hint).collect()
}

fn job_line(job: &Job, desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let spinner = spinner(desk);
    let mut words = format!(" {}", job.cmd.title());
    if let Some(done) = job.progress.fraction() {
        words = format!("{words}  {:.0} %  {} of {}", done * 100.0, job.progress.done(), job.progress.total());
    } else if !job.progress.note.is_empty() {
        words = format!("{words}  {}", job.progress.note);
    }
    Line::from(vec![
        Span::styled(format!(" {spinner}"), theme.style(Role::Busy)),
        Span::styled(words, theme.style(Role::Text)),
    ])
}
