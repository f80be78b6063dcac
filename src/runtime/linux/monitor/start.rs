//! The first phase: mounts, links, the container itself. Knows what must be undone when a step fails.

use std::{
    fs::{self, File},
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::Path,
    process::ExitCode,
};

use super::{
    create::{self, Created},
    facts,
    handover::{Again, Left, LogPlan, Watch, Whose, become_phase},
    listen,
    state::Live,
    take_standard_streams,
};
use crate::runtime::{
    Result, RuntimeError,
    db::Db,
    document::Order,
    health::Check,
    host::{Files as _, Network as _, Storage as _},
    layout::Layout,
    linux::{
        cgroup::Cgroup, confine::Confinement, inside::Inside, network::KernelNetwork, seccomp, spec,
        storage::LinuxStorage,
    },
    monitor::{
        folder::read_order,
        report::Report,
        start::{Why, note, note_failure},
    },
    records::container::Alive,
    undo::Undo,
};

/// A start that a person asked for: over the standard streams comes the line, out goes the report.
pub(super) fn fresh(folder: &Path) -> ExitCode {
    let Ok((line, report)) = take_standard_streams() else { return ExitCode::FAILURE };
    // Neither the console's terminal nor its folder are held.
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir("/");
    let held = || -> Result<(OwnedFd, UnixListener)> {
        let tried = || format!("watch over `{}`", folder.display());
        let lock = super::held(folder).map_err(RuntimeError::system(tried()))?;
        let lock =
            lock.ok_or_else(|| RuntimeError::Conflict { tried: tried(), why: "it has a monitor already".into() })?;
        Ok((lock, listen(folder, super::SOCKET).map_err(RuntimeError::system(tried()))?))
    };
    match held() {
        Ok((lock, listener)) => run(folder, lock, listener, line, Why::Asked, Some(report)),
        Err(error) => say(&error, Some(report)),
    }
}

/// A start that the restart policy wants: everything that is held is held already.
pub(super) fn again(again: Again) -> ExitCode {
    match (again.lock.take(), again.listener.take()) {
        (Ok(lock), Ok(listener)) => {
            let why = if again.by_hand { Why::Restart } else { Why::Policy };
            run(&again.folder, lock, listener.into(), None, why, None)
        }
        _ => ExitCode::FAILURE,
    }
}

fn say(error: &RuntimeError, report: Option<File>) -> ExitCode {
    if let Some(mut report) = report {
        Report::of(error).say(&mut report);
    }
    ExitCode::FAILURE
}

/// Starts it for this reason; `report` waits to hear how it went.
fn run(
    folder: &Path,
    lock: OwnedFd,
    listener: UnixListener,
    line: Option<OwnedFd>,
    why: Why,
    report: Option<File>,
) -> ExitCode {
    let started = read_order(folder).and_then(|order| {
        let layout = Layout::at(&order.data);
        let db = Db::open(&layout)?;
        let created = start(&order, folder, &layout, &db, why);
        if let Err(error) = &created {
            note_failure(&db, &order, error);
        }
        Ok((order, layout, created?))
    });
    let (order, layout, created) = match started {
        Ok(started) => started,
        Err(error) => {
            // The folder goes with its lock; nobody waits for a container that does not run.
            let _ = fs::remove_dir_all(folder);
            return say(&error, report);
        }
    };
    if let Some(mut report) = report {
        Report::Started(created.pid).say(&mut report);
    }
    let watch = || -> std::io::Result<Watch> {
        Ok(Watch {
            folder: folder.into(),
            whose: Whose::Main,
            pid: created.pid,
            pidfd: Left::leave(created.pidfd)?,
            lock: Left::leave(lock)?,
            listener: Left::leave(listener.into())?,
            streams: created.streams.leave()?,
            first: line.map(Left::leave).transpose()?,
            log: Some(LogPlan {
                folder: layout.container(&order.id).join("log"),
                size: order.log.0,
                files: order.log.1,
            }),
            check_every: order.health.as_ref().and_then(Check::of).map(|check| check.interval),
        })
    };
    // Nothing can be said any more: a monitor that ends here is found and buried as any that was killed.
    let _ = watch().map(|watch| become_phase("wait", &watch));
    ExitCode::FAILURE
}

/// Makes and starts the container; what was made is gone again when a step fails.
fn start(order: &Order, folder: &Path, layout: &Layout, db: &Db, why: Why) -> Result<Created> {
    let tried = format!("start container `{}`", order.name);
    let (root, own) = (folder.join("root"), layout.container(&order.id));
    let netns = folder.join("netns");
    let (storage, network) = (LinuxStorage::default(), KernelNetwork::new(&order.data));
    let mut undo = Undo::new();
    fs::create_dir_all(&root).map_err(RuntimeError::system(tried.clone()))?;
    storage.mount(&order.layers, &own, &root)?;
    undo.push(|| drop(storage.unmount(&root)));
    network.attach(&order.id, &netns, &order.network)?;
    undo.push(|| drop(network.detach(&order.id, &netns, &order.network)));
    undo.push(|| drop(Cgroup::of(&order.id).remove()));
    let host = facts::gather(order, folder, layout, &root)?;
    prepare(order, &storage, &root, &tried)?;
    let confinement = confinement(order, host.capabilities, &tried)?;
    let mut created = create::create(order, folder, &host, confinement)?;
    let live = Live::now(created.pid).map_err(RuntimeError::system(tried.clone()))?;
    live.write(folder).map_err(RuntimeError::system(tried.clone()))?;
    if !order.spec.privileged {
        Cgroup::of(&order.id).restrict_devices(&spec::allowed(&host.devices))?;
    }
    created.go(&tried)?;
    let alive = Alive { pid: live.pid, ticks: live.ticks.cast_signed(), boot: live.boot };
    note(db, order, &alive, why)?;
    undo.keep();
    Ok(created)
}

/// What must be in the root before anything is mounted over it.
fn prepare(order: &Order, storage: &LinuxStorage, root: &Path, tried: &str) -> Result<()> {
    if !order.process.cwd.is_empty() {
        let make = || Inside::at(root)?.make_folder(Path::new(&order.process.cwd));
        make().map_err(RuntimeError::system(tried))?;
    }
    for mount in order.mounts.iter().filter(|mount| mount.copy_up) {
        if let Some(volume) = &mount.source {
            storage.copy_up(root, &mount.target.to_string_lossy(), volume)?;
        }
    }
    Ok(())
}

fn confinement(order: &Order, available: u64, tried: &str) -> Result<Confinement> {
    let (security, privileged) = (&order.spec.security, order.spec.privileged);
    let capabilities = spec::granted(security, privileged, available);
    let filter = seccomp::filter(&security.options, privileged, capabilities)
        .map_err(|why| RuntimeError::Invalid { tried: tried.to_owned(), why })?;
    Ok(Confinement { capabilities, filter })
}
