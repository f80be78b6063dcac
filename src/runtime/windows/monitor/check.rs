//! Health checks of a container that runs: when they are begun, and how they are run in it. Knows not what their
//! results make of it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{io::AsyncReadExt, runtime::Handle};

use super::{start, streams::pipe};
use crate::runtime::{
    Result,
    document::{
        Order, Process,
        hcs::{SHELL, process::Ended},
    },
    health::Check,
    monitor::{
        check::{self, OUTPUT, too_slow},
        start::complete,
    },
    windows::{
        hands::Hands,
        hcs::{Hcs, Pipes},
    },
};

/// Between two looks whether a check that runs is over.
const LOOK: Duration = Duration::from_millis(500);

/// The checks of a run of a container, one at a time. The one that runs is called off with the run.
pub(super) struct Checks {
    hcs: Hcs,
    folder: PathBuf,
    every: Duration,
    next: Instant,
    runs: Arc<AtomicBool>,
    /// Whether the run is over.
    over: Arc<AtomicBool>,
    /// Whether one was begun whose end was not seen yet.
    begun: bool,
}

impl Checks {
    /// Those of this container, where it has any.
    pub(super) fn of(hands: &Hands, order: &Order, folder: &Path) -> Option<Self> {
        let every = order.health.as_ref().and_then(Check::of)?.interval;
        let (hcs, folder, next) = (hands.hcs.clone(), folder.to_owned(), Instant::now() + every);
        Some(Self { hcs, folder, every, next, runs: Arc::default(), over: Arc::default(), begun: false })
    }

    /// Begins one when it is time; gives when to ask again.
    pub(super) fn beat(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if self.runs.load(Ordering::Acquire) {
            return Some(now + LOOK);
        }
        if std::mem::take(&mut self.begun) {
            self.next = now + self.every;
        }
        if now >= self.next {
            self.begin();
            return Some(now + LOOK);
        }
        Some(self.next)
    }

    /// On a thread of its own: it may take long.
    fn begin(&mut self) {
        let (hcs, folder, runs) = (self.hcs.clone(), self.folder.clone(), Arc::clone(&self.runs));
        let over = Arc::clone(&self.over);
        runs.store(true, Ordering::Release);
        self.begun = true;
        let here = Handle::current();
        let check = move || {
            // It says what it found to the database, not to us.
            let _ = check::run(&folder, |order, check| probe(&hcs, &here, order, check, &over));
            runs.store(false, Ordering::Release);
        };
        if thread::Builder::new().name("check".to_owned()).spawn(check).is_err() {
            self.runs.store(false, Ordering::Release);
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}

/// Runs it; gives its code and what it printed, `None` when its run is over before.
fn probe(hcs: &Hcs, here: &Handle, order: &Order, check: &Check, over: &AtomicBool) -> Result<Option<(i32, String)>> {
    let tried = format!("check the health of container `{}`", order.name);
    let mut process = Process { args: words(order, check), ..Process::default() };
    complete(&mut process, &order.process, "");
    let system = hcs.open(order.id.as_str())?;
    let (handle, pipes) = start::run(&system, &process, &tried)?;
    let reading = read(here, pipes);
    let until = Instant::now() + check.timeout;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match handle.wait(left.min(LOOK)) {
            Ok(Some(Ended::Code(code))) => return Ok(Some((code.cast_signed(), text(reading)))),
            Ok(Some(Ended::Unknown(_))) => return Ok(Some((-1, text(reading)))),
            _ if over.load(Ordering::Acquire) => {
                // It ends with its container, if not by this.
                let _ = handle.terminate();
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
            Ok(None) if left > LOOK => {}
            Ok(None) => {
                handle.terminate()?;
                return Ok(Some((-1, too_slow(check))));
            }
        }
    }
}

/// What is run: a line for the shell is one for that of Windows.
fn words(order: &Order, check: &Check) -> Vec<String> {
    match order.health.as_ref().map(|health| health.test.as_slice()) {
        Some([form, line, ..]) if form == "CMD-SHELL" => {
            SHELL.iter().copied().chain([line.as_str()]).map(String::from).collect()
        }
        _ => check.command.clone(),
    }
}

/// Takes what both pipes give: a process whose pipe is full does not end.
fn read(here: &Handle, pipes: Pipes) -> Vec<mpsc::Receiver<Vec<u8>>> {
    // Pipes are made known to the reactor of the thread's runtime.
    let _here = here.enter();
    let handles = [pipes.output, pipes.error].into_iter().flatten();
    let read = |handle| {
        let mut pipe = pipe(handle).ok()?;
        let (tell, told) = mpsc::channel();
        here.spawn(async move {
            let mut bytes = Vec::new();
            // Windows tells of the end of a pipe by an error.
            let _ = (&mut pipe).take(OUTPUT).read_to_end(&mut bytes).await;
            let _ = tell.send(bytes);
            let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
        });
        Some(told)
    };
    handles.filter_map(read).collect()
}

/// What was printed; its children may still hold the pipes open.
fn text(reading: Vec<mpsc::Receiver<Vec<u8>>>) -> String {
    let all: Vec<u8> = reading.into_iter().filter_map(|told| told.recv_timeout(LOOK).ok()).flatten().collect();
    String::from_utf8_lossy(&all).into_owned()
}
