//! What lies on top of a dashboard: questions, help, the palette, lists to pick from, lines and forms to fill in.

pub(crate) mod checks;
mod confirm;
mod form;
mod help;
mod palette;
mod picker;
mod prompt;

use crate::{
    app::{
        console::Wire,
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

/// Asks which signal to send.
pub fn signal(title: impl Into<String>, take: impl Fn(Signal) -> Outcome + 'static) -> Box<dyn View> {
    let choices = Signal::OFFERED.iter().map(|(signal, what)| Choice::new(signal.name(), *what)).collect();
    Box::new(Picker::new(title, choices, move |index| take(Signal::OFFERED[index].0)))
}

/// Asks for a command and runs it in a container, in a terminal.
pub fn exec(container: ContainerId, name: String) -> Box<dyn View> {
    let title = format!("Exec in `{name}`");
    let run = move |typed: &str| {
        let command: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        if command.is_empty() {
            return Err("type a command, such as sh".into());
        }
        let wire = Wire::Exec(ExecSpec { command, tty: true, ..ExecSpec::default() });
        Ok(Outcome::Wish(Wish::Console { container: container.clone(), name: name.clone(), wire }))
    };
    Box::new(Prompt::new(title, run).with("sh").explained("words are separated by blanks; no shell reads them"))
}
