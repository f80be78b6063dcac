//! A container from its start to its end, and on to its next start. Knows no console but those that want something
//! while it waits.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use super::{
    check::Checks,
    hall::Hall,
    lock_of, start,
    traces::Host,
    watch::{End, Running, until_end},
};
use crate::runtime::{
    Result, RuntimeError, blocking,
    db::Db,
    document::Order,
    layout::Layout,
    monitor::{
        end::{self, Over, bury as account_for, what_is_left},
        folder::{lock, read_order},
        frame::Frame,
        log::Writer,
        printed::Printed,
        report::Report,
        start::{Why, note_failure},
        wish::Wish,
    },
    windows::hands::Hands,
};

/// How long the monitor of the run before may take to clear away what is left of it.
const LAST_WORDS: Duration = Duration::from_secs(15);

/// Watches over the container of this running folder until it stays ended. What is said before its process runs goes
/// to `report`.
pub(super) async fn run(
    hands: Hands,
    folder: &Path,
    attached: bool,
    report: &mut impl Write,
    rest: fn(),
) -> Result<()> {
    let tried = || format!("watch over `{}`", folder.display());
    let lock = hold(folder, LAST_WORDS).map_err(RuntimeError::system(tried()))?;
    let lock = lock.ok_or_else(|| RuntimeError::Conflict { tried: tried(), why: "it has a monitor already".into() })?;
    // An order that cannot be read is told of when it is carried out.
    let tty = read_order(folder).is_ok_and(|order| order.process.tty);
    let mut hall = Hall::greet(folder, tty, attached, report).await.map_err(RuntimeError::system(tried()))?;
    let mut begun = begin(&hands, folder, Why::Asked).await?;
    Report::Started(begun.1.process.pid()).say(report);
    rest();
    loop {
        let (order, running) = begun;
        let end = watch(&hands, &order, running, folder, &mut hall).await.map_err(RuntimeError::system(tried()))?;
        let (over, wish) = finish(&hands, folder, end, &mut hall).await;
        if !matches!(&over, Ok(Over { again: Some(_), .. })) {
            // The next monitor may come as soon as everything is written down; last words are for these consoles only.
            hall.close().await;
            drop(lock);
            hall.end(end.told()).await;
            return over.map(drop);
        }
        hall.end(end.told()).await;
        let Some(why) = wait(&hands, over?, wish, folder, &mut hall).await? else { return Ok(()) };
        begun = begin(&hands, folder, why).await?;
    }
}

/// Takes the lock of the monitor of this running folder; `None` when another has it for longer than that.
fn hold(folder: &Path, patience: Duration) -> io::Result<Option<File>> {
    let path = lock_of(folder);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    lock(&path, patience)
}

/// Makes and starts it; nothing of it is left when that fails, and why is written down.
async fn begin(hands: &Hands, folder: &Path, why: Why) -> Result<(Order, Running)> {
    let (hands, folder) = (hands.clone(), folder.to_owned());
    blocking("start a container", move || {
        let started = read_order(&folder).and_then(|order| {
            let db = Db::open(&Layout::at(&order.data))?;
            let started = start::start(&hands, &order, &folder, &db, why);
            if let Err(error) = &started {
                note_failure(&db, &order, error);
            }
            Ok((order, started?))
        });
        if started.is_err() {
            // Nobody waits for a container that does not run.
            let _ = fs::remove_dir_all(&folder);
        }
        started
    })
    .await
}

/// Until its process has ended.
async fn watch(hands: &Hands, order: &Order, running: Running, folder: &Path, hall: &mut Hall) -> io::Result<End> {
    let log = Layout::at(&order.data).container(&order.id).join("log");
    // A log that cannot be written is no reason to leave the process alone.
    let printed = Printed::new(Writer::open(&log, order.log.0, order.log.1).ok());
    let mut checks = Checks::of(hands, order, folder);
    until_end(running, hall, printed, move || checks.as_mut().and_then(Checks::beat)).await
}

/// Undoes, writes down and decides; gives also what people have wanted meanwhile.
async fn finish(hands: &Hands, folder: &Path, end: End, hall: &mut Hall) -> (Result<Over>, Wish) {
    // Who did not obey has had its time.
    let (host, folder) = (Host { hands: hands.clone(), gently: !end.killed }, folder.to_owned());
    let End { code, wish, killed } = end;
    let clear = move || end::finish(&host, &folder, end::Ended { code, wish, killed });
    let mut cleared = pin!(blocking("clear away a container", clear));
    let mut wanted = Wish::Nothing;
    loop {
        tokio::select! {
            over = &mut cleared => return (over, wanted),
            (from, frame) = hall.hear() => match frame {
                // What it has printed is still there.
                Frame::Attach { from: byte } => hall.attach(from, byte),
                frame => wanted = heard(hall, from, &frame, wanted).unwrap_or(wanted),
            },
        }
    }
}

/// What is wanted after something was said by somebody who is told that it was heard; `None` where that is no order.
fn heard(hall: &Hall, from: usize, frame: &Frame, before: Wish) -> Option<Wish> {
    let wish = match frame {
        Frame::Forget => before.forgotten(),
        Frame::Stop(order) => Wish::of(order),
        _ => return None,
    };
    hall.say(from, Frame::Noted);
    Some(wish)
}

/// Waits for the next start, during which people may want something else, if they do not yet; gives why it starts,
/// `None` when it does not.
async fn wait(hands: &Hands, over: Over, wish: Wish, folder: &Path, hall: &mut Hall) -> Result<Option<Why>> {
    hall.begin(false, Printed::new(None), None);
    let wish = match over.again.map(|wait| Instant::now() + wait) {
        Some(until) if wish == Wish::Nothing => wanted(hall, until).await,
        Some(_) => wish,
        None => Wish::Stay,
    };
    match wish {
        Wish::Nothing if over.by_hand => Ok(Some(Why::Restart)),
        Wish::Nothing => Ok(Some(Why::Policy)),
        Wish::Restart => Ok(Some(Why::Restart)),
        Wish::Stay | Wish::Stop => {
            let (host, folder) = (Host { hands: hands.clone(), gently: false }, folder.to_owned());
            blocking("call off a start", move || over.call_off(&host, &folder, wish)).await?;
            Ok(None)
        }
    }
}

/// What somebody wants until then.
async fn wanted(hall: &mut Hall, until: Instant) -> Wish {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Ok((from, frame)) = timeout(left, hall.hear()).await else { return Wish::Nothing };
        if let Some(wish) = heard(hall, from, &frame, Wish::Nothing) {
            return wish;
        }
    }
}

/// Accounts for a container whose monitor was killed; see [`crate::runtime::host::Compute::bury`].
pub(crate) fn bury(hands: &Hands, folder: &Path) -> Result<()> {
    let left: PathBuf = what_is_left(folder);
    let tried = || format!("account for what is left in `{}`", left.display());
    // Held until the end, so that it is neither buried twice nor started meanwhile.
    let held = hold(folder, Duration::ZERO).map_err(RuntimeError::system(tried()))?;
    let Some(_held) = held else {
        return Err(RuntimeError::Conflict { tried: tried(), why: "its monitor lives".into() });
    };
    account_for(&Host { hands: hands.clone(), gently: false }, &left)
}
