//! Something that is said to the monitor of a container until it has taken note of it. Knows no socket and no pipe.

use std::{
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::frame::Frame;
use crate::runtime::{Result, RuntimeError, host::Compute};

/// How long a monitor may take to take note.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// Says it until it is taken note of; no error when there is no monitor.
///
/// # Errors
/// When it takes no note though it lives.
pub fn ask(compute: &(impl Compute + ?Sized), folder: &Path, frame: &Frame, tried: impl Fn() -> String) -> Result<()> {
    repeatedly(|| compute.tell(folder, frame), || compute.is_watched(folder))
        .map_err(|source| RuntimeError::System { tried: tried(), source })
}

fn repeatedly(say: impl Fn() -> io::Result<()>, is_watched: impl Fn() -> bool) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        let failure = match say() {
            Ok(()) => return Ok(()),
            Err(_) if !is_watched() => return Ok(()),
            Err(failure) => failure,
        };
        // It is between two of its phases, or has as many consoles as it takes.
        if begun.elapsed() > PATIENCE {
            return Err(failure);
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_is_said_until_it_is_noted_and_to_nobody_without_an_error() {
        let left = Cell::new(3);
        let say = || {
            left.set(left.get() - 1);
            if left.get() == 0 { Ok(()) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
        };
        repeatedly(say, || true).unwrap();
        assert_eq!(left.get(), 0);
        left.set(9);
        repeatedly(say, || false).unwrap();
        assert_eq!(left.get(), 8, "nobody is asked twice");
    }
}
