//! The last phase: everything the start has made is undone, the end is written down, and the restart policy is asked.
//! Knows no console but those that wait for the end.

mod waiting;

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::Utc;
use rustix::net::{SendFlags, send};

use super::{
    handover::{Again, Ended, Left, Wish, become_phase},
    read_order,
};
use crate::runtime::{
    Result, RuntimeError,
    db::Db,
    document::{NetworkPlan, Order},
    files,
    host::{Network as _, Storage as _},
    layout::Layout,
    linux::{cgroup::Cgroup, network::KernelNetwork, storage::LinuxStorage},
    monitor::frame::Frame,
    records::{container, life, volume},
    restart::{self, Attempts, Ending},
};

/// Where the wait before the last restart is kept, in milliseconds.
const LAST_WAIT: &str = "last-wait";

/// The signal's number, as events tell it (signal(7)).
const SIGKILL: &str = "9";

/// What has become of a container.
struct Over {
    db: Db,
    order: Order,
    layout: Layout,
    /// The wait before it starts again.
    again: Option<Duration>,
    /// Whether that is a person's wish.
    by_hand: bool,
}

pub(super) fn run(ended: Ended) -> ExitCode {
    let taken = || -> io::Result<_> {
        let lines = ended.lines.into_iter().map(Left::take).collect::<io::Result<Vec<_>>>()?;
        Ok((ended.lock.take()?, ended.listener.take()?, lines))
    };
    let Ok((lock, listener, lines)) = taken() else { return ExitCode::FAILURE };
    let over = finish(&ended.folder, i64::from(ended.code), ended.wish, ended.killed);
    let mut exit = Vec::new();
    Frame::Exit(ended.code).encode(&mut exit);
    for line in lines {
        // Who has gone does not wait for it; the frame is small enough for any that has not.
        let _ = send(&line, &exit, SendFlags::NOSIGNAL);
    }
    match over {
        Ok(over) => go_on(over, &ended.folder, lock, listener.into()),
        Err(error) => {
            let _ = fs::write(ended.folder.join("error"), error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Undoes, writes down and decides.
fn finish(folder: &Path, code: i64, wish: Wish, killed: bool) -> Result<Over> {
    let order = read_order(folder)?;
    let layout = Layout::at(&order.data);
    let oom = clean(&order, folder)?;
    let db = Db::open(&layout)?;
    let tried = format!("write down the end of container `{}`", order.name);
    let record = db.look(|c| container::get(c, &order.id))?;
    let ran = record.started.and_then(|started| (Utc::now() - started).to_std().ok()).unwrap_or_default();
    let attempts = Attempts { count: record.restarts, last_wait: last_wait(folder) };
    let ending = Ending { code, by_hand: record.stopped || wish.is_to_stay(), ran };
    let by_hand = wish == Wish::Restart;
    let by_policy = || restart::again(record.spec.limits.restart, ending, attempts);
    let again = if by_hand { Some(Duration::ZERO) } else { by_policy() };
    // From here on it may be started by another: what is left of this run is out of its way before that is told.
    let aside =
        if again.is_none() { Some(put_aside(folder).map_err(RuntimeError::system(tried.clone()))?) } else { None };
    let network = KernelNetwork::new(&order.data);
    db.change(&tried, |t| {
        if again.is_none() {
            // Under the lock under which consoles put back what those that are up should have.
            network.close_ports(&order.id)?;
        }
        if killed {
            record.tell(t, "kill", &[("signal", SIGKILL)])?;
        }
        life::ended(t, &order.id, life::End { code, oom, again: again.is_some() })?;
        if wish.is_to_stay() {
            life::stopped_by_hand(t, &record)?;
        }
        if wish.is_order() { record.tell(t, "stop", &[]) } else { Ok(()) }
    })?;
    if let Some(aside) = aside {
        tell_peers(&db, &layout, &order);
        leave(&db, &order, &layout, &aside)?;
    }
    Ok(Over { db, order, layout, again, by_hand })
}

/// Those who have found it by its names find it no more.
fn tell_peers(db: &Db, layout: &Layout, order: &Order) {
    let NetworkPlan::Own { links, .. } = &order.network else { return };
    let networks: Vec<_> = links.iter().map(|link| link.network.clone()).collect();
    // Whoever cannot be told finds an address where nobody answers.
    let _ = files::tell_peers(db, layout, &networks);
}

/// Takes away what was made for a container; says whether the kernel has killed in it for want of memory.
pub(in super::super) fn clean(order: &Order, folder: &Path) -> Result<bool> {
    let cgroup = Cgroup::of(&order.id);
    let oom = cgroup.oom_kills() > 0;
    cgroup.remove()?;
    // Each is tried even if the other fails.
    let detached = KernelNetwork::new(&order.data).detach(&order.id, &folder.join("netns"), &order.network);
    LinuxStorage::default().unmount(&folder.join("root"))?;
    detached?;
    Ok(oom)
}

/// Where a running folder goes when its run is over, until that is written down.
pub(in super::super) fn aside(folder: &Path) -> PathBuf {
    folder.with_extension("ended")
}

fn put_aside(folder: &Path) -> io::Result<PathBuf> {
    let aside = aside(folder);
    // Nobody has buried an earlier one yet; its container has been started again since, so that nobody needs to.
    remove(&aside)?;
    fs::rename(folder, &aside)?;
    Ok(aside)
}

/// Nothing of it runs any more: its running folder goes, and with auto-remove the container itself.
pub(in super::super) fn leave(db: &Db, order: &Order, layout: &Layout, folder: &Path) -> Result<()> {
    let tried = || format!("remove container `{}`", order.name);
    if order.spec.auto_remove {
        let record = db.look(|c| container::get(c, &order.id))?;
        let volumes = db.look(|c| volume::of(c, &order.id))?;
        db.change(&tried(), |t| container::delete(t, &record))?;
        for (name, _) in volumes {
            let is_anonymous = db.look(volume::all)?.iter().any(|v| v.name == name && v.anonymous);
            // Another container may have it too; then it stays.
            if is_anonymous && db.change(&tried(), |t| volume::delete(t, &name)).is_ok() {
                let _ = fs::remove_dir_all(layout.volumes().join(name.as_str()));
            }
        }
        remove(&layout.container(&order.id)).map_err(RuntimeError::system(tried()))?;
    }
    remove(folder).map_err(RuntimeError::system(tried()))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn last_wait(folder: &Path) -> Option<Duration> {
    fs::read_to_string(folder.join(LAST_WAIT)).ok()?.parse().ok().map(Duration::from_millis)
}

/// Waits and starts again, unless it stays ended.
fn go_on(mut over: Over, folder: &Path, lock: OwnedFd, listener: UnixListener) -> ExitCode {
    let Some(wait) = over.again else { return ExitCode::SUCCESS };
    // Without it the next wait is the first one again.
    let _ = fs::write(folder.join(LAST_WAIT), wait.as_millis().to_string());
    match waiting::wait(&listener, Instant::now() + wait) {
        Wish::Nothing => {}
        Wish::Restart => over.by_hand = true,
        wish @ (Wish::Stay | Wish::Stop) => {
            return if call_off(&over, folder, wish).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    }
    let by_hand = over.by_hand;
    drop(over);
    let again = || -> io::Result<Again> {
        Ok(Again { folder: folder.into(), lock: Left::leave(lock)?, listener: Left::leave(listener.into())?, by_hand })
    };
    // A monitor that ends here is found and buried as any that was killed.
    let _ = again().map(|again| become_phase("again", &again));
    ExitCode::FAILURE
}

/// It stays ended.
fn call_off(over: &Over, folder: &Path, wish: Wish) -> Result<()> {
    let tried = format!("stop container `{}`", over.order.name);
    let aside = put_aside(folder);
    // It may have been removed meanwhile: then there is nothing to write down.
    let _ = over.db.change(&tried, |t| {
        life::called_off(t, &over.order.id)?;
        let record = container::get(t, &over.order.id)?;
        life::stopped_by_hand(t, &record)?;
        if wish.is_order() { record.tell(t, "stop", &[]) } else { Ok(()) }
    });
    leave(&over.db, &over.order, &over.layout, &aside.map_err(RuntimeError::system(tried))?)
}
