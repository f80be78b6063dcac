//! What an action on a dashboard is about. Must not know which dashboard that is.

use crate::{
    app::{cmd::Cmd, view::Outcome},
    model::Refusal,
};

/// What an action is about: the marked rows, or else the selected one.
pub struct Picked<'a, R> {
    /// The marked rows, or the selected one.
    pub rows: Vec<&'a R>,
    /// The selected one.
    pub selected: Option<&'a R>,
    /// Whether they were marked.
    pub marked: bool,
}

impl<'a, R> Picked<'a, R> {
    /// The selected row alone, or what to say when there is none.
    ///
    /// # Errors
    /// The refusal: nothing is selected, or many are marked.
    pub fn one(&self, action: &str) -> Result<&'a R, Refusal> {
        match (self.rows.as_slice(), self.selected) {
            ([_, _, ..], _) if self.marked => Err(Refusal::new(format!("{action} takes one row: unmark the others"))),
            ([one], _) => Ok(one),
            (_, Some(row)) => Ok(row),
            _ => Err(Refusal::new(format!("{action}: nothing is selected"))),
        }
    }

    /// What comes of an action on the selected row alone.
    pub fn on_one(&self, action: &str, act: impl FnOnce(&'a R) -> Outcome) -> Outcome {
        self.one(action).map_or_else(Outcome::Refuse, act)
    }

    /// A wish for each row that allows it; where none does, why the first does not.
    pub fn each(&self, action: &str, wish: impl Fn(&R) -> Result<Cmd, Refusal>) -> Outcome {
        let mut refused = None;
        let granted = |row: &&R| wish(row).map_err(|refusal| refused.get_or_insert(refusal).clone()).ok();
        let wishes: Vec<Cmd> = self.rows.iter().filter_map(granted).collect();
        match (wishes.is_empty(), refused) {
            (false, _) => Outcome::Do(wishes),
            (true, Some(refusal)) => Outcome::Refuse(refusal),
            (true, None) => Outcome::refuse(format!("{action}: nothing is selected")),
        }
    }
}
