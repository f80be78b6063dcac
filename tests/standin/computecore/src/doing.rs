//! A call that takes an operation: accepted at once, done later by a thread.

use std::{thread, time::Duration};

use standin_core::{Failure, Handle, Kind, Outcome, Telling, codes};
use windows_sys::core::HRESULT;

use crate::shared::{Inner, Status, lock, notify, tell, wait};

/// What becomes of a call.
pub(crate) enum Deed {
    /// It is over.
    Over(Outcome, Vec<Telling>),
    /// It is not over yet; to be tried again when something has changed.
    Later,
}

/// What is done on a try; the target is a handle that is open.
pub(crate) type Work = Box<dyn FnMut(&mut Inner, &Kind) -> Deed + Send>;

/// Accepts a call on `target` (none for the service's own) and does it later.
pub(crate) fn accept(target: Option<Handle>, operation: Handle, point: &'static str, work: Work) -> HRESULT {
    let mut inner = lock();
    match begin(&mut inner, target, operation, point) {
        Ok(kind) => {
            let delay = inner.delay;
            drop(inner);
            thread::spawn(move || perform(operation, &kind, point, delay, work));
            0
        }
        Err(failure) => failure.code.cast_signed(),
    }
}

fn begin(inner: &mut Inner, target: Option<Handle>, operation: Handle, point: &str) -> Result<Kind, Failure> {
    let kind = match target {
        Some(target) => inner.world.at(target, point)?,
        None => Kind::Operation,
    };
    inner.world.at(operation, point)?;
    inner.world.injected(point, true)?;
    let operation = inner.operations.get_mut(&operation).ok_or(codes::INVALID_HANDLE)?;
    if matches!(operation.status, Status::Busy) {
        return Err(codes::OPERATION_ALREADY_STARTED.into());
    }
    operation.status = Status::Busy;
    Ok(kind)
}

fn perform(operation: Handle, kind: &Kind, point: &str, delay: Duration, mut work: Work) {
    thread::park_timeout(delay);
    let mut inner = lock();
    let (outcome, tellings) = match inner.world.injected(point, false) {
        Err(failure) => (Err(failure), Vec::new()),
        Ok(()) => loop {
            match work(&mut inner, kind) {
                Deed::Over(outcome, tellings) => break (outcome, tellings),
                Deed::Later => inner = wait(inner, Duration::from_millis(200)),
            }
        },
    };
    // One that was closed meanwhile has nobody to tell.
    let done = inner.operations.get_mut(&operation).and_then(|known| {
        known.status = Status::Over(outcome);
        known.done
    });
    drop(inner);
    notify();
    if let Some((done, context)) = done {
        // SAFETY: whoever gave it promised that it can be called until the operation is over.
        unsafe { done(operation.0 as *mut _, context as *const _) };
    }
    tell(tellings);
}

/// A deed that is over when it is done, and tells nobody.
pub(crate) fn plain(mut deed: impl FnMut(&mut Inner, &Kind) -> Outcome + Send + 'static) -> Work {
    Box::new(move |inner, kind| Deed::Over(deed(inner, kind), Vec::new()))
}

/// A deed that is over when it is done, and may end something.
pub(crate) fn telling(
    mut deed: impl FnMut(&mut Inner, &Kind) -> Result<Vec<Telling>, Failure> + Send + 'static,
) -> Work {
    Box::new(move |inner, kind| match deed(inner, kind) {
        Ok(tellings) => Deed::Over(Ok(None), tellings),
        Err(failure) => Deed::Over(Err(failure), Vec::new()),
    })
}
