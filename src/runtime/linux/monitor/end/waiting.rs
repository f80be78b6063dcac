//! The wait before a container is started again, during which people may want something else. Knows no container.

use std::{
    os::{fd::OwnedFd, unix::net::UnixListener},
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send},
};

use crate::runtime::monitor::{frame::Frame, wish::Wish};

/// A console.
struct Client {
    line: OwnedFd,
    inbox: Vec<u8>,
    gone: bool,
}

impl Client {
    fn welcome(listener: &UnixListener) -> Option<Self> {
        let line = accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK).ok()?;
        let client = Self { line, inbox: Vec::new(), gone: false };
        client.say(&Frame::Hello { tty: false, printed: 0 });
        Some(client)
    }

    fn say(&self, frame: &Frame) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        // Who has hung up may have said something before.
        let _ = send(&self.line, &bytes, SendFlags::NOSIGNAL);
    }

    /// What it wants, if it has said so.
    fn wish(&mut self) -> Option<Wish> {
        let mut block = [0; 256];
        match recv(&self.line, &mut block, RecvFlags::empty()) {
            Ok((read @ 1.., _)) => self.inbox.extend(&block[..read]),
            _ => self.gone = true,
        }
        while let Ok(Some(frame)) = Frame::decode(&mut self.inbox) {
            let wish = match frame {
                Frame::Forget => Wish::Stay,
                Frame::Stop(order) => Wish::of(&order),
                _ => continue,
            };
            self.say(&Frame::Noted);
            return Some(wish);
        }
        None
    }
}

/// Waits until then, or until somebody wants something.
pub(super) fn wait(listener: &UnixListener, until: Instant) -> Wish {
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Wish::Nothing;
        }
        let mut fds = vec![PollFd::new(listener, PollFlags::IN)];
        fds.extend(clients.iter().map(|client| PollFd::new(&client.line, PollFlags::IN)));
        let timeout = Timespec::try_from(left).ok();
        // Interrupted or not: what is not ready is asked for again.
        let _ = poll(&mut fds, timeout.as_ref());
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        for (client, _) in clients.iter_mut().zip(&ready[1..]).filter(|(_, ready)| **ready) {
            if let Some(wish) = client.wish() {
                return wish;
            }
        }
        clients.retain(|client| !client.gone);
        if ready[0] {
            clients.extend(Client::welcome(listener));
        }
    }
}
