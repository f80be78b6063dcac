//! The process beside an exec: starts a process in a container that runs, and watches it. Knows neither disks nor
//! networks.

use std::{fs, io::Write, path::Path};

use super::{
    hall::Hall,
    start,
    state::Live,
    watch::{Running, until_end},
};
use crate::runtime::{
    Result, RuntimeError, blocking,
    monitor::{
        folder::{of_exec, read_order, read_process},
        printed::Printed,
        report::Report,
        start::{complete, tell_exec_end},
    },
    windows::{hands::Hands, hcs::Hcs},
};

/// Watches over the process of an exec's folder until it has ended. What is said before it runs goes to `report`.
pub(super) async fn run(
    hands: Hands,
    folder: &Path,
    attached: bool,
    report: &mut impl Write,
    rest: fn(),
) -> Result<()> {
    let tried = format!("start a process in container `{}`", super::folder::id_of(of_exec(folder)).short());
    let ran = watched(hands, folder, attached, report, rest, &tried).await;
    // Its container's end may have taken it along.
    let _ = fs::remove_dir_all(folder);
    ran
}

async fn watched(
    hands: Hands,
    folder: &Path,
    attached: bool,
    report: &mut impl Write,
    rest: fn(),
    tried: &str,
) -> Result<()> {
    let tty = read_process(folder).map_err(RuntimeError::system(tried))?.tty;
    let mut hall = Hall::greet(folder, tty, attached, report).await.map_err(RuntimeError::system(tried))?;
    let (session, what) = (folder.to_owned(), tried.to_owned());
    let running = blocking("start a process in a container", move || start(hands.hcs, &session, &what)).await?;
    Report::Started(running.process.pid()).say(report);
    rest();
    let end = until_end(running, &mut hall, Printed::new(None), || None).await.map_err(RuntimeError::system(tried))?;
    tell_exec_end(folder, end.code);
    hall.close().await;
    hall.end(end.told()).await;
    Ok(())
}

fn start(hcs: Hcs, folder: &Path, tried: &str) -> Result<Running> {
    let order = read_order(of_exec(folder))?;
    let mut process = read_process(folder).map_err(RuntimeError::system(tried))?;
    complete(&mut process, &order.process, "");
    let system = hcs.open(order.id.as_str()).map_err(|error| {
        if error.is_not_found() {
            return RuntimeError::Conflict { tried: tried.to_owned(), why: "the container does not run".into() };
        }
        error.into()
    })?;
    let (handle, pipes) = start::run(&system, &process, tried)?;
    Live::now(handle.pid()).write(folder).map_err(RuntimeError::system(tried))?;
    Ok(Running { hcs, system, process: handle, pipes, tty: process.tty })
}
