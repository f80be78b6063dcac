//! Connections that stay open: a server that never stops talking, and who listens to it. Knows no rule.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use super::{Guest, IMPATIENCE, PATIENCE, netns, readable, within};

/// Between two words of a server.
const PAUSE: Duration = Duration::from_millis(5);

impl Guest {
    /// Talks at this TCP port to whoever connects, without being asked.
    pub(crate) fn talks(&self, port: u16) {
        let listener = netns::inside(&self.netns, || TcpListener::bind(("::", port))).unwrap();
        let ends = self.ends.clone();
        thread::spawn(move || {
            let mut lines = Vec::new();
            while !ends.load(Ordering::Relaxed) {
                if readable(&listener)
                    && let Ok((line, _)) = listener.accept()
                {
                    line.set_nonblocking(true).unwrap();
                    lines.push(line);
                }
                thread::sleep(PAUSE);
                // A full line is one that nobody reads.
                lines.retain_mut(|line| match line.write(b".") {
                    Err(error) => error.kind() == io::ErrorKind::WouldBlock,
                    Ok(_) => true,
                });
            }
        });
    }
}

/// A connection to such a server.
pub(crate) struct Talk(TcpStream);

impl Talk {
    /// From a namespace, or from the host.
    pub(crate) fn with(from: Option<&Path>, to: &str) -> Self {
        let to: SocketAddr = to.parse().unwrap();
        Self(within(from, || TcpStream::connect_timeout(&to, PATIENCE)).expect("it is let in"))
    }

    /// Whether anything new is heard; waits longer for what is `expected`.
    pub(crate) fn is_heard(&mut self, expected: bool) -> bool {
        let patience = if expected { PATIENCE } else { IMPATIENCE };
        self.0.set_nonblocking(true).unwrap();
        // What is on its way already is not new.
        thread::sleep(IMPATIENCE);
        while matches!(self.0.read(&mut [0; 4096]), Ok(1..)) {}
        let begun = Instant::now();
        while begun.elapsed() < patience {
            match self.0.read(&mut [0; 64]) {
                Ok(1..) => return true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
                _ => return false,
            }
        }
        false
    }
}
