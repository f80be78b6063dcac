//! Steps that are undone in reverse unless all of them succeeded. Knows no step.

/// What has to be undone so far. Dropped before [`Undo::keep`], also by a panic or `?`, it undoes, the last step first.
#[derive(Default)]
pub struct Undo<'a>(Vec<Box<dyn FnOnce() + Send + 'a>>);

impl<'a> Undo<'a> {
    /// Nothing to undo yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how the step just done is undone. What goes wrong in it is its own to log.
    pub fn push(&mut self, step: impl FnOnce() + Send + 'a) {
        self.0.push(Box::new(step));
    }

    /// The step done last is undone already.
    pub fn forget(&mut self) {
        self.0.pop();
    }

    /// Everything succeeded: what was done stays.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        while let Some(step) = self.0.pop() {
            step();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn two_steps(log: &Mutex<Vec<&'static str>>, fails: bool) -> Result<(), ()> {
        let mut undo = Undo::new();
        undo.push(|| log.lock().unwrap().push("first undone"));
        undo.push(|| log.lock().unwrap().push("second undone"));
        if fails {
            return Err(());
        }
        undo.keep();
        Ok(())
    }

    #[test]
    fn what_failed_is_undone_in_reverse_and_what_succeeded_stays() {
        let log = Mutex::default();
        two_steps(&log, true).unwrap_err();
        assert_eq!(*log.lock().unwrap(), ["second undone", "first undone"]);
        log.lock().unwrap().clear();
        two_steps(&log, false).unwrap();
        assert!(log.lock().unwrap().is_empty());
    }
}
