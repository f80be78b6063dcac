//! Hears the database's bell by inotify(7). Knows nothing of what is told.

use std::{mem::MaybeUninit, os::fd::OwnedFd, path::PathBuf, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify::{self, CreateFlags, WatchFlags},
};

use crate::runtime::watch::{Ears, Glances};

/// Bytes of news that are read at once; any more stay for the next time.
const BUFFER: usize = 1024;

/// Ears for this file; looks by the clock where the kernel has no watch left to give.
pub fn ears(bell: PathBuf) -> Box<dyn Ears> {
    match watch(&bell) {
        Ok(news) => Box::new(Inotify(news)),
        Err(error) => {
            tracing::debug!(bell = %bell.display(), %error, "no inotify: the bell is looked at by the clock");
            Box::new(Glances::at(bell))
        }
    }
}

fn watch(bell: &std::path::Path) -> rustix::io::Result<OwnedFd> {
    // There is none before the first change.
    let _ = std::fs::OpenOptions::new().create(true).append(true).open(bell);
    let news = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    inotify::add_watch(&news, bell, WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE)?;
    Ok(news)
}

struct Inotify(OwnedFd);

impl Ears for Inotify {
    fn wait(&mut self, patience: Duration) {
        let patience = Timespec::try_from(patience).ok();
        let mut waiting = [PollFd::new(&self.0, PollFlags::IN)];
        if let Err(error) = poll(&mut waiting, patience.as_ref()) {
            tracing::debug!(%error, "waiting for the bell was interrupted");
        }
        let mut buffer = [MaybeUninit::<u8>::uninit(); BUFFER];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        // What it says does not matter: that something has changed is all there is to know.
        while reader.next().is_ok() {}
    }
}
