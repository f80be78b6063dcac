//! A way to a registry that breaks off.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread,
};

/// Passes connections on, up to so many bytes of answers.
pub(crate) struct Proxy {
    port: u16,
    left: Arc<AtomicI64>,
    heals: Arc<AtomicBool>,
    passed: Arc<AtomicU64>,
}

impl Proxy {
    /// To the registry at `to`; passes everything until [`Proxy::allow`] says otherwise.
    pub(crate) fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (left, passed) = (Arc::new(AtomicI64::new(i64::MAX)), Arc::new(AtomicU64::new(0)));
        let heals = Arc::new(AtomicBool::new(false));
        let (limit, heal, count) = (Arc::clone(&left), Arc::clone(&heals), Arc::clone(&passed));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (limit, heal, count) = (Arc::clone(&limit), Arc::clone(&heal), Arc::clone(&count));
                thread::spawn(move || {
                    let Ok(registry) = TcpStream::connect(("127.0.0.1", to)) else { return };
                    let (mut from, mut into) = (client.try_clone().unwrap(), registry.try_clone().unwrap());
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut into);
                        let _ = into.shutdown(Shutdown::Write);
                    });
                    answers(registry, client, &limit, &count);
                    if heal.load(Ordering::SeqCst) {
                        limit.store(i64::MAX, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { port, left, heals, passed }
    }

    pub(crate) fn reference(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// After so many more bytes every connection breaks off.
    pub(crate) fn allow(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
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
}

fn answers(mut from: TcpStream, mut to: TcpStream, left: &AtomicI64, passed: &AtomicU64) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let before = left.fetch_sub(read as i64, Ordering::SeqCst);
        let some = usize::try_from(before).unwrap_or(0).min(read);
        passed.fetch_add(some as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..some]).is_err() || some < read {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
