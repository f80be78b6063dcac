//! What works.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::windows::named_pipe::NamedPipeClient,
};

use super::*;
use crate::{
    model::Bytes,
    runtime::{
        document::hcs::{
            process::{Ended, ModifyProcess},
            query::{State, SystemQuery},
            system::{Modify, Processor},
        },
        windows::lookout::Lookout,
    },
};

/// An end of a pipe, for tokio.
#[allow(unsafe_code, reason = "tokio takes handles by number only")]
fn client(handle: std::os::windows::io::OwnedHandle) -> NamedPipeClient {
    use std::os::windows::io::IntoRawHandle;
    // SAFETY: the handle is given away, and is that of a pipe opened as overlapped.
    unsafe { NamedPipeClient::from_raw_handle(handle.into_raw_handle()) }.unwrap()
}

// The pipe is closed by tokio's own thread, while this one waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_lives_and_leaves_nothing() {
    let world = World::new();
    world.delay(5);
    let system = world.running();
    let (process, pipes) = run(&system, "echo").unwrap();
    let mut output = client(pipes.output.unwrap());
    let mut input = client(pipes.input.unwrap());
    input.write_all("wörds".as_bytes()).await.unwrap();
    let mut back = [0; 6];
    output.read_exact(&mut back).await.unwrap();
    assert_eq!(std::str::from_utf8(&back), Ok("wörds"));
    assert_eq!(process.wait(Duration::ZERO).unwrap(), None);
    drop(input);
    assert_eq!(process.wait(SOON).unwrap(), Some(Ended::Code(0)));
    drop(process);
    world.end(system);
}

#[tokio::test]
async fn both_outputs_and_the_code_are_those_of_the_process() {
    let world = World::new();
    let system = world.running();
    let (process, pipes) = run(&system, "say 7 hello").unwrap();
    for end in [pipes.output, pipes.error] {
        let mut text = String::new();
        // Windows tells of the end of a pipe by an error.
        let _ = client(end.unwrap()).read_to_string(&mut text).await;
        assert_eq!(text, "hello");
    }
    assert_eq!(process.wait(SOON).unwrap(), Some(Ended::Code(7)));
    assert_eq!(process.wait(SOON).unwrap(), Some(Ended::Code(7)), "asked again");
    drop((process, pipes.input));
    world.end(system);
}

#[test]
fn a_container_tells_what_it_uses_and_what_runs_in_it() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    let (first, second) = (system.statistics().unwrap(), system.statistics().unwrap());
    assert!(second.uptime_100ns > first.uptime_100ns && first.memory.commit_bytes > u64::from(u32::MAX));
    let list = system.process_list().unwrap();
    assert_eq!(list.first().map(|smss| (smss.image_name.as_str(), smss.user_100ns)), Some(("smss.exe", 0)));
    assert!(list.iter().any(|one| one.process_id == process.pid() && one.image_name == "sleep.exe"), "{list:?}");
    drop(process);
    world.end(system);
}

#[test]
fn the_service_lists_containers_by_owner_and_opens_them_again() {
    let world = World::new();
    assert!(world.hcs.service().unwrap().newest() >= Some(Version::OLDEST));
    assert!(world.hcs.list(&SystemQuery::of(&document().owner)).unwrap().is_empty());
    let foreign = ComputeSystem { owner: "docker".into(), ..document() };
    let foreign = world.hcs.create("other", &foreign).unwrap();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    let pid = process.pid();
    drop((system, process));

    let all = world.hcs.list(&SystemQuery::containers()).unwrap();
    let [own]: [_; 1] = world.hcs.list(&SystemQuery::of(&document().owner)).unwrap().try_into().unwrap();
    assert_eq!((all.len(), own.id.as_str(), own.state), (2, ID, State::Running));
    let mut system = world.hcs.open(&ID.to_lowercase()).unwrap();
    system.listen().unwrap();
    let process = system.open_process(pid).unwrap();
    world.exit(&process, 5);
    assert_eq!(process.wait(SOON).unwrap(), Some(Ended::Code(5)));
    drop(process);
    world.hcs.force(&foreign).unwrap();
    drop(foreign);
    world.end(system);
}

#[test]
fn a_running_container_and_its_process_are_changed() {
    let world = World::new();
    let system = world.running();
    system.modify(&Modify::memory(512)).unwrap();
    system.modify(&Modify::processor(Processor::Maximum(5000))).unwrap();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    process.modify(ModifyProcess::console(40, 120)).unwrap();
    process.modify(ModifyProcess::END_OF_INPUT).unwrap();
    process.terminate().unwrap();
    process.terminate().unwrap();
    assert!(process.modify(ModifyProcess::END_OF_INPUT).unwrap_err().is_already_stopped());
    drop(process);
    world.end(system);
}

#[test]
fn fifty_ask_at_once() {
    let world = World::new();
    world.delay(5);
    let system = world.running();
    thread::scope(|scope| {
        let ask = || {
            let own = world.hcs.open(ID)?;
            own.statistics()?;
            system.process_list()
        };
        let asking: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
        for answer in asking {
            assert_eq!(answer.join().unwrap().unwrap().len(), 6);
        }
    });
    world.end(system);
}

#[test]
fn the_lookout_sees_every_container_and_touches_none() {
    let world = World::new();
    let system = world.running();
    let lookout = Lookout::new(world.hcs.clone());
    let [seen]: [_; 1] = lookout.containers().unwrap().try_into().unwrap();
    assert!(seen.is_own());
    let used = lookout.counters(ID, Some(Bytes(1 << 33))).unwrap();
    assert_eq!((used.pids, used.memory, used.memory_limit), (6, 6_442_450_944, Some(1 << 33)));
    assert!(used.cpu_nanos > 0 && used.disk_read > 0);
    let silo = lookout.processes(ID).unwrap();
    assert_eq!((silo.processes.len(), silo.is_guest), (6, false));
    assert!(lookout.counters("no-such", None).unwrap_err().is_not_found());
    world.end(system);
}
