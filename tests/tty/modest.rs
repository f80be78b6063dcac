//! Small windows, few colours, no Unicode, and a command line that cannot be followed.

use crate::engines;
use crate::stage::Stage;

#[test]
fn a_storm_of_sizes_ends_in_a_whole_screen() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-sizes", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    for step in 0..60_u16 {
        console.resize(20 + step * 7 % 180, 1 + step * 5 % 50);
    }
    console.resize(1, 1);
    console.resize(40, 8);
    console.wait_for("this window is too small");
    console.resize(80, 24);
    console.wait_row(container.name(), &["running"]);
    console.wait_for("? help");
    console.wait_gone("this window is too small");
    console.quit();
}

#[test]
fn no_color_means_none() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-no-color", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).env("NO_COLOR", "1").open();
    console.wait_row(container.name(), &["running"]);
    console.press("?");
    console.wait_for("Everywhere");
    console.press("q");
    console.wait_gone("Everywhere");
    console.quit();
    let coloured: Vec<String> = sgr(console.seen()).filter(|numbers| is_colour(numbers)).collect();
    assert_eq!(coloured, Vec::<String>::new());
}

/// The numbers of every sequence that sets how letters look.
fn sgr(bytes: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let is_number = |c: char| c.is_ascii_digit() || ";:".contains(c);
    let parts: Vec<String> = text.split("\x1b[").skip(1).map(str::to_owned).collect();
    parts.into_iter().filter_map(move |part| {
        let end = part.find(|c| !is_number(c))?;
        part[end..].starts_with('m').then(|| part[..end].to_owned())
    })
}

/// Whether one of them is a colour; 39, 49 and 59 go back to the terminal's own.
fn is_colour(numbers: &str) -> bool {
    let colour = |number: u16| matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107);
    numbers.split([';', ':']).filter_map(|number| number.parse().ok()).any(colour)
}

#[test]
fn with_colours_there_are_colours() {
    let Some(docker) = engines::docker() else { return };
    let mut console = Stage::new(&["-H", docker.address(), "--view", "containers"]).open();
    console.wait_for("live");
    console.quit();
    assert!(sgr(console.seen()).any(|numbers| is_colour(&numbers)));
}

#[test]
fn ascii_means_ascii() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-ascii", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).with("--ascii").open();
    console.wait_row(container.name(), &["running"]);
    for (key, sign) in [("1", "Overview"), ("3", "Images"), ("4", "Layers"), ("?", "Everywhere")] {
        console.press(key);
        console.wait_for(sign);
    }
    console.press("q");
    console.wait_gone("Everywhere");
    console.quit();
    let other: String = String::from_utf8_lossy(console.seen()).chars().filter(|c| !c.is_ascii()).collect();
    assert_eq!(other, "");
}

#[test]
fn what_cannot_be_followed_is_said_without_touching_the_terminal() {
    for (arguments, code, words) in [
        (&["-H", "gopher://nowhere"][..], 1, "gopher"),
        (&["-H", "unix:///nowhere.sock", "--view", "cellar"], 1, "there is no dashboard `cellar`"),
        (&["-H", "unix:///nowhere.sock", "--theme", "plaid"], 1, "there is no theme `plaid`"),
        (&["--nonsense"], 2, "--nonsense"),
    ] {
        let mut console = Stage::new(arguments).open();
        console.ends_with(code);
        assert!(console.contents().contains(words), "{arguments:?}: {}", console.contents());
        assert!(!console.has_sent("\x1b[?1049h") && !console.has_sent("\x1b[?25l"), "{arguments:?}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_no_reason_to_end() {
    let mut console = Stage::new(&["-H", "unix:///nowhere/docker.sock", "--view", "containers"]).open();
    console.wait_for("lost");
    console.wait_for("/nowhere/docker.sock");
    console.quit();
}
