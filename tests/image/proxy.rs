//! A way to a registry that breaks off.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread,
};

/// Passes connections on, up to so many bytes of answers.
pub(crate) struct Proxy {
    port: u16,
    left: Arc<AtomicI64>,
    heals: Arc<AtomicBool>,
    holds: Arc<AtomicBool>,
    passed: Arc<AtomicU64>,
    asked: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    /// To the registry at `to`; passes everything until [`Proxy::allow`] says otherwise.
    pub(crate) fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (left, passed) = (Arc::new(AtomicI64::new(i64::MAX)), Arc::new(AtomicU64::new(0)));
        let (heals, holds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (limit, heal, count) = (Arc::clone(&left), Arc::clone(&heals), Arc::clone(&passed));
        let (hold, words) = (Arc::clone(&holds), Arc::clone(&asked));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (limit, heal, count) = (Arc::clone(&limit), Arc::clone(&heal), Arc::clone(&count));
                let (hold, words) = (Arc::clone(&hold), Arc::clone(&words));
                thread::spawn(move || {
                    let Ok(registry) = TcpStream::connect(("127.0.0.1", to)) else { return };
                    let (from, into) = (client.try_clone().unwrap(), registry.try_clone().unwrap());
                    thread::spawn(move || questions(from, into, &words));
                    answers(registry, client, &limit, &count, &hold);
                    if heal.load(Ordering::SeqCst) {
                        limit.store(i64::MAX, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { port, left, heals, holds, passed, asked }
    }

    pub(crate) fn reference(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// After so many more bytes every connection breaks off.
    pub(crate) fn allow(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// After so many more bytes nothing comes any more, and no connection breaks off.
    pub(crate) fn hold_after(&self, bytes: i64) {
        self.holds.store(true, Ordering::SeqCst);
        self.allow(bytes);
    }

    /// As [`Proxy::allow`], but whoever comes after that is let through.
    pub(crate) fn break_once_after(&self, bytes: i64) {
        self.heals.store(true, Ordering::SeqCst);
        self.allow(bytes);
    }

    /// Bytes of answers so far.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }

    /// The first bytes of parts that were asked for so far (RFC 9110, 14.2).
    pub(crate) fn begins(&self) -> Vec<u64> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&asked).to_lowercase();
        let ranges = text.lines().filter_map(|line| line.strip_prefix("range: bytes="));
        ranges.filter_map(|range| range.split('-').next()?.parse().ok()).collect()
    }
}

fn questions(mut from: TcpStream, mut to: TcpStream, asked: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        asked.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[..read]);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn answers(mut from: TcpStream, mut to: TcpStream, left: &AtomicI64, passed: &AtomicU64, holds: &AtomicBool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let before = left.fetch_sub(read as i64, Ordering::SeqCst);
        let some = usize::try_from(before).unwrap_or(0).min(read);
        passed.fetch_add(some as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..some]).is_err() {
            break;
        }
        if some < read {
            if holds.load(Ordering::SeqCst) {
                // Until the client is gone: it waits for us.
                let _ = to.peek(&mut [0]);
            }
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
