//! The second phase: while the process runs its streams are held, logged and passed on. Knows neither mounts nor the
//! database; it is what stays in memory for each container.

mod client;
mod ending;
mod rest;
mod streams;

use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{SocketFlags, accept_with},
    process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid},
};

use self::{client::Client, ending::Ending, rest::Rest, streams::Held};
use super::{
    super::init::signal_of,
    handover::{Ended, Left, SELF, Watch, Whose, become_phase},
};
use crate::{
    model::Stream,
    runtime::monitor::{frame::Frame, log, printed::Printed, start},
};

/// How long a console may take nothing, while there is something for it, before it is dropped.
const SLOW: Duration = Duration::from_secs(10);
/// How long the last words are waited for to be taken.
const FAREWELL: Duration = Duration::from_secs(10);
/// Consoles at once.
const MOST_CLIENTS: usize = 64;

/// Watches until the process has ended. `let_go` is called when nothing happens: that may last for months.
pub(in super::super) fn run(watch: Watch, let_go: fn()) -> ExitCode {
    Wait::begin(watch, Rest::new(let_go)).map_or(ExitCode::FAILURE, Wait::until_end)
}

struct Wait {
    folder: PathBuf,
    whose: Whose,
    pidfd: OwnedFd,
    lock: OwnedFd,
    listener: OwnedFd,
    process: Held,
    printed: Printed,
    clients: Vec<Client>,
    checks: Option<Checks>,
    ending: Ending,
    rest: Rest,
}

/// Health checks: processes of their own, one at a time.
struct Checks {
    every: Duration,
    next: Instant,
    running: Option<(Child, OwnedFd)>,
}

/// What became ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ready {
    Ended,
    Knock,
    Printed(Stream),
    Typable,
    Client(usize, bool, bool),
    Checked,
}

impl Wait {
    fn begin(watch: Watch, rest: Rest) -> std::io::Result<Self> {
        // A log that cannot be written is no reason to leave the process without its parent.
        let log = watch.log.and_then(|plan| log::Writer::open(&plan.folder, plan.size, plan.files).ok());
        let process = Held::take(watch.streams)?;
        let printed = Printed::new(log);
        let mut clients = Vec::new();
        if let Some(first) = watch.first {
            let mut client = Client::welcome(first.take()?, process.is_terminal(), &printed)?;
            // It was there before the process, to miss nothing: it need not be quicker than a short life to say so.
            client.attach(0, &printed);
            clients.push(client);
        }
        let checks = watch.check_every.map(|every| Checks { every, next: Instant::now() + every, running: None });
        Ok(Self {
            folder: watch.folder,
            whose: watch.whose,
            pidfd: watch.pidfd.take()?,
            lock: watch.lock.take()?,
            listener: watch.listener.take()?,
            process,
            printed,
            clients,
            checks,
            ending: Ending::default(),
            rest,
        })
    }

    fn until_end(mut self) -> ExitCode {
        loop {
            for ready in self.ready() {
                match ready {
                    Ready::Ended => {
                        if let Some(code) = self.code() {
                            return self.farewell(code);
                        }
                    }
                    Ready::Knock => self.welcome(),
                    Ready::Printed(stream) => self.pass_on(stream),
                    Ready::Typable => self.process.type_on(),
                    Ready::Client(at, speaks, listens) => self.serve(at, speaks, listens),
                    Ready::Checked => self.checked(),
                }
            }
            self.clients.retain(|client| !client.is_gone());
            self.check();
            self.ending.go_on(&self.pidfd, &self.folder);
        }
    }

    /// Waits until something is ready.
    fn ready(&mut self) -> Vec<Ready> {
        let crowded = self.clients.iter().any(Client::is_full);
        let mut asked: Vec<(Ready, BorrowedFd<'_>, PollFlags)> = vec![
            (Ready::Ended, self.pidfd.as_fd(), PollFlags::IN),
            (Ready::Knock, self.listener.as_fd(), PollFlags::IN),
        ];
        if !crowded {
            for (stream, fd) in self.process.readable() {
                asked.push((Ready::Printed(stream), fd, PollFlags::IN));
            }
        }
        if let Some(fd) = self.process.typable() {
            asked.push((Ready::Typable, fd, PollFlags::OUT));
        }
        for (at, client) in self.clients.iter().enumerate() {
            let mut flags = PollFlags::empty();
            // Who types more than is read has to wait; others are heard all the same.
            flags.set(PollFlags::IN, self.process.takes_more() || !client.types());
            flags.set(PollFlags::OUT, client.has_something());
            asked.push((Ready::Client(at, false, false), client.as_fd(), flags));
        }
        if let Some((_, fd)) = self.checks.as_ref().and_then(|checks| checks.running.as_ref()) {
            asked.push((Ready::Checked, fd.as_fd(), PollFlags::IN));
        }
        let mut fds: Vec<_> = asked.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        let timeout = self.timeout(crowded).and_then(|timeout| Timespec::try_from(timeout).ok());
        // The last thing before: all that runs after it comes back to memory.
        self.rest.when_due();
        // Interrupted or not: what is not ready is asked for again.
        let count = poll(&mut fds, timeout.as_ref());
        let happened: Vec<_> = fds.iter().map(PollFd::revents).collect();
        if count.is_ok_and(|count| count > 0) {
            self.rest.later();
        }
        let ready = asked.iter().zip(happened).filter(|(_, happened)| !happened.is_empty());
        let closed = PollFlags::HUP | PollFlags::ERR;
        let mut all: Vec<Ready> = ready
            .map(|((ready, ..), happened)| match *ready {
                Ready::Client(at, ..) => {
                    Ready::Client(at, happened.intersects(PollFlags::IN | closed), happened.intersects(PollFlags::OUT))
                }
                ready => ready,
            })
            .collect();
        // Its last words come before its end.
        all.sort_by_key(|ready| *ready == Ready::Ended);
        all
    }

    /// How long nothing may happen; `None`: for ever.
    fn timeout(&self, crowded: bool) -> Option<Duration> {
        let now = Instant::now();
        let check = self.checks.as_ref().filter(|checks| checks.running.is_none()).map(|checks| checks.next);
        let terminal = self.process.look_again();
        let slow = crowded.then(|| now + Duration::from_secs(1));
        let next = [check, terminal, slow, self.ending.due, self.rest.wakes(now)].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(now))
    }

    fn code(&self) -> Option<i32> {
        let status = waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        let status = status.ok()??;
        Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => code,
            (None, Some(signal)) => 128 + signal,
            (None, None) => 255,
        })
    }

    fn welcome(&mut self) {
        let Ok(line) = accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) else { return };
        if self.clients.len() < MOST_CLIENTS {
            self.clients.extend(Client::welcome(line, self.process.is_terminal(), &self.printed));
        }
    }

    /// Takes what was printed, once.
    fn pass_on(&mut self, stream: Stream) {
        let Some(bytes) = self.process.read(stream) else { return };
        self.printed.take(stream, &bytes);
        for client in self.clients.iter_mut().filter(|client| client.is_attached()) {
            client.say(&Frame::Output(stream, bytes.clone()));
        }
    }

    fn serve(&mut self, at: usize, speaks: bool, listens: bool) {
        let Some(client) = self.clients.get_mut(at) else { return };
        // Heard first: who has hung up may have said something before.
        let heard = if speaks { client.hear() } else { Vec::new() };
        if listens {
            client.send();
        }
        for frame in heard {
            match frame {
                Frame::Attach { from } => client.attach(from, &self.printed),
                Frame::Input(bytes) => self.process.type_in(&bytes),
                Frame::InputEnd => self.process.end_input(),
                Frame::Resize(columns, rows) => self.process.resize(columns, rows),
                Frame::Signal(signal) => {
                    if let Some(signal) = signal_of(signal) {
                        // It may have ended in between.
                        let _ = pidfd_send_signal(&self.pidfd, signal);
                    }
                }
                Frame::Forget => {
                    self.ending.wish = self.ending.wish.forgotten();
                    client.say(&Frame::Noted);
                }
                Frame::Stop(order) => {
                    self.ending.order(&order, &self.pidfd, &self.folder);
                    client.say(&Frame::Noted);
                }
                Frame::Hello { .. } | Frame::Output(..) | Frame::Exit(_) | Frame::Noted => {}
            }
        }
    }

    /// Begins a health check when it is time.
    fn check(&mut self) {
        let Some(checks) = &mut self.checks else { return };
        if checks.running.is_some() || Instant::now() < checks.next {
            return;
        }
        let mut command = Command::new(SELF);
        command.args(["monitor".as_ref(), "check".as_ref(), self.folder.as_os_str()]).env_clear();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        checks.running = child.ok().and_then(|child| {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw)?;
            Some((child, pidfd_open(pid, PidfdFlags::empty()).ok()?))
        });
        checks.next = Instant::now() + checks.every;
    }

    fn checked(&mut self) {
        let Some(checks) = &mut self.checks else { return };
        if let Some((mut child, _)) = checks.running.take() {
            // It says what it found to the database, not to us.
            let _ = child.wait();
        }
        checks.next = Instant::now() + checks.every;
    }

    /// The process has ended: everything it printed is passed on, and then its end.
    fn farewell(mut self, code: i32) -> ExitCode {
        // What was said before the end, and is not heard yet, counts.
        (0..self.clients.len()).for_each(|at| self.serve(at, true, false));
        for stream in [Stream::Out, Stream::Err] {
            while let Some(bytes) = self.process.read(stream) {
                self.printed.take(stream, &bytes);
                for client in self.clients.iter_mut().filter(|client| client.is_attached()) {
                    client.say(&Frame::Output(stream, bytes.clone()));
                }
                self.flush();
            }
        }
        self.printed.end();
        if self.whose == Whose::Exec {
            self.clients.iter_mut().for_each(|client| client.say(&Frame::Exit(code)));
        }
        self.flush();
        if let Some((mut child, _)) = self.checks.and_then(|checks| checks.running) {
            let _ = child.kill();
            let _ = child.wait();
        }
        if self.whose == Whose::Exec {
            start::tell_exec_end(&self.folder, code.into());
            // The lock goes last, with this process.
            let _ = fs::remove_dir_all(&self.folder);
            return ExitCode::SUCCESS;
        }
        let ended = || -> std::io::Result<Ended> {
            let lines = self.clients.into_iter().map(|client| Left::leave(client.into_line()));
            Ok(Ended {
                folder: self.folder,
                code,
                lock: Left::leave(self.lock)?,
                listener: Left::leave(self.listener)?,
                lines: lines.collect::<std::io::Result<_>>()?,
                wish: self.ending.wish,
                killed: self.ending.killed,
            })
        };
        // A monitor that ends here is found and buried as any that was killed.
        let _ = ended().map(|ended| become_phase("end", &ended));
        ExitCode::FAILURE
    }

    /// Waits until the consoles have taken what there is for them; those that do not are dropped.
    fn flush(&mut self) {
        let begun = Instant::now();
        loop {
            self.clients.iter_mut().for_each(Client::send);
            self.clients.retain(|client| !client.is_gone());
            let waiting: Vec<_> = self.clients.iter().filter(|client| client.has_something()).collect();
            let mut fds: Vec<_> = waiting.iter().map(|client| PollFd::new(*client, PollFlags::OUT)).collect();
            if fds.is_empty() || begun.elapsed() > FAREWELL {
                break;
            }
            let second = Timespec { tv_sec: 1, tv_nsec: 0 };
            let _ = poll(&mut fds, Some(&second));
        }
        self.clients.retain(|client| !client.has_something());
    }
}
