//! What a container may use and has used.

use longshore::{
    model::{Bytes, Limits, State, Tuning, Ulimit},
    runtime::{document::HostMount, host::Compute as _},
};

use crate::stage::{stage, wait_until};

#[tokio::test]
async fn one_that_wants_too_much_memory_is_ended_and_said_so() {
    let Some(stage) = stage() else { return };
    let limits = Limits { memory: Some(Bytes(16 << 20)), memory_swap: Some(Bytes(16 << 20)), ..Limits::default() };
    // The last part of a pipeline ends the shell's line: its code is the container's.
    let greedy = stage.container("exec tail /dev/zero", |order| order.spec.limits = limits);
    assert_eq!(greedy.run().await.2, Some(137));
    assert!(greedy.record().oom);
    stage.assert_clean();
}

#[tokio::test]
async fn limits_hold_and_are_changed_while_it_runs() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |order| {
        order.spec.limits = Limits { memory: Some(Bytes(64 << 20)), pids: Some(5), ..Limits::default() };
        order.spec.tuning.ulimits = vec![Ulimit { name: "nofile".into(), soft: 77, hard: 88 }];
        order.spec.tuning.shm_size = Some(Bytes(1 << 20));
    });
    host.start();
    assert_eq!(host.exec("ulimit -n; ulimit -Hn", |_| {}).await.0, "77\n88\n");
    assert_ne!(host.exec("dd if=/dev/zero of=/dev/shm/x bs=2048k count=1", |_| {}).await.2, Some(0));
    assert_eq!(stage.compute.counters(&host.folder).unwrap().memory_limit, Some(64 << 20));
    let forks = "for i in 1 2 3 4 5 6 7; do sleep 1 & done";
    assert_ne!(host.exec(forks, |_| {}).await.2, Some(0), "no fork is refused");
    let more = Limits { memory: Some(Bytes(128 << 20)), pids: Some(50), cpus: Some(0.5), ..Limits::default() };
    stage.compute.update(&host.folder, &more, &Tuning::default()).unwrap();
    assert_eq!(stage.compute.counters(&host.folder).unwrap().memory_limit, Some(128 << 20));
    assert_eq!(host.exec(forks, |_| {}).await.2, Some(0));
    stage.compute.update(&host.folder, &Limits::default(), &Tuning::default()).unwrap();
    assert_eq!(stage.compute.counters(&host.folder).unwrap().memory_limit, None);
    host.kill(9);
    host.wait_for(State::Exited(137));
    assert!(stage.compute.counters(&host.folder).is_err());
    stage.assert_clean();
}

#[tokio::test]
async fn what_it_uses_is_counted() {
    let Some(stage) = stage() else { return };
    let busy = stage.container("while :; do :; done", |_| {});
    busy.start();
    let first = stage.compute.counters(&busy.folder).unwrap();
    wait_until("it has used more", || {
        stage.compute.counters(&busy.folder).unwrap().cpu_nanos > first.cpu_nanos + 5_000_000
    });
    let now = stage.compute.counters(&busy.folder).unwrap();
    assert!(now.pids >= 1 && now.memory > 0, "{now:?}");
    assert_eq!((now.net_in, now.net_out), (0, 0), "it has no network but loopback");
    busy.kill(9);
    busy.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn what_is_mounted_is_there_and_a_new_volume_is_filled() {
    let Some(stage) = stage() else { return };
    let volume = stage.layout.volumes().join("v/_data");
    std::fs::create_dir_all(&volume).unwrap();
    std::fs::write(stage.layout.data.join("file"), "of the host").unwrap();
    let host = stage.container(
        "ls /etc-copy; cat /file; echo x > /file || echo locked; mount | grep -c 'on /scratch'",
        |order| {
            let mount = |source: Option<std::path::PathBuf>, target: &str| HostMount {
                source,
                target: target.into(),
                read_only: false,
                copy_up: false,
                size: Some(1 << 16),
            };
            order.mounts = vec![
                HostMount { read_only: true, ..mount(Some(stage.layout.data.join("file")), "/file") },
                mount(None, "/scratch"),
                HostMount { copy_up: true, ..mount(Some(volume.clone()), "/etc") },
            ];
            order.process.args[2] = order.process.args[2].replace("/etc-copy", "/etc");
        },
    );
    let (out, ..) = host.run().await;
    for line in ["passwd", "of the host", "locked", "1"] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    assert!(volume.join("passwd").exists());
    stage.assert_clean();
}
