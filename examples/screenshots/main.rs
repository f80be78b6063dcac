//! Takes pictures of the real console: runs it in a pseudo terminal, presses keys, and writes what a terminal
//! would show as SVG. Knows the console only by its keys and its screen.
//!
//! `screenshots LONGSHORE ENGINE DIR [NAME]…`: the binary, the engine, where the pictures go, and which of them (all by
//! default). An engine is a socket's path, or `aboard:DATA` for the engine aboard over a data root.
//! `scripts/screenshots.sh` prepares all that.

mod console;
mod glyphs;
mod svg;
mod tour;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use console::{Console, Size};
use svg::Look;
use tour::{ABOARD, Shot, TOUR};

/// The themes that pictures are taken with.
const THEMES: [&str; 2] = ["longshore-dark", "longshore-light"];
/// The sizes: the least in which everything works, and a wide window.
const SIZES: [Size; 2] = [Size { columns: 80, rows: 24 }, Size { columns: 160, rows: 45 }];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, engine, dir, names @ ..] = arguments.as_slice() else {
        bail!("usage: screenshots LONGSHORE ENGINE DIR [NAME]…");
    };
    let (on, tour) = match engine.strip_prefix("aboard:") {
        Some(data) => (["--embedded".to_owned(), format!("--data-root={data}")], ABOARD),
        None => (["-H".to_owned(), format!("unix://{engine}")], TOUR),
    };
    if let Some(name) = names.iter().find(|name| !TOUR.iter().chain(ABOARD).any(|shot| shot.name == name.as_str())) {
        bail!("there is no picture `{name}`");
    }
    let mut missed = Vec::new();
    for theme in THEMES {
        let look = Look::of_theme(theme)?;
        for size in SIZES {
            let mut round = Round { dir: dir.into(), theme, size, look: &look, tour, names, missed: &mut missed };
            round.go(program, &on).with_context(|| format!("{theme} at {size}"))?;
        }
    }
    if missed.is_empty() { Ok(()) } else { bail!("not taken:\n{}", missed.join("\n")) }
}

/// One console from its start to its end, with every picture on the way.
struct Round<'a> {
    dir: PathBuf,
    theme: &'a str,
    size: Size,
    look: &'a Look,
    tour: &'a [Shot],
    names: &'a [String],
    missed: &'a mut Vec<String>,
}

impl Round<'_> {
    fn go(&mut self, program: &str, on: &[String]) -> anyhow::Result<()> {
        let mut console = Console::start(Path::new(program), on, self.theme, self.size)?;
        console.wait_for(&["live"])?;
        for shot in self.tour {
            if !self.names.is_empty() && !self.names.iter().any(|name| name == shot.name) {
                continue;
            }
            match console.visit(shot) {
                Ok(()) => self.take(shot.name, &console)?,
                Err(why) => self.missed.push(format!("{} ({} at {}): {why:#}", shot.name, self.theme, self.size)),
            }
            console.press(shot.leave)?;
        }
        console.quit()
    }

    fn take(&self, name: &str, console: &Console) -> anyhow::Result<()> {
        let file = self.dir.join(format!("{name}-{}-{}.svg", self.theme, self.size));
        let title = format!("longshore: {name}");
        std::fs::write(&file, self.look.picture(console.screen(), &title))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}
