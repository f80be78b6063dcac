//! The last phase: everything the start has made is undone, and it is waited for the next start. Knows no console but
//! those that wait for the end.

mod waiting;

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use rustix::net::{SendFlags, send};

use super::handover::{Again, Ended, Left, become_phase};
use crate::{
    model::ContainerId,
    runtime::{
        Result,
        document::Order,
        host::{Files as _, Network as _, Storage as _},
        linux::{cgroup::Cgroup, network::KernelNetwork, storage::LinuxStorage},
        monitor::{
            end::{self, Over, Traces},
            folder::read_order,
            frame::Frame,
            wish::Wish,
        },
    },
};

pub(super) fn run(ended: Ended) -> ExitCode {
    let taken = || -> io::Result<_> {
        let lines = ended.lines.into_iter().map(Left::take).collect::<io::Result<Vec<_>>>()?;
        Ok((ended.lock.take()?, ended.listener.take()?, lines))
    };
    let Ok((lock, listener, lines)) = taken() else { return ExitCode::FAILURE };
    let how = end::Ended { code: i64::from(ended.code), wish: ended.wish, killed: ended.killed };
    let over = read_order(&ended.folder).and_then(|order| {
        let host = Host::of(&order);
        Ok((end::finish(&host, &ended.folder, how)?, host))
    });
    let mut exit = Vec::new();
    Frame::Exit(ended.code).encode(&mut exit);
    for line in lines {
        // Who has gone does not wait for it; the frame is small enough for any that has not.
        let _ = send(&line, &exit, SendFlags::NOSIGNAL);
    }
    match over {
        Ok((over, host)) => go_on(over, &host, &ended.folder, lock, listener.into()),
        Err(error) => {
            let _ = fs::write(ended.folder.join("error"), error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// What this host has of a container.
pub(super) struct Host(KernelNetwork);

impl Host {
    pub(super) fn of(order: &Order) -> Self {
        Self(KernelNetwork::new(&order.data))
    }
}

impl Traces for Host {
    fn clean(&self, order: &Order, folder: &Path) -> Result<bool> {
        let cgroup = Cgroup::of(&order.id);
        let oom = cgroup.oom_kills() > 0;
        cgroup.remove()?;
        // Each is tried even if the other fails.
        let detached = self.0.detach(&order.id, &folder.join("netns"), &order.network);
        LinuxStorage::default().unmount(&folder.join("root"))?;
        detached?;
        Ok(oom)
    }

    fn close_ports(&self, id: &ContainerId) -> Result<()> {
        self.0.close_ports(id)
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        // What a container has left is as deep and as marked as it likes.
        LinuxStorage::default().remove(folder)
    }
}

/// Waits and starts again, unless it stays ended.
fn go_on(mut over: Over, host: &Host, folder: &Path, lock: OwnedFd, listener: UnixListener) -> ExitCode {
    let Some(wait) = over.again else { return ExitCode::SUCCESS };
    match waiting::wait(&listener, Instant::now() + wait) {
        Wish::Nothing => {}
        Wish::Restart => over.by_hand = true,
        wish @ (Wish::Stay | Wish::Stop) => {
            return if over.call_off(host, folder, wish).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
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
