//! What lies on top of a dashboard: questions, help, the palette, lists to pick from, lines and forms to fill in.

pub(crate) mod checks;
mod confirm;
mod form;
mod help;
mod palette;
mod picker;
mod prompt;
mod sent;
pub(crate) mod words;

use crate::{
    app::{
        console::Wire,
        desk::Desk,
        view::{Outcome, View, Wish},
    },
    model::{ContainerId, ExecSpec, Signal},
};

pub use confirm::{Confirm, Switch};
pub use form::{Field, Form, FormCheck, Values};
pub use help::Help;
pub use palette::Palette;
pub use picker::{Choice, Picker};
pub use prompt::Prompt;

/// Asks for the name of a file and saves a text to it.
pub fn save(name: &str, text: String) -> Box<dyn View> {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let lines = text.lines().count();
    Box::new(
        Prompt::new("Save", move |path| {
            let path = path.trim().to_owned();
            if path.is_empty() {
                Err("type the name of a file".into())
            } else {
                Ok(Outcome::Wish(Wish::Save { path, text: text.clone() }))
            }
        })
        .with(name)
        .explained(format!("{lines} lines; a file that is there already is not overwritten")),
    )
}

/// A list of the signals this engine takes, with what they usually do.
pub fn signal(title: impl Into<String>, desk: &Desk, take: impl Fn(Signal) -> Outcome + 'static) -> Box<dyn View> {
    // Windows knows no signals; its engine takes two of their names.
    let takes = |signal: Signal| !desk.is_windows() || matches!(signal, Signal::KILL | Signal::TERM);
    let offered: Vec<_> = Signal::OFFERED.into_iter().filter(|(signal, _)| takes(*signal)).collect();
    let choices = offered.iter().map(|(signal, what)| Choice::new(signal.name(), *what)).collect();
    Box::new(Picker::new(title, choices, move |index| take(offered[index].0)))
}

/// Asks for a command and runs it in a container, in a terminal.
pub fn exec(container: ContainerId, name: String, desk: &Desk) -> Box<dyn View> {
    let title = format!("Run in `{name}`, in a terminal");
    let run = move |typed: &str| {
        let command = words::split(typed)?;
        if command.is_empty() {
            return Err("type a command, such as `sh`".into());
        }
        let wire = Wire::Exec(ExecSpec { command, tty: true, ..ExecSpec::default() });
        Ok(Outcome::Wish(Wish::Console { container: container.clone(), name: name.clone(), wire }))
    };
    let shell = if desk.is_windows() { "cmd" } else { "sh" };
    Box::new(Prompt::new(title, run).with(shell).explained("quotes keep words together; no shell reads this line"))
}
