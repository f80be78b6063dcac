//! Making a container with libcontainer and letting its program run. Knows neither storage nor network: the root is
//! mounted and the namespaces are named by then.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, IoSliceMut, Read},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixListener,
    },
    path::Path,
};

use libcontainer::{
    container::{Container, builder::ContainerBuilder},
    syscall::syscall::SyscallType,
};
use rustix::{
    fs::{Gid, Mode, OFlags, Uid, fchown, open},
    net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg},
    pipe::{PipeFlags, pipe_with},
    process::{Pid, PidfdFlags, pidfd_open},
};

use super::{
    handover::{Left, Streams},
    listen,
};
use crate::runtime::{
    Result, RuntimeError,
    document::{Order, Process},
    linux::{
        confine::{Confinement, NoProgram},
        executor::Executor,
        spec::{self, Host, Identity},
    },
};

/// A container that waits for its start.
pub(super) struct Created {
    container: Container,
    /// Its first process.
    pub(super) pid: u32,
    /// The same, as a descriptor.
    pub(super) pidfd: OwnedFd,
    /// Our side of its streams.
    pub(super) streams: Ours,
    failure: File,
}

/// Our side of a process's streams.
pub(super) enum Ours {
    /// A terminal's master.
    Terminal(OwnedFd),
    /// Pipes; no input where it is closed.
    Pipes(Option<OwnedFd>, OwnedFd, OwnedFd),
}

impl Ours {
    /// Leaves them for the next phase.
    pub(super) fn leave(self) -> io::Result<Streams> {
        Ok(match self {
            Self::Terminal(master) => Streams::Terminal(Left::leave(master)?),
            Self::Pipes(input, out, err) => Streams::Pipes {
                input: input.map(Left::leave).transpose()?,
                out: Left::leave(out)?,
                err: Left::leave(err)?,
            },
        })
    }
}

/// The other side of pipes: what the process has for 0, 1 and 2.
pub(super) struct Theirs(pub(super) OwnedFd, pub(super) OwnedFd, pub(super) OwnedFd);

/// Pipes for a process of this user: it may open `/dev/stdout` again.
pub(super) fn pipes(process: &Process, identity: &Identity) -> io::Result<(Ours, Theirs)> {
    let (input, stdin) = if process.stdin {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        (Some(write), read)
    } else {
        (None, open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
    };
    let (out, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
    let (err, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
    for pipe in [&stdout, &stderr].into_iter().chain(process.stdin.then_some(&stdin)) {
        fchown(pipe, Some(uid), Some(gid))?;
    }
    Ok((Ours::Pipes(input, out, err), Theirs(stdin, stdout, stderr)))
}

/// Makes the container; its first process waits before it becomes the program.
pub(super) fn create(order: &Order, folder: &Path, host: &Host, confinement: Confinement) -> Result<Created> {
    let tried = format!("start container `{}`", order.name);
    let system = || RuntimeError::system(tried.clone());
    let platform = |error: &dyn Error| RuntimeError::Platform { tried: tried.clone(), why: chain(error) };
    let (bundle, states) = (folder.join("bundle"), folder.join("rt"));
    write_bundle(order, &bundle, &states, host)?;
    let (failure, failed) = pipe_with(PipeFlags::CLOEXEC).map_err(|e| system()(e.into()))?;
    let executor = Executor::new(confinement, failed, order.spec.life.init);
    let builder = ContainerBuilder::new(order.id.as_str().to_owned(), SyscallType::default())
        .with_root_path(&states)
        .and_then(ContainerBuilder::validate_id)
        .map_err(|error| platform(&error))?
        .with_executor(executor);
    let (container, streams) = if order.process.tty {
        let console = listen(folder, "console.sock").map_err(system())?;
        let builder = builder.with_console_socket(Some(folder.join("console.sock")));
        let container = build(builder, &bundle).map_err(|error| platform(&error))?;
        (container, Ours::Terminal(receive(&console).map_err(system())?))
    } else {
        let (ours, Theirs(stdin, stdout, stderr)) = pipes(&order.process, &host.identity).map_err(system())?;
        let builder = builder.with_stdin(stdin).with_stdout(stdout).with_stderr(stderr);
        (build(builder, &bundle).map_err(|error| platform(&error))?, ours)
    };
    let pid = container.pid().map_or(0, |pid| pid.as_raw());
    let pidfd = Pid::from_raw(pid).ok_or(rustix::io::Errno::SRCH).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()));
    let pidfd = pidfd.map_err(|error| system()(error.into()))?;
    Ok(Created { container, pid: pid.unsigned_abs(), pidfd, streams, failure: File::from(failure) })
}

fn build(
    builder: ContainerBuilder,
    bundle: &Path,
) -> std::result::Result<Container, libcontainer::error::LibcontainerError> {
    builder.as_init(bundle).with_systemd(false).with_detach(true).build()
}

impl Created {
    /// Lets the program run.
    pub(super) fn go(&mut self, tried: &str) -> Result<()> {
        self.container
            .start()
            .map_err(|error| RuntimeError::Platform { tried: tried.to_owned(), why: chain(&error) })?;
        let mut text = Vec::new();
        // The end comes with the program's start, or after words about why there is none.
        self.failure.read_to_end(&mut text).map_err(RuntimeError::system(tried))?;
        if text.is_empty() {
            return Ok(());
        }
        let failure = serde_json::from_slice(&text)
            .unwrap_or_else(|_| NoProgram { code: 126, why: "its program did not start".into() });
        Err(RuntimeError::Program { tried: tried.to_owned(), why: failure.why, code: failure.code })
    }
}

fn write_bundle(order: &Order, bundle: &Path, states: &Path, host: &Host) -> Result<()> {
    let tried = format!("write the bundle of container `{}`", order.name);
    let spec = spec::of(order, host)
        .map_err(|error| RuntimeError::Invalid { tried: tried.clone(), why: error.to_string() })?;
    let write = || -> io::Result<()> {
        fs::create_dir_all(bundle)?;
        // What an earlier try has left would be taken for a container that exists.
        match fs::remove_dir_all(states) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(states)?,
        }
        fs::write(bundle.join("config.json"), serde_json::to_vec(&spec)?)
    };
    write().map_err(RuntimeError::system(tried))
}

/// The terminal's master, which libcontainer sends over the console's socket.
fn receive(console: &UnixListener) -> io::Result<OwnedFd> {
    let (line, _) = console.accept()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 256];
    recvmsg(line.as_fd(), &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let descriptors = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    descriptors.flatten().next().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no terminal was sent"))
}

/// An error's words down to its cause: libcontainer's outermost say little.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}
