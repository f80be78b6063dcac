//! What is made for a container before its program runs: disk, network, the container itself. Knows what must be undone
//! when a step fails.

use std::{fs, path::Path, thread};

use super::{state::Live, traces::end_system, watch::Running};
use crate::runtime::{
    Result, RuntimeError,
    db::Db,
    document::{
        Order, Process,
        hcs::{
            plan::{Ground, compute_system},
            process::ProcessParameters,
            query::SystemQuery,
        },
    },
    layout::Layout,
    monitor::start::{Why, note},
    records::container::Alive,
    undo::Undo,
    windows::{
        hands::Hands,
        hcs::{HcsError, Pipes, Process as Handle, System},
        networking::HostNetworks,
    },
};

/// `HRESULT` of what cannot be found: a program's file.
const NO_FILE: u32 = 0x8007_0002;
/// `HRESULT`s of a program that is there and cannot be run: no such folder, access denied, no such working directory,
/// no program of Windows, of another kind of machine.
const NOT_RUN: [u32; 5] = [0x8007_0003, 0x8007_0005, 0x8007_010B, 0x8007_00C1, 0x8007_00D8];

/// Makes and starts the container; what was made is gone again when a step fails.
pub(super) fn start(hands: &Hands, order: &Order, folder: &Path, db: &Db, why: Why) -> Result<Running> {
    let tried = format!("start container `{}`", order.name);
    let (root, own) = (folder.join("root"), Layout::at(&order.data).container(&order.id));
    let (id, netns) = (order.id.as_str(), folder.join("netns"));
    clear_the_way(hands, id, &tried)?;
    let mut undo = Undo::new();
    fs::create_dir_all(&own).map_err(RuntimeError::system(tried.clone()))?;
    hands.storage.mount(&order.layers, &own, &root)?;
    undo.push(|| drop(hands.storage.unmount(&root)));
    for mount in order.mounts.iter().filter(|mount| mount.copy_up) {
        if let Some(volume) = &mount.source {
            hands.files.copy_up(&root, &mount.target.to_string_lossy(), volume)?;
        }
    }
    hands.network.attach(&order.id, &netns, &order.network)?;
    undo.push(|| drop(hands.network.detach(&order.id, &netns, &order.network)));
    let ground = ground(hands, order, &root)?;
    let document = compute_system(order, &ground)
        .map_err(|unfit| RuntimeError::Invalid { tried: tried.clone(), why: unfit.to_string() })?;
    let mut system = hands.hcs.create(id, &document)?;
    undo.push(|| drop(end_system(&hands.hcs, id, false)));
    system.listen()?;
    system.start()?;
    let (process, pipes) = run(&system, &order.process, &tried)?;
    let live = Live::now(process.pid());
    live.write(folder).map_err(RuntimeError::system(tried.clone()))?;
    note(db, order, &Alive { pid: live.pid, ticks: live.since, boot: String::new() }, why)?;
    undo.keep();
    Ok(Running { hcs: hands.hcs.clone(), system, process, pipes, tty: order.process.tty })
}

/// A container of this id that a crash has left is in the way, if it is ours.
fn clear_the_way(hands: &Hands, id: &str, tried: &str) -> Result<()> {
    let query = SystemQuery { ids: vec![id.to_owned()], ..SystemQuery::default() };
    match hands.hcs.list(&query)?.first() {
        Some(left) if left.owner == hands.owner => Ok(end_system(&hands.hcs, id, false)?),
        Some(other) => {
            let why = format!("Windows has a container of this id already, which `{}` has made", other.owner);
            Err(RuntimeError::Conflict { tried: tried.to_owned(), why })
        }
        None => Ok(()),
    }
}

/// What has been made for it, as its document tells it.
fn ground(hands: &Hands, order: &Order, root: &Path) -> Result<Ground> {
    let mounted = hands.mounts.mounted(&order.layers, root)?;
    let namespace = HostNetworks::namespace(&order.id, &order.network);
    // A host that does not say is one of one processor: a limit is rather too low there than too high.
    let processors = thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    let namespace = namespace.map(|namespace| namespace.to_string());
    Ok(Ground { volume: mounted.volume, layers: mounted.layers, namespace, processors })
}

/// Starts a process in a container.
///
/// # Errors
/// `Program` when it is the program's fault.
pub(super) fn run(system: &System, process: &Process, tried: &str) -> Result<(Handle, Pipes)> {
    system.create_process(&ProcessParameters::of(process)).map_err(|error| explain(error, process, tried))
}

/// Why a process does not run, with the exit code that shells have for it.
fn explain(error: HcsError, process: &Process, tried: &str) -> RuntimeError {
    let program = process.args.first().map_or("", String::as_str);
    let (code, why) = match error.code().map(|code| code.0) {
        Some(NO_FILE) => (127, format!("executable file not found: there is no program `{program}` in the container")),
        Some(code) if NOT_RUN.contains(&code) => (126, format!("`{program}` cannot be run: {error}")),
        _ => return error.into(),
    };
    RuntimeError::Program { tried: tried.to_owned(), why, code }
}
