//! What a user does with a log.

use chrono::Duration;

use super::*;
use crate::{
    app::view::Wish,
    model::Problem,
    views::detail::scene::{self, press, subject},
};

/// A desk with a log of so many lines, asked for by a tail of 500.
fn desk(lines: usize) -> Desk {
    let mut desk = Desk::for_test();
    let mut book = LogBook::new(desk.settings.log_lines);
    for n in 0..lines {
        let at = Some(desk.now - Duration::seconds((lines - n) as i64));
        let stream = if n % 10 == 9 { Stream::Err } else { Stream::Out };
        book.push(LogLine { at, stream, text: format!("line {n}") });
    }
    desk.logs.insert(ContainerId::new("web"), Log { book, state: LogState::Following, tail: Some(500), run: None });
    desk
}

/// The page without its scroll bar.
fn shown(page: &mut LogPage, desk: &Desk) -> String {
    let rows = scene::page(page, &subject("web"), desk, 40, 4);
    rows.lines().map(|row| row.trim_end_matches(['│', '█', ' '])).collect::<Vec<_>>().join("\n")
}

/// Presses keys as on a screen that is drawn in between.
fn go(page: &mut LogPage, desk: &Desk, names: &[&str]) -> Outcome {
    let mut outcome = Outcome::Ignored;
    for name in names {
        shown(page, desk);
        outcome = press(page, &subject("web"), desk, &[name]);
    }
    outcome
}

fn push(desk: &mut Desk, text: &str) {
    let line = LogLine { at: None, stream: Stream::Out, text: text.into() };
    desk.logs.get_mut("web").unwrap().book.push(line);
}

#[test]
fn the_end_is_followed_until_one_looks_back() {
    let mut desk = desk(100);
    let mut page = LogPage::new();
    insta::assert_snapshot!(shown(&mut page, &desk), @r"
        11:59:56 line 96
        11:59:57 line 97
        11:59:58 line 98
        11:59:59 line 99
        ");
    push(&mut desk, "newest");
    assert!(shown(&mut page, &desk).contains("newest"));
    go(&mut page, &desk, &["k"]);
    push(&mut desk, "newer still");
    assert!(shown(&mut page, &desk).ends_with("line 99"), "the page stands still");
    assert_eq!(page.remark(&subject("web"), &desk), "102 lines");
    go(&mut page, &desk, &["f"]);
    assert!(shown(&mut page, &desk).contains("newer still"));
    assert_eq!(page.remark(&subject("web"), &desk), "102 lines · following");
}

#[test]
fn scrolling_down_to_the_end_follows_again() {
    let mut desk = desk(100);
    let mut page = LogPage::new();
    go(&mut page, &desk, &["k", "k", "j", "j"]);
    push(&mut desk, "newest");
    assert!(shown(&mut page, &desk).contains("newest"));
}

#[test]
fn a_place_stays_while_old_lines_are_forgotten() {
    let mut desk = desk(0);
    desk.logs.get_mut("web").unwrap().book = LogBook::new(10);
    for n in 0..10 {
        push(&mut desk, &format!("line {n}"));
    }
    let mut page = LogPage::new();
    go(&mut page, &desk, &["k"]);
    push(&mut desk, "newest");
    assert!(shown(&mut page, &desk).ends_with("line 8"));
}

#[test]
fn at_the_top_more_is_read_and_the_page_stays_where_it_is() {
    let mut desk = desk(500);
    let mut page = LogPage::new();
    go(&mut page, &desk, &["g"]);
    assert!(shown(&mut page, &desk).starts_with(" 11:51:40 line 0"), "{}", shown(&mut page, &desk));
    let Outcome::Wish(wish) = go(&mut page, &desk, &["g"]) else { panic!("nothing was wished") };
    assert_eq!(wish, Wish::MoreLog(ContainerId::new("web"), Some(1000)));
    let log = desk.logs.get_mut("web").unwrap();
    log.book = LogBook::new(50_000);
    log.tail = Some(1000);
    for n in 0..700 {
        push(&mut desk, &format!("line {}", n - 200));
    }
    assert!(shown(&mut page, &desk).starts_with(" line 0\n"), "{}", shown(&mut page, &desk));
    match go(&mut page, &desk, &["g", "g"]) {
        Outcome::Refuse(refusal) => assert_eq!(refusal.0, "this is the beginning of the log"),
        _ => panic!("it was not refused"),
    }
}

#[test]
fn when_twice_as_much_would_not_be_kept_all_is_read() {
    let mut desk = desk(500);
    desk.settings.log_lines = 900;
    let mut page = LogPage::new();
    let Outcome::Wish(wish) = go(&mut page, &desk, &["g", "g"]) else { panic!("nothing was wished") };
    assert_eq!(wish, Wish::MoreLog(ContainerId::new("web"), None));
}

#[test]
fn a_search_goes_up_from_what_is_seen_and_round() {
    let desk = desk(100);
    let mut page = LogPage::new();
    go(&mut page, &desk, &["/", "l", "i", "n", "e", " ", "1"]);
    insta::assert_snapshot!(shown(&mut page, &desk), @r"
        11:58:38 line 18
        ▌11:58:39 line 19
        11:58:40 line 20
        /line 1
        ");
    assert_eq!(page.remark(&subject("web"), &desk), "match 11 of 11 · 100 lines");
    go(&mut page, &desk, &["enter", "n"]);
    assert_eq!(page.remark(&subject("web"), &desk), "match 1 of 11 · 100 lines");
    let Outcome::Wish(Wish::Copy(text)) = go(&mut page, &desk, &["N", "c"]) else { panic!("nothing was copied") };
    assert_eq!(text, "line 19");
    go(&mut page, &desk, &["esc"]);
    assert!(!page.remark(&subject("web"), &desk).contains("match"));
}

#[test]
fn long_lines_wrap_or_are_shifted() {
    let mut desk = desk(0);
    push(&mut desk, &"0123456789".repeat(5));
    let mut page = LogPage::new();
    assert!(matches!(go(&mut page, &desk, &["right"]), Outcome::Refuse(_)));
    assert_eq!(shown(&mut page, &desk).lines().filter(|line| !line.is_empty()).count(), 2);
    go(&mut page, &desk, &["w", "right"]);
    assert_eq!(shown(&mut page, &desk).trim(), "89012345678901234567890123456789012345");
}

#[test]
fn a_page_without_lines_says_why() {
    let mut desk = desk(0);
    let mut page = LogPage::new();
    assert_eq!(shown(&mut page, &desk).trim(), "`web` has logged nothing yet");
    let log = desk.logs.get_mut("web").unwrap();
    log.state = LogState::Failed(Problem::new("the log driver `none` cannot be read"));
    assert_eq!(shown(&mut page, &desk).trim(), "the log driver `none` cannot be read");
    desk.logs.clear();
    assert_eq!(shown(&mut page, &desk).trim(), "reading the log …");
}

#[test]
fn a_log_that_goes_on_no_more_says_so_below_its_last_line() {
    let mut desk = desk(3);
    desk.logs.get_mut("web").unwrap().state = LogState::Ended;
    let mut page = LogPage::new();
    assert!(shown(&mut page, &desk).ends_with("line 2\n ended: the container does not run"));
}

#[test]
fn the_whole_book_is_saved_without_colours() {
    let mut desk = desk(0);
    push(&mut desk, "\u{1b}[31mred\u{1b}[0m");
    push(&mut desk, "plain");
    assert_eq!(LogPage::new().text(&subject("web"), &desk).as_deref(), Some("red\nplain\n"));
}

#[test]
fn no_size_is_too_small() {
    let desk = desk(20);
    for (width, height) in [(0, 0), (1, 1), (2, 5), (40, 1)] {
        scene::page(&mut LogPage::new(), &subject("web"), &desk, width, height);
    }
}
