//! What lies on top of a dashboard: questions, help, the palette, lists to pick from, lines and forms to fill in.

mod confirm;
mod form;
mod help;
mod palette;
mod picker;
mod prompt;

use crate::app::view::{Outcome, View, Wish};

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
