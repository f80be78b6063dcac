use proptest::{collection::vec, prelude::*, sample::select};
use ratatui::style::{Color, Modifier, Style};

use super::*;

const SIZE: Size = Size { width: 30, height: 3 };

/// Draws texts on a screen; gives what was written.
fn written(screen: &mut Screen, texts: &[(u16, u16, &str, Style)]) -> String {
    screen
        .compose(SIZE, |_, buffer| {
            for (x, y, text, style) in texts {
                buffer.set_string(*x, *y, text, *style);
            }
            None
        })
        .unwrap();
    String::from_utf8(screen.frame.take()).unwrap()
}

fn terminal() -> vt100::Parser {
    vt100::Parser::new(SIZE.height.try_into().unwrap(), SIZE.width.try_into().unwrap(), 0)
}

#[test]
fn a_frame_without_a_change_writes_nothing() {
    let mut screen = Screen::default();
    let texts = [(0, 0, "web 漢字 e\u{301}", Style::new().fg(Color::Red))];
    assert!(!written(&mut screen, &texts).is_empty());
    assert_eq!(written(&mut screen, &texts), "");
}

#[test]
fn colours_last_from_frame_to_frame_and_near_cells_are_jumped_to() {
    let red = Style::new().fg(Color::Red);
    let mut screen = Screen::default();
    assert!(written(&mut screen, &[(0, 0, "1", red)]).contains("\x1b[0;31m"));
    assert_eq!(written(&mut screen, &[(0, 0, "2", red), (5, 0, "x", red)]), "\x1b[1;1H2\x1b[4Cx");
}

#[test]
fn what_a_terminal_shows_is_what_was_drawn() {
    let loud = Style::new().fg(Color::Indexed(208)).bg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD);
    let mut terminal = terminal();
    let texts = [(1, 0, "漢字 é", loud), (3, 1, "plain", Style::new()), (28, 2, "ab", loud)];
    terminal.process(written(&mut Screen::default(), &texts).as_bytes());
    assert_eq!(terminal.screen().contents(), " 漢字 é\n   plain\n                            ab");
    let cell = |row, column| terminal.screen().cell(row, column).unwrap().clone();
    assert_eq!((cell(0, 1).fgcolor(), cell(0, 1).bold()), (vt100::Color::Idx(208), true));
    assert_eq!(cell(2, 29).bgcolor(), vt100::Color::Rgb(1, 2, 3));
    assert_eq!((cell(1, 3).fgcolor(), cell(1, 3).bold()), (vt100::Color::Default, false));
}

#[test]
fn wide_and_joined_text_comes_and_goes_without_a_rest() {
    let mut screen = Screen::default();
    let mut terminal = terminal();
    let frames = ["漢字漢", "a漢字", "ab", "字e\u{301}b", "字o\u{301}b", "", "❤\u{fe0f}|", "|漢", "漢漢"];
    for text in frames {
        terminal.process(written(&mut screen, &[(0, 0, text, Style::new())]).as_bytes());
        assert_eq!(terminal.screen().contents().trim_end(), text);
    }
}

#[test]
fn another_size_or_a_stranger_s_writing_draws_all_anew() {
    let red = [(0, 0, "x", Style::new().fg(Color::Red))];
    let mut screen = Screen::default();
    let first = written(&mut screen, &red);
    screen.forget();
    assert_eq!(written(&mut screen, &red), first);
    assert!(first.starts_with("\x1b[0m\x1b[2J") && first.ends_with("\x1b[?25l"), "{first:?}");
    screen.compose(Size { width: 31, ..SIZE }, |_, _| None).unwrap();
    assert!(screen.frame.take().starts_with(b"\x1b[0m\x1b[2J"));
}

#[test]
fn the_cursor_stands_where_it_is_wanted() {
    let mut screen = Screen::default();
    let mut seen = |cursor| {
        screen.compose(SIZE, |_, _| cursor).unwrap();
        String::from_utf8(screen.frame.take()).unwrap()
    };
    seen(None);
    assert_eq!(seen(Some(Position { x: 4, y: 1 })), "\x1b[2;5H\x1b[?25h");
    assert_eq!(seen(Some(Position { x: 5, y: 1 })), "\x1b[2;6H");
    assert_eq!(seen(Some(Position { x: 5, y: 1 })), "");
    assert_eq!(seen(None), "\x1b[?25l");
    assert_eq!(seen(None), "");
}

/// A row of a terminal, cell by cell: what stands there, in what colours, and whether bold.
type Row = Vec<(String, vt100::Color, vt100::Color, bool)>;

fn rows(terminal: &vt100::Parser) -> Vec<Row> {
    let row = |y| (0..SIZE.width).map(move |x| terminal.screen().cell(y, x).unwrap()).map(seen).collect();
    (0..SIZE.height).map(row).collect()
}

fn seen(cell: &vt100::Cell) -> (String, vt100::Color, vt100::Color, bool) {
    if cell.contents().trim().is_empty() {
        return (String::new(), vt100::Color::Default, cell.bgcolor(), false);
    }
    (cell.contents().to_owned(), cell.fgcolor(), cell.bgcolor(), cell.bold())
}

const TEXTS: [&str; 9] = ["a", "plain text", "   ", "漢字", "─────┬────", "●", "e\u{301}", "▁▂▃", "│"];

/// Texts at places, in a few looks.
fn frame() -> impl Strategy<Value = Vec<(u16, u16, &'static str, Style)>> {
    let red = Style::new().fg(Color::Red);
    let looks =
        [Style::new(), red, red.add_modifier(Modifier::BOLD), Style::new().bg(Color::Blue), red.bg(Color::Blue)];
    vec((0..SIZE.width, 0..SIZE.height, select(&TEXTS), select(looks.to_vec())), 0..12)
}

proptest! {
    #[test]
    fn after_any_frames_a_terminal_shows_the_last_one(frames in vec(frame(), 1..5)) {
        let (mut screen, mut terminal) = (Screen::default(), terminal());
        for texts in &frames {
            terminal.process(written(&mut screen, texts).as_bytes());
            let mut afresh = self::terminal();
            afresh.process(written(&mut Screen::default(), texts).as_bytes());
            prop_assert_eq!(rows(&terminal), rows(&afresh));
            prop_assert_eq!(without_ends(&terminal.screen().contents()), without_ends(&drawn(texts)));
        }
    }
}

/// The text of a frame.
fn drawn(texts: &[(u16, u16, &str, Style)]) -> String {
    let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, SIZE)));
    for (x, y, text, style) in texts {
        buffer.set_string(*x, *y, text, *style);
    }
    let mut covered = 0;
    let mut text = String::new();
    for (index, cell) in buffer.content.iter().enumerate() {
        if index > 0 && index % usize::from(SIZE.width) == 0 {
            text.push('\n');
        }
        if covered == 0 {
            text.push_str(cell.symbol());
            covered = width(cell);
        }
        covered -= 1;
    }
    text
}

/// Lines without the blanks at their ends, and without the empty ones at the end.
fn without_ends(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn a_frame_in_few_colours_names_each_of_them_once() {
    let (red, blue) = (Style::new().fg(Color::Red), Style::new().fg(Color::Blue));
    let texts = [(0, 0, "a", red), (1, 0, "b", blue), (2, 0, "c", red), (0, 1, "d", blue), (4, 1, "e", red)];
    let written = written(&mut Screen::default(), &texts);
    assert_eq!(written.matches("\x1b[0;31m").count() + written.matches("\x1b[31m").count(), 1, "{written:?}");
    assert_eq!(written.matches("\x1b[34m").count(), 1, "{written:?}");
}

#[test]
fn a_terminal_that_makes_lines_two_columns_wide_shows_what_follows_them_in_its_place() {
    let line = "─".repeat(20);
    let texts = [(0, 0, line.as_str(), Style::new()), (20, 0, "name", Style::new()), (0, 2, "─", Style::new())];
    let mut terminal = terminal();
    terminal.process(written(&mut Screen::default(), &texts).replace('─', "漢").as_bytes());
    let row = |y| terminal.screen().rows(0, SIZE.width).nth(y).unwrap();
    assert_eq!(terminal.screen().cell(0, 20).unwrap().contents(), "n");
    assert!(row(0).trim_end().ends_with("name"), "{:?}", row(0));
    assert_eq!((row(1).as_str(), row(2).trim_end()), ("", "漢"), "nothing has spilled over");
}
