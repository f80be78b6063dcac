//! The last phase: everything the start has made is undone, the end is written down, and the restart policy is asked.
//! Knows no console but those that wait for the end.

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::Utc;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send},
};

use super::{
    handover::{Again, Ended, Left, become_phase},
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

/// What has become of a container.
struct Over {
    db: Db,
    order: Order,
    layout: Layout,
    /// The wait before it starts again.
    again: Option<Duration>,
}

pub(super) fn run(ended: Ended) -> ExitCode {
    let taken = || -> io::Result<_> {
        let lines = ended.lines.into_iter().map(Left::take).collect::<io::Result<Vec<_>>>()?;
        Ok((ended.lock.take()?, ended.listener.take()?, lines))
    };
    let Ok((lock, listener, lines)) = taken() else { return ExitCode::FAILURE };
    let over = finish(&ended.folder, i64::from(ended.code), ended.forget);
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
fn finish(folder: &Path, code: i64, forget: bool) -> Result<Over> {
    let order = read_order(folder)?;
    let layout = Layout::at(&order.data);
    let oom = clean(&order, folder)?;
    let db = Db::open(&layout)?;
    let tried = format!("write down the end of container `{}`", order.name);
    let record = db.look(|c| container::get(c, &order.id))?;
    let ran = record.started.and_then(|started| (Utc::now() - started).to_std().ok()).unwrap_or_default();
    let attempts = Attempts { count: record.restarts, last_wait: last_wait(folder) };
    let ending = Ending { code, by_hand: record.stopped || forget, ran };
    let again = restart::again(record.spec.limits.restart, ending, attempts);
    // From here on it may be started by another: what is left of this run is out of its way before that is told.
    let aside =
        if again.is_none() { Some(put_aside(folder).map_err(RuntimeError::system(tried.clone()))?) } else { None };
    db.change(&tried, |t| life::ended(t, &order.id, life::End { code, oom, again: again.is_some() }))?;
    if let Some(aside) = aside {
        tell_peers(&db, &layout, &order);
        leave(&db, &order, &layout, &aside)?;
    }
    Ok(Over { db, order, layout, again })
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
fn go_on(over: Over, folder: &Path, lock: OwnedFd, listener: UnixListener) -> ExitCode {
    let Some(wait) = over.again else { return ExitCode::SUCCESS };
    // Without it the next wait is the first one again.
    let _ = fs::write(folder.join(LAST_WAIT), wait.as_millis().to_string());
    if called_off(&listener, Instant::now() + wait) {
        let tried = format!("stop container `{}`", over.order.name);
        let aside = put_aside(folder);
        // It may have been removed meanwhile: then there is nothing to write down.
        let _ = over.db.change(&tried, |t| life::called_off(t, &over.order.id));
        let left = aside
            .map_err(RuntimeError::system(tried))
            .and_then(|aside| leave(&over.db, &over.order, &over.layout, &aside));
        return if left.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    drop(over);
    let again = || -> io::Result<Again> {
        Ok(Again { folder: folder.into(), lock: Left::leave(lock)?, listener: Left::leave(listener.into())? })
    };
    // A monitor that ends here is found and buried as any that was killed.
    let _ = again().map(|again| become_phase("again", &again));
    ExitCode::FAILURE
}

/// Waits until then; says whether somebody called the restart off.
fn called_off(listener: &UnixListener, until: Instant) -> bool {
    let mut lines: Vec<(OwnedFd, Vec<u8>)> = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let mut fds = vec![PollFd::new(listener, PollFlags::IN)];
        fds.extend(lines.iter().map(|(line, _)| PollFd::new(line, PollFlags::IN)));
        let timeout = Timespec::try_from(left).ok();
        let _ = poll(&mut fds, timeout.as_ref());
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut gone = Vec::new();
        for (at, (line, inbox)) in lines.iter_mut().enumerate().filter(|(at, _)| ready[at + 1]) {
            let mut block = [0; 256];
            match recv(&*line, &mut block, RecvFlags::empty()) {
                Ok((read @ 1.., _)) => inbox.extend(&block[..read]),
                _ => gone.push(at),
            }
            while let Ok(Some(frame)) = Frame::decode(inbox) {
                if frame == Frame::Forget {
                    return true;
                }
            }
        }
        gone.into_iter().rev().for_each(|at| drop(lines.remove(at)));
        if ready[0] {
            lines.extend(welcome(listener));
        }
    }
}

fn welcome(listener: &UnixListener) -> Option<(OwnedFd, Vec<u8>)> {
    let line = accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK).ok()?;
    let mut hello = Vec::new();
    Frame::Hello { tty: false, printed: 0 }.encode(&mut hello);
    // Who has hung up may have said something before.
    let _ = send(&line, &hello, SendFlags::NOSIGNAL);
    Some((line, Vec::new()))
}
