//! The phase beside an exec: joins a running container and starts a process there. Knows no libcontainer: what that
//! does for an exec has no filter, and leaves zombies behind when it fails.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixListener,
    },
    path::{Path, PathBuf},
    process::{Child, ExitCode, Stdio},
};

use rustix::{
    fs::{Mode, OFlags, open},
    process::{
        DumpableBehavior, Gid, Pid, PidfdFlags, Resource, Rlimit, Uid, getcwd, ioctl_tiocsctty, pidfd_open,
        set_dumpable_behavior, setrlimit, setsid,
    },
    pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt},
    thread::{
        CapabilitySet, CapabilitySets, ThreadNameSpaceType, capabilities, move_into_link_name_space,
        move_into_thread_name_spaces, set_capabilities, set_keep_capabilities, set_no_new_privs, set_thread_groups,
        set_thread_res_gid, set_thread_res_uid,
    },
};

use super::{
    SOCKET,
    create::{Ours, Theirs, pipes},
    facts,
    handover::{Left, Watch, Whose, become_phase},
    held, listen,
    state::Live,
    take_standard_streams,
};
use crate::runtime::{
    Result, RuntimeError,
    document::{Order, Process},
    linux::{
        cgroup::Cgroup,
        confine::{Confinement, command, explain},
        inside::Inside,
        seccomp,
        spec::{self, Identity},
    },
    monitor::{
        folder::{of_exec, read_order, read_process},
        report::Report,
        start::complete,
    },
};

/// Namespaces that are joined, and left again afterwards.
const NAMESPACES: [&str; 6] = ["net", "ipc", "uts", "cgroup", "pid_for_children", "mnt"];

pub(super) fn run(folder: &Path) -> ExitCode {
    let Ok((line, mut report)) = take_standard_streams() else { return ExitCode::FAILURE };
    let _ = setsid();
    let _ = rustix::process::chdir("/");
    match start(folder) {
        Ok((pid, held)) => {
            Report::Started(pid).say(&mut report);
            drop(report);
            let watch = || -> io::Result<Watch> {
                Ok(Watch {
                    folder: folder.into(),
                    whose: Whose::Exec,
                    pid,
                    pidfd: Left::leave(held.pidfd)?,
                    lock: Left::leave(held.lock)?,
                    listener: Left::leave(held.listener.into())?,
                    streams: held.streams.leave()?,
                    first: line.map(Left::leave).transpose()?,
                    log: None,
                    check_every: None,
                })
            };
            // The process goes on by itself then; its container's end takes it along.
            let _ = watch().map(|watch| become_phase("wait", &watch));
        }
        Err(error) => Report::of(&error).say(&mut report),
    }
    ExitCode::FAILURE
}

/// What the next phase goes on with.
struct Held {
    lock: OwnedFd,
    listener: UnixListener,
    pidfd: OwnedFd,
    streams: Ours,
}

fn start(folder: &Path) -> Result<(u32, Held)> {
    let running = of_exec(folder);
    let order = read_order(running)?;
    let tried = format!("start a process in container `{}`", order.name);
    let system = || RuntimeError::system(tried.clone());
    let lock = held(folder)
        .map_err(system())?
        .ok_or_else(|| RuntimeError::Conflict { tried: tried.clone(), why: "a session of this name runs".into() })?;
    // Before it is told: whoever hears of a failure may try again under the same name.
    begin(folder, running, &order, lock, &tried).inspect_err(|_| drop(fs::remove_dir_all(folder)))
}

fn begin(folder: &Path, running: &Path, order: &Order, lock: OwnedFd, tried: &str) -> Result<(u32, Held)> {
    let system = || RuntimeError::system(tried);
    let process = read_process(folder).map_err(system())?;
    let listener = listen(folder, SOCKET).map_err(system())?;
    let Inner { child, streams } = spawn(order, running, process, tried)?;
    let live = Live::now(child.id()).map_err(system())?;
    live.write(folder).map_err(system())?;
    let pidfd = handle(&child).map_err(system())?;
    Ok((child.id(), Held { lock, listener, pidfd, streams }))
}

/// A process in a container.
pub(super) struct Inner {
    /// Our child.
    pub(super) child: Child,
    /// Our side of its streams.
    pub(super) streams: Ours,
}

/// A handle to a child.
pub(super) fn handle(child: &Child) -> io::Result<OwnedFd> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// Starts a process in the container that runs in `running`. This process must have one thread only.
pub(super) fn spawn(order: &Order, running: &Path, mut process: Process, tried: &str) -> Result<Inner> {
    let system = || RuntimeError::system(tried);
    let gone = || RuntimeError::Conflict { tried: tried.to_owned(), why: "the container does not run".into() };
    let live = Live::read(running).map_err(|_| gone())?;
    let pidfd = live.open().ok_or_else(gone)?;
    complete(&mut process, &order.process, "/");
    let identity = {
        let inside = Inside::at(&PathBuf::from(format!("/proc/{}/root", live.pid))).map_err(system())?;
        facts::identity(&inside, &process.user, &order.spec.security.groups, tried)?
    };
    let env = spec::environment(&process, &spec::hostname(order), &identity.home);
    let steps = Steps::gather(order, &process, &identity, tried)?;
    // Nobody inside may look into us while we are there.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| system()(error.into()))?;
    let home = Home::remember().map_err(system())?;
    let kinds = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::PROCESS_ID
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::CONTROL_GROUP;
    move_into_thread_name_spaces(pidfd.as_fd(), kinds).map_err(|error| system()(error.into()))?;
    let spawned = spawn_here(&process, &env, &identity, steps, tried);
    home.return_there().map_err(system())?;
    spawned
}

/// Starts it in the namespaces that this process is in.
fn spawn_here(process: &Process, env: &[String], identity: &Identity, steps: Steps, tried: &str) -> Result<Inner> {
    let system = || RuntimeError::system(tried);
    let (streams, theirs) = streams(process, identity).map_err(system())?;
    let tty = process.tty;
    let mut command = command(&process.args, env, move || steps.take(tty));
    command.stdin(Stdio::from(theirs.0)).stdout(Stdio::from(theirs.1)).stderr(Stdio::from(theirs.2));
    command.current_dir(&process.cwd);
    match command.spawn() {
        Ok(child) => Ok(Inner { child, streams }),
        Err(_) if !Path::new(&process.cwd).is_dir() => {
            let why = format!("there is no folder `{}` in the container", process.cwd);
            Err(RuntimeError::Program { tried: tried.to_owned(), why, code: 126 })
        }
        Err(error) => {
            let failure = explain(&error, &process.args, env, Path::new(&process.cwd));
            Err(RuntimeError::Program { tried: tried.to_owned(), why: failure.why, code: failure.code })
        }
    }
}

fn streams(process: &Process, identity: &Identity) -> io::Result<(Ours, Theirs)> {
    if !process.tty {
        return pipes(process, identity);
    }
    // The container's own, so that it has a name there. What else it may have put at that path is no terminal, and
    // the next calls refuse it.
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    unlockpt(&master)?;
    let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::fs::fchown(&slave, Some(Uid::from_raw(identity.uid)), None)?;
    Ok((Ours::Terminal(master), Theirs(slave.try_clone()?, slave.try_clone()?, slave)))
}

/// What the child does between fork and exec.
struct Steps {
    doors: Vec<File>,
    limits: Vec<(Resource, Rlimit)>,
    groups: Vec<Gid>,
    uid: Uid,
    gid: Gid,
    no_new_privileges: bool,
    confinement: Confinement,
}

impl Steps {
    fn gather(order: &Order, process: &Process, identity: &Identity, tried: &str) -> Result<Self> {
        let system = || RuntimeError::system(tried);
        let available = facts::own_capabilities().map_err(system())?;
        let security = &order.spec.security;
        let privileged = process.privileged || order.spec.privileged;
        let granted = spec::granted(security, privileged, available);
        let filter = seccomp::filter(&security.options, order.spec.privileged, granted)
            .map_err(|why| RuntimeError::Invalid { tried: tried.to_owned(), why })?;
        let asked = &order.spec.tuning.ulimits;
        let limits = spec::rlimits(asked, &facts::own_limits(), available & spec::bit("SYS_RESOURCE") != 0);
        let known = limits.into_iter().filter_map(|(name, soft, hard)| {
            let resource = facts::LIMITS.iter().find(|(known, _)| *known == name)?.1;
            let finite = |limit: u64| Some(limit).filter(|limit| *limit != u64::MAX);
            Some((resource, Rlimit { current: finite(soft), maximum: finite(hard) }))
        });
        Ok(Self {
            doors: Cgroup::of(&order.id).doors().map_err(system())?,
            limits: known.collect(),
            groups: identity.groups.iter().map(|group| Gid::from_raw(*group)).collect(),
            uid: Uid::from_raw(identity.uid),
            gid: Gid::from_raw(identity.gid),
            no_new_privileges: security.options.iter().any(|option| spec::is_no_new_privileges(option)),
            confinement: Confinement { capabilities: granted, filter },
        })
    }

    fn take(&self, tty: bool) -> io::Result<()> {
        use io::Write;
        for mut door in &self.doors {
            // "This one", in whatever namespace.
            door.write_all(b"0")?;
        }
        setsid()?;
        if tty {
            ioctl_tiocsctty(rustix::stdio::stdin())?;
        }
        // A folder that is reached through a descriptor of ours is not in the container's root.
        if !getcwd(Vec::new())?.to_bytes().starts_with(b"/") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        for (resource, limit) in &self.limits {
            setrlimit(*resource, *limit)?;
        }
        set_thread_groups(&self.groups)?;
        set_thread_res_gid(self.gid, self.gid, self.gid)?;
        // Over a change of user, what loading a filter takes is kept.
        set_keep_capabilities(true)?;
        set_thread_res_uid(self.uid, self.uid, self.uid)?;
        let kept = capabilities(None)?.permitted & CapabilitySet::from_bits_retain(self.needed());
        set_capabilities(
            None,
            CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
        )?;
        if self.no_new_privileges {
            set_no_new_privs(true)?;
        }
        self.confinement.take()
    }

    /// What it shall have, and what its last steps need.
    fn needed(&self) -> u64 {
        self.confinement.capabilities | spec::bit("SYS_ADMIN") | spec::bit("SETPCAP")
    }
}

/// The namespaces of this process before it went into others.
struct Home(Vec<OwnedFd>);

impl Home {
    fn remember() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let open = |name: &str| open(Path::new("/proc/self/ns").join(name), flags, Mode::empty());
        Ok(Self(NAMESPACES.into_iter().map(open).collect::<rustix::io::Result<_>>()?))
    }

    fn return_there(self) -> io::Result<()> {
        for namespace in self.0 {
            move_into_link_name_space(namespace.as_fd(), None)?;
        }
        Ok(rustix::process::chdir("/")?)
    }
}
