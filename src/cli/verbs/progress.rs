//! How far a long deed is, on standard error: one line that is written over on a terminal, a line for each step
//! elsewhere. Knows no deed.

use std::io::{self, IsTerminal, Write};

use crate::{
    backend::{Reporter, Result},
    model::{Progress, text::clean},
};

/// Cells of the line at most, so that it stays one.
const WIDTH: usize = 78;

/// Does a long deed and tells how far it is, unless it is to be quiet.
pub(crate) async fn told<T, F>(quiet: bool, deed: impl FnOnce(Reporter) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (report, mut heard) = Reporter::new();
    let deed = deed(report);
    tokio::pin!(deed);
    let mut line = Line { live: io::stderr().is_terminal(), last: String::new() };
    loop {
        tokio::select! {
            done = &mut deed => {
                line.end();
                return done;
            }
            Ok(()) = heard.changed() => {
                let words = words(&heard.borrow_and_update(), line.live);
                if !quiet {
                    line.show(words);
                }
            }
        }
    }
}

/// In a few words: bytes change too often for a log.
fn words(progress: &Progress, live: bool) -> String {
    if progress.pieces.is_empty() {
        return clean(&progress.note).into_owned();
    }
    let (all, done) = (progress.pieces.len(), progress.pieces.iter().filter(|piece| piece.finished).count());
    if !live {
        return format!("{done} of {all} layers");
    }
    let percent = progress.fraction().map(|part| format!(", {:.0} %", part * 100.0)).unwrap_or_default();
    format!("{done} of {all} layers, {} of {}{percent}", progress.done(), progress.total())
}

struct Line {
    live: bool,
    last: String,
}

impl Line {
    fn show(&mut self, words: String) {
        if words == self.last || words.is_empty() {
            return;
        }
        let short: String = words.chars().take(WIDTH).collect();
        // With standard error closed there is nobody left to tell.
        let _ = if self.live {
            write!(io::stderr(), "\r{short:<WIDTH$}")
        } else {
            writeln!(io::stderr(), "longshore: {short}")
        };
        self.last = words;
    }

    fn end(&self) {
        if self.live && !self.last.is_empty() {
            let _ = write!(io::stderr(), "\r{:WIDTH$}\r", "");
        }
    }
}
