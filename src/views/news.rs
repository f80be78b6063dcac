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
    theme::{Glyphs, Role},
    toast::{Toast, Tone},
};

/// Jobs shown at once.
const JOBS: usize = 3;

/// Columns before a sentence.
const INDENT: usize = 3;

/// Lines of one sentence, and of what to do, so that both fit on the smallest screen; among the jobs all of them stand.
const SENTENCE: usize = 3;
const HINT: usize = 2;

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

/// A sentence, and below it what to do, over the lines they need and may have.
fn told(toast: &Toast, width: u16, desk: &Desk) -> Vec<Line<'static>> {
    let glyphs = desk.theme.glyphs();
    let (role, sign) = match toast.tone {
        Tone::Good => (Role::ToastGood, glyphs.check),
        Tone::Plain => (Role::ToastPlain, glyphs.dot),
        Tone::Bad => (Role::ToastBad, glyphs.cross),
    };
    let lines = |text: &str, most| shortened(text, most, usize::from(width).saturating_sub(INDENT + 1), glyphs);
    let line = |(index, words): (usize, String)| {
        let sign = if index == 0 { sign } else { " " };
        Line::styled(format!(" {sign} {words}"), desk.theme.style(role))
    };
    let hint = toast.hint.as_deref().map(|hint| lines(hint, HINT)).unwrap_or_default();
    let hint = hint.into_iter().map(|words| Line::styled(format!("   {words}"), desk.theme.style(Role::Muted)));
    lines(&toast.text, SENTENCE).into_iter().enumerate().map(line).chain(hint).collect()
}

/// The first lines of a text; the last of them says when that is not all.
fn shortened(text: &str, most: usize, columns: usize, glyphs: &Glyphs) -> Vec<String> {
    let mut lines = wrap(&glyphs.plain(text), columns);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(text::fit(&rest, columns, glyphs).into_owned());
    }
    lines
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of news on a screen of this size.
    fn shown(text: &str, hint: Option<&str>, screen: Rect) -> Vec<String> {
        let mut desk = Desk::for_test();
        desk.toasts.push(Tone::Bad, text, hint.map(str::to_owned), desk.now);
        let area = Rect { height: rows(screen, &desk), ..screen };
        let mut buffer = Buffer::empty(area);
        draw(area, &mut buffer, &desk);
        let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..area.height).map(row).collect()
    }

    #[test]
    fn a_sentence_goes_on_below_with_what_to_do() {
        let lines = shown("cannot stop `web`: it is gone", Some("read again"), Rect::new(0, 0, 24, 24));
        assert_eq!(lines, [" ✕ cannot stop `web`:", "   it is gone", "   read again"]);
    }

    #[test]
    fn of_a_sentence_without_end_the_beginning_is_shown_on_the_smallest_screen() {
        let lines = shown(&"word ".repeat(400), Some("what to do"), Rect::new(0, 0, 60, 15));
        assert!(lines[0].starts_with(" ✕ word"), "{lines:?}");
        assert!(lines[2].ends_with('…'), "{lines:?}");
        assert_eq!(lines[3..], ["   what to do"]);
    }
}
