//! How an image was made, newest step first. Knows no builder.

use ratatui::text::{Line, Span};

use crate::{
    app::{desk::Desk, theme::Role},
    model::{Age, Ask, Bytes, HistoryStep, ImageId, Subject, Told},
    views::{
        board::{LinesPage, waiting},
        kit::text,
    },
};

/// The page of an image's history.
pub(crate) fn history() -> LinesPage {
    LinesPage::new("History", lines).wanting(|subject, _, wants| wants.ask(ask(subject)))
}

fn ask(subject: &Subject) -> Ask {
    Ask::History(ImageId::new(&subject.id))
}

fn lines(subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let answer = desk.store.answer(&ask(subject));
    match answer.and_then(|answer| answer.told.as_ref()) {
        Some(Told::History(steps)) => step_lines(steps, desk),
        _ => waiting(answer.map(|answer| &answer.fetch), "the history", desk).unwrap_or_default(),
    }
}

/// Columns of an age and of a size.
const AGE: usize = 5;
const SIZE: usize = 8;

fn step_lines(steps: &[HistoryStep], desk: &Desk) -> Vec<Line<'static>> {
    let total: Bytes = steps.iter().map(|step| step.size).sum();
    let made = steps.iter().filter(|step| step.size.0 > 0).count();
    let head = line(
        desk,
        Role::ColumnTitle,
        ["AGE", "SIZE"],
        vec![Span::styled("INSTRUCTION", desk.theme.style(Role::ColumnTitle))],
    );
    let last = format!("in {} steps, of which {made} added something", steps.len());
    let last =
        line(desk, Role::Text, ["", &total.to_string()], vec![Span::styled(last, desk.theme.style(Role::Muted))]);
    std::iter::once(head).chain(steps.iter().map(|step| step_line(step, desk))).chain([last]).collect()
}

fn step_line(step: &HistoryStep, desk: &Desk) -> Line<'static> {
    // An engine tells the beginning of time where a builder left the moment out.
    let age = if step.created.timestamp() > 0 { Age::since(step.created, desk.now).to_string() } else { String::new() };
    let size = if step.size.0 > 0 { step.size.to_string() } else { desk.theme.glyphs().none.to_owned() };
    let role = if step.size.0 > 0 { Role::Text } else { Role::Muted };
    let mut told = vec![Span::styled(instruction(&step.by).to_owned(), desk.theme.style(role))];
    if !step.comment.is_empty() {
        told.push(Span::styled(format!("  # {}", step.comment), desk.theme.style(Role::Faint)));
    }
    told.extend(step.tags.iter().map(|tag| Span::styled(format!("  {tag}"), desk.theme.style(Role::Accent))));
    line(desk, role, [&age, &size], told)
}

fn line(desk: &Desk, role: Role, [age, size]: [&str; 2], told: Vec<Span<'static>>) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let numbers = format!("{}  {}  ", text::pad(age, AGE, true, glyphs), text::pad(size, SIZE, true, glyphs));
    let mut spans = vec![Span::styled(numbers, desk.theme.style(role))];
    spans.extend(told);
    Line::from(spans)
}

/// An instruction as it was written: the classic builder puts a shell before it, and `#(nop)` before those that run
/// nothing; BuildKit puts a remark behind it.
pub(crate) fn instruction(by: &str) -> &str {
    let by = by.trim();
    let run = by.strip_prefix("/bin/sh -c ").or_else(|| by.strip_prefix("RUN /bin/sh -c "));
    let shown = match run.map(str::trim_start) {
        Some(run) => run.strip_prefix("#(nop)").unwrap_or(run),
        None => by,
    };
    shown.trim_end_matches("# buildkit").trim()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        model::Kind,
        views::{board::Page, detail::scene},
    };

    #[test]
    fn instructions_read_as_they_were_written() {
        assert_eq!(instruction("/bin/sh -c #(nop)  CMD [\"sh\"]"), "CMD [\"sh\"]");
        assert_eq!(instruction("/bin/sh -c apk add curl"), "apk add curl");
        assert_eq!(instruction("RUN /bin/sh -c make # buildkit"), "make");
        assert_eq!(instruction("COPY . /app # buildkit"), "COPY . /app");
        assert_eq!(instruction(""), "");
    }

    fn step(hours: i64, by: &str, mib: u64, tags: &[&str]) -> HistoryStep {
        HistoryStep {
            created: Desk::for_test().now - Duration::hours(hours),
            by: by.into(),
            size: Bytes::mib(mib),
            comment: String::new(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    #[test]
    fn the_page_shows_every_step_and_their_sum() {
        let mut desk = Desk::for_test();
        let subject = Subject::new(Kind::Image, "sha256:1", "app:dev");
        let mut page = history();
        assert_eq!(scene::page(&mut page, &subject, &desk, 60, 1), " reading the history …");
        let mut wants = crate::app::wants::Wants::default();
        page.wants(&subject, &desk, &mut wants);
        assert_eq!(wants.asks, [ask(&subject)]);
        desk.store.asked(ask(&subject));
        let steps = vec![
            step(1, "/bin/sh -c #(nop)  CMD [\"app\"]", 0, &["app:dev"]),
            step(2, "COPY app /usr/bin # buildkit", 12, &[]),
            step(90, "ADD alpine.tar.gz /", 5, &[]),
        ];
        desk.store.told(&ask(&subject), Ok(Told::History(steps)), desk.now);
        insta::assert_snapshot!(scene::page(&mut page, &subject, &desk, 60, 6));
    }
}
