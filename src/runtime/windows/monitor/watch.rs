//! While a process runs: it is listened to whoever speaks, and waited for its end. Knows neither mounts nor the
//! database.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::{oneshot, watch},
    time::{Instant as Moment, sleep_until},
};

use super::{
    ending::Ending,
    hall::Hall,
    streams::{Streams, typing},
};
use crate::runtime::{
    document::hcs::process::{Ended, ModifyProcess},
    monitor::{frame::Frame, printed::Printed, wish::Wish},
    windows::hcs::{Hcs, HcsError, Pipes, Process, System},
};

/// How long the end is waited for at once.
const LOOK: Duration = Duration::from_secs(60);
/// How long after a restart of the service its containers are looked for again, and for how long looks may fail.
const RETURN: Duration = Duration::from_secs(60);
/// Between two looks for them.
const PAUSE: Duration = Duration::from_millis(500);
/// Exit code of a process of which nobody knows how it ended; Docker's.
const UNKNOWN: i64 = -1;

/// A process that runs, with all that is needed to watch it.
pub(super) struct Running {
    /// The service.
    pub(super) hcs: Hcs,
    /// Its container. Only held: by another handle everything is asked.
    pub(super) system: System,
    /// The process.
    pub(super) process: Process,
    /// Its pipes.
    pub(super) pipes: Pipes,
    /// Whether it has a console.
    pub(super) tty: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Its exit code, as the database has it.
    pub(super) code: i64,
    /// What people want of it.
    pub(super) wish: Wish,
    /// Whether it was killed since it did not obey in time.
    pub(super) killed: bool,
}

impl End {
    /// The code as consoles are told it: Windows' take all 32 bits.
    pub(super) fn told(self) -> i32 {
        // Cut off on purpose: the upper half is only the sign.
        self.code as i32
    }
}

/// Watches until it has ended and everything it printed was passed on. `beat` is called now and then, when it says.
///
/// # Errors
/// When its pipes cannot be waited for.
pub(super) async fn until_end(
    running: Running,
    hall: &mut Hall,
    printed: Printed,
    mut beat: impl FnMut() -> Option<Instant>,
) -> io::Result<End> {
    let Running { hcs, system, process, mut pipes, tty } = running;
    let mut ending = Ending::of(&hcs, system.id(), process.pid());
    let process = Arc::new(process);
    let input = typing(&process, tty, &mut pipes)?;
    let sizes = sizing(&process);
    hall.begin(tty, printed, input);
    let streams = Streams::begin(hall.shared(), pipes.output.take(), pipes.error.take())?;
    let mut end = ends(hcs, system.id().to_owned(), Arc::clone(&process))?;
    let code = loop {
        let next = [ending.due, beat()].into_iter().flatten().min();
        let wake = sleep_until(Moment::from_std(next.unwrap_or_else(|| Instant::now() + LOOK)));
        tokio::select! {
            ended = &mut end => break ended.map_or(UNKNOWN, code),
            (from, frame) = hall.hear() => serve(hall, &mut ending, &sizes, from, frame),
            () = wake => ending.go_on(),
        }
    };
    // What was said before the end, and is not heard yet, counts.
    while let Some((from, frame)) = hall.unheard() {
        serve(hall, &mut ending, &sizes, from, frame);
    }
    streams.end().await;
    // Before its end is told, or who follows the log would miss its last words; and an open one cannot be removed.
    hall.end_log();
    Ok(End { code, wish: ending.wish, killed: ending.killed })
}

fn serve(hall: &Hall, ending: &mut Ending, sizes: &watch::Sender<(u16, u16)>, from: usize, frame: Frame) {
    match frame {
        Frame::Attach { from: byte } => hall.attach(from, byte),
        Frame::Resize(columns, rows) => {
            // A console that is gone has no size.
            let _ = sizes.send((columns, rows));
        }
        Frame::Signal(signal) => ending.signal(signal),
        Frame::Forget => {
            ending.wish = ending.wish.forgotten();
            hall.say(from, Frame::Noted);
        }
        Frame::Stop(order) => {
            ending.order(&order);
            hall.say(from, Frame::Noted);
        }
        Frame::Hello { .. } | Frame::Output(..) | Frame::Input(_) | Frame::InputEnd | Frame::Exit(_) | Frame::Noted => {
        }
    }
}

/// Gives a process's console the sizes that are sent here, one after the other; the newest counts.
fn sizing(process: &Arc<Process>) -> watch::Sender<(u16, u16)> {
    let (sizes, mut told) = watch::channel((0, 0));
    let process = Arc::clone(process);
    tokio::spawn(async move {
        while told.changed().await.is_ok() {
            let (columns, rows) = *told.borrow_and_update();
            let process = Arc::clone(&process);
            let resize = move || process.modify(ModifyProcess::console(rows, columns));
            if let Ok(Err(error)) = tokio::task::spawn_blocking(resize).await {
                tracing::debug!(%error, "a console keeps its size");
            }
        }
    });
    sizes
}

fn code(ended: Ended) -> i64 {
    match ended {
        Ended::Code(code) => code.into(),
        Ended::Unknown(_) => UNKNOWN,
    }
}

/// Waits for the end on a thread of its own: it may last for months.
fn ends(hcs: Hcs, id: String, process: Arc<Process>) -> io::Result<oneshot::Receiver<Ended>> {
    let (tell, end) = oneshot::channel();
    let wait = move || {
        let ended = match until_it_ends(&process) {
            Err(error) if error.is_disconnected() => found_again(&hcs, &id, process.pid()),
            other => other,
        };
        // Nobody knows how it ended, and it is ended for good when its container is.
        let _ = tell.send(ended.unwrap_or(Ended::Unknown(0)));
    };
    thread::Builder::new().name("end".to_owned()).spawn(wait)?;
    Ok(end)
}

/// A look that fails is no end: the service may be busy.
fn until_it_ends(process: &Process) -> Result<Ended, HcsError> {
    let mut failing = None;
    loop {
        match process.wait(LOOK) {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => failing = None,
            Err(error) if error.is_disconnected() || error.is_not_found() || error.is_already_stopped() => {
                return Err(error);
            }
            Err(error) if failing.get_or_insert_with(Instant::now).elapsed() > RETURN => return Err(error),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// After a restart of the service: containers live on, handles do not.
fn found_again(hcs: &Hcs, id: &str, pid: u32) -> Result<Ended, HcsError> {
    let mut until = Instant::now() + RETURN;
    loop {
        let opened = hcs.open(id).and_then(|system| Ok((system.open_process(pid)?, system)));
        match opened.and_then(|(process, _system)| until_it_ends(&process)) {
            Ok(ended) => return Ok(ended),
            // It was restarted once more.
            Err(error) if error.is_disconnected() => until = Instant::now() + RETURN,
            Err(error) if error.is_not_found() || error.is_already_stopped() || Instant::now() > until => {
                return Err(error);
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
