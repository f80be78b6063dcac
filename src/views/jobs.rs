//! The jobs: what was wished of engines, how far it is and how it ended. Knows no engine.

use chrono::{DateTime, Utc};
use ratatui::text::{Line, Span};

use crate::{
    app::{
        desk::Desk,
        jobs::{Job, JobState},
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Age, Kind, Part, Piece, Rate, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, LinesPage, Page, Picked, cell, gather, muted, none, plain},
        frame::spinner,
        kit::gauge,
    },
};

/// The dashboard of jobs.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Jobs))
}

struct Jobs;

impl Board for Jobs {
    type Row = Job;

    fn title(&self) -> &'static str {
        "Jobs"
    }

    fn intent(&self) -> Intent {
        Intent::Jobs
    }

    fn parts(&self) -> &'static [Part] {
        &[]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Job> {
        desk.jobs.iter().collect()
    }

    fn revision(&self, desk: &Desk) -> u64 {
        desk.jobs.revision()
    }

    fn id<'a>(&self, row: &'a Job) -> &'a str {
        &row.key
    }

    fn subject(&self, row: &Job) -> Subject {
        Subject::new(Kind::Other, row.key.as_str(), row.cmd.title())
    }

    fn columns(&self) -> &'static [Column<Job>] {
        COLUMNS
    }

    fn haystack(&self, row: &Job, _desk: &Desk, text: &mut String) {
        gather(text, [row.cmd.title().as_str(), row.state.word(), &row.endpoint]);
    }

    fn summary(&self, rows: &[&Job], _desk: &Desk) -> String {
        let count = |word: &str| rows.iter().filter(|job| job.state.word() == word).count();
        let words = ["running", "done", "failed", "cancelled"].map(|word| (count(word), word));
        words.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(" · ")
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        let hint = "stopping a container, pulling an image, pruning: whatever changes an engine is listed here";
        ("no jobs yet".into(), hint.into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![Box::new(LinesPage::new("Output", output))]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Job>, _desk: &Desk) -> Outcome {
        match intent {
            Intent::Remove | Intent::Kill => picked
                .on_one("cancel", |job| ended(job).map_or(Outcome::Wish(Wish::CancelJob(job.id)), Outcome::refuse)),
            Intent::Jump => picked.on_one("jump", |job| Outcome::Jump(job.cmd.subject())),
            _ => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Remove, Intent::Jump, Intent::Copy]
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        (intent == Intent::Remove).then_some("cancel")
    }

    fn changes(&self, _intent: Intent) -> bool {
        false
    }

    fn refusal(&self, intent: Intent, row: Option<&Job>, _desk: &Desk) -> Option<String> {
        row.filter(|_| intent == Intent::Remove).and_then(ended)
    }
}

type Col = Column<Job>;

const COLUMNS: &[Col] = &[
    Col::new("JOB", (20, 60), 0, |j, desk| plain(desk, j.cmd.title()))
        .grows()
        .by(|a, b, _| a.cmd.title().cmp(&b.cmd.title())),
    Col::new("STATE", (11, 11), 0, state).by(|a, b, _| a.state.word().cmp(b.state.word())),
    Col::new("PROGRESS", (15, 15), 1, progress).down(|a, b, _| fraction(a).total_cmp(&fraction(b))),
    Col::new("SPEED", (9, 11), 3, |j, desk| speed(j, desk).map_or_else(|| none(desk), |s| muted(desk, s.to_string())))
        .right(),
    Col::new("ENDPOINT", (8, 20), 4, |j, desk| muted(desk, j.endpoint.as_str()))
        .by(|a, b, _| a.endpoint.cmp(&b.endpoint)),
    Col::new("BEGAN", (8, 8), 3, |j, desk| muted(desk, desk.clock(j.began))).down(|a, b, _| a.began.cmp(&b.began)),
    Col::new("TOOK", (5, 6), 2, |j, desk| muted(desk, took(j, desk).to_string()))
        .right()
        .down(|a, b, desk| took(a, desk).cmp(&took(b, desk))),
];

/// Columns of the bar in the table.
const BAR: usize = 8;
/// Columns of a piece's bar.
const PIECE_BAR: usize = 24;

/// Why a job cannot be cancelled.
fn ended(job: &Job) -> Option<String> {
    let over = || format!("\"{}\" is over ({}): there is nothing to cancel", job.cmd.title(), job.state.word());
    (job.state != JobState::Running).then(over)
}

fn role(state: &JobState) -> Role {
    match state {
        JobState::Running => Role::Busy,
        JobState::Done(..) => Role::Good,
        JobState::Failed(..) => Role::Bad,
        JobState::Cancelled(_) => Role::Muted,
    }
}

fn state(job: &Job, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let sign = match job.state {
        JobState::Running => spinner(desk),
        JobState::Done(..) => glyphs.check,
        JobState::Failed(..) => glyphs.cross,
        JobState::Cancelled(_) => glyphs.stopped,
    };
    cell(desk, role(&job.state), format!("{sign} {}", job.state.word()))
}

fn fraction(job: &Job) -> f64 {
    job.progress.fraction().unwrap_or(-1.0)
}

fn progress(job: &Job, desk: &Desk) -> Line<'static> {
    match (job.progress.fraction(), &job.state) {
        (Some(share), JobState::Running | JobState::Cancelled(_) | JobState::Failed(..)) => bar(share, BAR, desk),
        (None, JobState::Running) if !job.progress.note.is_empty() => muted(desk, job.progress.note.as_str()),
        _ => none(desk),
    }
}

fn bar(share: f64, columns: usize, desk: &Desk) -> Line<'static> {
    let mut line = Line::from(gauge::spans(share, columns, Role::Busy, &desk.theme).to_vec());
    line.push_span(Span::styled(format!(" {:>3.0} %", share * 100.0), desk.theme.style(Role::Text)));
    line
}

fn end(job: &Job) -> Option<DateTime<Utc>> {
    match &job.state {
        JobState::Running => None,
        JobState::Done(at, _) | JobState::Failed(at, _) | JobState::Cancelled(at) => Some(*at),
    }
}

fn took(job: &Job, desk: &Desk) -> Age {
    Age::since(job.began, end(job).unwrap_or(desk.now))
}

/// Bytes a second on the average, where the job moves any.
fn speed(job: &Job, desk: &Desk) -> Option<Rate> {
    let seconds = took(job, desk).0.as_secs_f64();
    let done = job.progress.done().0;
    (done > 0 && seconds > 0.0).then(|| Rate(done as f64 / seconds))
}

/// How far each piece is, and how it ended.
fn output(subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let Some(job) = desk.jobs.iter().find(|job| job.key == subject.id) else {
        return vec![muted(desk, "this job is long over and forgotten")];
    };
    let mut lines = ending(job, desk);
    if !job.progress.note.is_empty() {
        lines.push(muted(desk, job.progress.note.as_str()));
    }
    lines.extend(job.progress.pieces.iter().map(|one| piece(one, desk)));
    if lines.is_empty() {
        lines.push(muted(desk, format!("under way for {}; the engine tells no progress", took(job, desk))));
    }
    lines
}

fn ending(job: &Job, desk: &Desk) -> Vec<Line<'static>> {
    let role = role(&job.state);
    match &job.state {
        JobState::Running => Vec::new(),
        JobState::Done(at, more) => {
            let more = more.as_ref().map(|more| format!(": {more}")).unwrap_or_default();
            vec![cell(desk, role, format!("{} at {}{more}", job.cmd.done(), desk.clock(*at)))]
        }
        JobState::Cancelled(at) => vec![cell(desk, role, format!("cancelled at {}", desk.clock(*at)))],
        JobState::Failed(_, problem) => {
            let hint = problem.hint.iter().map(|hint| muted(desk, hint.as_str()));
            std::iter::once(cell(desk, role, problem.sentence.as_str())).chain(hint).collect()
        }
    }
}

fn piece(piece: &Piece, desk: &Desk) -> Line<'static> {
    let share = match (piece.finished, piece.total) {
        (true, _) => 1.0,
        (false, Some(total)) if total.0 > 0 => piece.done.0 as f64 / total.0 as f64,
        _ => 0.0,
    };
    let mut line = plain(desk, format!("{:<13} ", piece.name));
    let role = if piece.finished { Role::Good } else { Role::Busy };
    line.extend(gauge::spans(share, PIECE_BAR, role, &desk.theme));
    line.extend(muted(desk, format!("  {:<13}", piece.step)));
    if let Some(total) = piece.total.filter(|_| !piece.finished) {
        line.extend(muted(desk, format!("  {} of {total}", piece.done)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{cmd::Cmd, jobs::JobId},
        model::{Bytes, Problem, Progress},
        views::stage::{Landing, Stage},
    };

    fn layer(name: &str, step: &str, done: u64, finished: bool) -> Piece {
        let total = Some(Bytes::mib(40));
        Piece { name: name.into(), step: step.into(), done: Bytes::mib(done), total, finished }
    }

    /// A pull under way since four seconds, one that failed and one that is done.
    fn desk() -> (Desk, JobId) {
        let mut desk = Desk::for_test();
        let (now, begin) = (desk.now, desk.now - chrono::Duration::seconds(4));
        let done = desk.jobs.begin(Cmd::Pull("alpine:3".into()), "local", begin).unwrap();
        desk.jobs.end(done, JobState::Done(now, Some("it was there already".into())));
        let failed = desk.jobs.begin(Cmd::Pull("secret:1".into()), "local", begin).unwrap();
        let hint = Some("log in with `docker login`".to_owned());
        let sentence = "cannot pull `secret:1`: the registry asks for a login".to_owned();
        desk.jobs.end(failed, JobState::Failed(now, Problem { sentence, hint }));
        let pull = desk.jobs.begin(Cmd::Pull("nginx:1.27".into()), "local", begin).unwrap();
        let pieces = vec![layer("0a1b2c", "complete", 40, true), layer("3d4e5f", "downloading", 10, false)];
        desk.jobs.progress(pull, Progress { pieces, note: String::new() });
        (desk, pull)
    }

    fn stage() -> Stage {
        Stage::new(desk().0, vec![dashboard(), Landing::of(Intent::Images)])
    }

    #[test]
    fn every_job_says_how_far_it_is_and_every_piece_of_it() {
        insta::assert_snapshot!("80x24", stage().screen());
        insta::assert_snapshot!("160x45", stage().sized(160, 45).press(&["down"]).screen());
    }

    #[test]
    fn only_what_runs_can_be_cancelled() {
        let (desk, pull) = desk();
        let mut stage = Stage::new(desk, vec![dashboard()]);
        assert!(stage.hints().contains("x cancel"));
        assert_eq!(*stage.press(&["x"]).wished(), Wish::CancelJob(pull));
        let refused = "\"pull `secret:1`\" is over (failed): there is nothing to cancel";
        assert_eq!(stage.press(&["down", "x"]).refused(), refused);
    }

    #[test]
    fn a_job_that_ends_is_told_at_once() {
        let mut stage = stage();
        assert!(stage.screen().contains("1 running"));
        let pull = stage.desk.jobs.iter().next().unwrap().id;
        stage.desk.jobs.end(pull, JobState::Cancelled(stage.desk.now));
        let screen = stage.screen();
        assert!(screen.contains("1 cancelled") && screen.contains("cancelled at 12:00:00"), "{screen}");
    }

    #[test]
    fn a_job_leads_to_its_subject() {
        assert!(stage().press(&["J"]).screen().contains("landed on nginx:1.27"));
    }
}
