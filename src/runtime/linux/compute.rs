//! Running containers, as the rest of the runtime sees them: each call speaks to a monitor, a cgroup or a process.
//! Knows no database but where a monitor's death is accounted for.

use std::{
    fs,
    io::{self, BufReader, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{Mode, OFlags, open},
    process::pidfd_send_signal,
};

use super::{
    cgroup::{Cgroup, net_dev},
    init::signal_of,
    inside::path_of,
    monitor::{self, Live, SOCKET},
    processes,
    sealed::Sealer,
};
use crate::{
    model::{self, Limits, SessionId, Tuning},
    runtime::{
        Result, RuntimeError,
        document::{NetworkPlan, Process},
        host::{self, Counters, Line, Started},
        monitor::{
            asking::PATIENCE,
            folder::{self as running, id_of, read_order, write_process},
            frame::Frame,
            report::Report,
        },
    },
};

/// Linux's [`host::Compute`].
#[derive(Debug)]
pub struct Compute {
    /// What monitors run: what containers may reach of it they cannot change.
    program: Sealer,
    /// Monitors that this process has started and that have not been seen to end.
    children: Mutex<Vec<Child>>,
}

impl Default for Compute {
    /// Monitors are this very program.
    fn default() -> Self {
        Self::with_program(PathBuf::from(monitor::SELF))
    }
}

impl Compute {
    /// Monitors are `program`, which must be longshore.
    pub fn with_program(program: PathBuf) -> Self {
        Self { program: Sealer::new(program), children: Mutex::default() }
    }

    /// Starts a monitor and waits until its process runs.
    fn launch(&self, phase: &str, folder: &Path, line: Option<OwnedFd>, tried: &str) -> Result<u32> {
        self.reap();
        let program = self.program.sealed().map_err(RuntimeError::system(tried))?;
        let mut child = Command::new(path_of(&program))
            .arg0("longshore")
            .args(["monitor".as_ref(), phase.as_ref(), folder.as_os_str()])
            .env_clear()
            .stdin(line.map_or_else(Stdio::null, Stdio::from))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(RuntimeError::system(tried))?;
        // It runs, and has made nothing yet: from here on nobody can unseal it.
        drop(program);
        let report = child.stdout.take().map(|pipe| fs::File::from(OwnedFd::from(pipe)));
        self.children.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        let report = report.ok_or_else(|| RuntimeError::system(tried)(io::ErrorKind::BrokenPipe.into()))?;
        Report::hear(&mut BufReader::new(report), tried)
    }

    /// Takes the ends of monitors that are over: they would stay as zombies as long as this process lives.
    fn reap(&self) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}

/// Both ends of a line: ours, ready for tokio, and the monitor's.
fn line(tried: &str) -> Result<(Line, OwnedFd)> {
    let pair = UnixStream::pair().and_then(|(ours, theirs)| Ok((with_tokio(ours)?, OwnedFd::from(theirs))));
    pair.map_err(RuntimeError::system(tried))
}

fn with_tokio(stream: UnixStream) -> io::Result<Line> {
    stream.set_nonblocking(true)?;
    Ok(Box::new(tokio::net::UnixStream::from_std(stream)?))
}

/// Says something to a monitor, and waits until it says that it has taken note.
fn hear_noted(mut line: UnixStream, frame: &Frame) -> io::Result<()> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    // One that is itself stopped does not stop us.
    line.set_read_timeout(Some(PATIENCE))?;
    line.write_all(&bytes)?;
    bytes.clear();
    loop {
        let mut block = [0; 256];
        match line.read(&mut block)? {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its monitor does not listen")),
            read => bytes.extend(&block[..read]),
        }
        while let Some(heard) = Frame::decode(&mut bytes).map_err(io::Error::other)? {
            if heard == Frame::Noted {
                return Ok(());
            }
        }
    }
}

/// Connects to the monitor of a running folder or an exec's, however long its path is.
fn dial(folder: &Path) -> io::Result<UnixStream> {
    let held = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    UnixStream::connect(path_of(&held).join(SOCKET))
}

fn gone(tried: String) -> RuntimeError {
    RuntimeError::Conflict { tried, why: "it does not run".into() }
}

/// The main process, as long as it is the same.
fn main_process(folder: &Path, tried: &str) -> Result<(Live, OwnedFd)> {
    let live = Live::read(folder).map_err(|_| gone(tried.to_owned()))?;
    let handle = live.open().ok_or_else(|| gone(tried.to_owned()))?;
    Ok((live, handle))
}

impl host::Compute for Compute {
    fn start(&self, folder: &Path) -> Result<u32> {
        self.launch("start", folder, None, &format!("start container `{}`", id_of(folder).short()))
    }

    fn start_attached(&self, folder: &Path) -> Result<Started> {
        let tried = format!("start container `{}`", id_of(folder).short());
        let (line, theirs) = line(&tried)?;
        let pid = self.launch("start", folder, Some(theirs), &tried)?;
        Ok(Started { pid, line })
    }

    fn attach(&self, folder: &Path) -> Result<Line> {
        let tried = format!("attach to container `{}`", id_of(folder).short());
        dial(folder).and_then(with_tokio).map_err(RuntimeError::system(tried))
    }

    fn exec(&self, folder: &Path, id: &SessionId, process: &Process) -> Result<Started> {
        let tried = format!("start a process in container `{}`", id_of(folder).short());
        let session = running::exec(folder, id);
        write_process(&session, process).map_err(RuntimeError::system(tried.clone()))?;
        let (line, theirs) = line(&tried)?;
        let pid = self.launch("exec", &session, Some(theirs), &tried)?;
        Ok(Started { pid, line })
    }

    fn attach_exec(&self, folder: &Path, id: &SessionId) -> Result<Line> {
        let tried = format!("attach to session `{}`", id.short());
        dial(&running::exec(folder, id)).and_then(with_tokio).map_err(RuntimeError::system(tried))
    }

    fn execs(&self, folder: &Path) -> Result<Vec<(SessionId, Process, u32)>> {
        let alive = |session: &Path| Live::read(session).ok().filter(|live| live.open().is_some());
        let all = running::execs(folder).into_iter();
        Ok(all.filter_map(|(id, process, session)| Some((id, process, alive(&session)?.pid))).collect())
    }

    fn kill(&self, folder: &Path, signal: i32) -> Result<()> {
        let id = id_of(folder);
        let tried = format!("signal container `{}`", id.short());
        let (_, handle) = main_process(folder, &tried)?;
        send(&handle, signal, &tried)?;
        // Frozen processes do not even die.
        let cgroup = Cgroup::of(&id);
        if signal == libc::SIGKILL && cgroup.is_frozen() { cgroup.freeze(false) } else { Ok(()) }
    }

    fn signal(&self, folder: &Path, pid: u32, signal: i32) -> Result<()> {
        let id = id_of(folder);
        let tried = format!("signal process {pid} of container `{}`", id.short());
        let handle = Live::now(pid).ok().and_then(|live| live.open()).ok_or_else(|| gone(tried.clone()))?;
        // Looked at after opening: the handle cannot come to mean another process any more.
        if !Cgroup::of(&id).processes()?.contains(&pid) {
            return Err(RuntimeError::NotFound { tried, why: "the container has no such process".into() });
        }
        send(&handle, signal, &tried)
    }

    fn tell(&self, folder: &Path, frame: &Frame) -> io::Result<()> {
        hear_noted(dial(folder)?, frame)
    }

    fn freeze(&self, folder: &Path, frozen: bool) -> Result<()> {
        Cgroup::of(&id_of(folder)).freeze(frozen)
    }

    fn update(&self, folder: &Path, limits: &Limits, tuning: &Tuning) -> Result<()> {
        Cgroup::of(&id_of(folder)).limit(limits, tuning)
    }

    fn counters(&self, folder: &Path) -> Result<Counters> {
        let id = id_of(folder);
        let mut counters = Cgroup::of(&id).counters()?;
        let (live, _handle) = main_process(folder, &format!("measure container `{}`", id.short()))?;
        let own_network = !matches!(read_order(folder)?.network, NetworkPlan::Host);
        if own_network && let Ok(text) = fs::read_to_string(format!("/proc/{}/net/dev", live.pid)) {
            (counters.net_in, counters.net_out) = net_dev(&text);
        }
        Ok(counters)
    }

    fn processes(&self, folder: &Path) -> Result<Vec<model::Process>> {
        let id = id_of(folder);
        let (live, _handle) = main_process(folder, &format!("list processes of container `{}`", id.short()))?;
        Ok(processes::read(&Cgroup::of(&id).processes()?, live.pid))
    }

    fn is_watched(&self, folder: &Path) -> bool {
        self.reap();
        monitor::is_locked(folder)
    }

    fn bury(&self, folder: &Path) -> Result<()> {
        self.reap();
        monitor::bury(folder)
    }
}

fn send(handle: &OwnedFd, signal: i32, tried: &str) -> Result<()> {
    let Some(named) = signal_of(signal) else {
        let why = format!("there is no signal {signal}");
        return Err(RuntimeError::Invalid { tried: tried.to_owned(), why });
    };
    pidfd_send_signal(handle.as_fd(), named).map_err(|error| match error {
        // It has ended since it was looked for.
        rustix::io::Errno::SRCH => gone(tried.to_owned()),
        other => RuntimeError::system(tried)(other.into()),
    })
}
