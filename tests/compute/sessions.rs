//! Execs and terminals.

use std::fs;

use longshore::{
    model::State,
    runtime::{
        RuntimeError,
        document::Process,
        host::Compute as _,
        monitor::{client::Session, frame::NOW},
    },
};
use tokio::io::AsyncWriteExt;

use crate::stage::{in_time, stage, wait_until};

#[tokio::test]
async fn an_exec_has_streams_a_code_and_the_container_s_settings() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |order| {
        order.process.env = vec!["A=1".into(), "B=2".into()];
        order.process.cwd = "/tmp/work".into();
        order.process.user = "web".into();
    });
    host.start();
    let line = "echo $A$B$HOME; pwd; id; echo err >&2; exit 5";
    let (out, err, code) = host.exec(line, |process| process.env = vec!["B=3".into()]).await;
    assert_eq!(out, "13/tmp\n/tmp/work\nuid=33(web) gid=33(web) groups=33(web),44(logs)\n");
    assert_eq!((err.as_str(), code), ("err\n", Some(5)));
    let (out, ..) = host.exec("id -u; pwd", |p| (p.user, p.cwd) = ("root".into(), "/".into())).await;
    assert_eq!(out, "0\n/\n");
    wait_until("its sessions are over", || stage.compute.execs(&host.folder).unwrap().is_empty());
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn a_failed_exec_is_explained_and_keeps_nothing_from_ending() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    for (args, code) in [(["nothing", ""], 127), (["/etc/passwd", ""], 126)] {
        let process = Process { args: args.map(str::to_owned).to_vec(), ..Process::default() };
        let error = stage.compute.exec(&host.folder, &"x".into(), &process).err().unwrap();
        assert!(matches!(error, RuntimeError::Program { code: found, .. } if found == code), "{error:?}");
    }
    let process = Process { args: vec!["true".into()], cwd: "/nowhere".into(), ..Process::default() };
    let error = stage.compute.exec(&host.folder, &"x".into(), &process).err().unwrap().to_string();
    assert!(error.contains("no folder `/nowhere`"), "{error}");
    let leak = Process { args: vec!["true".into()], cwd: "/proc/self/fd/5".into(), ..Process::default() };
    assert!(stage.compute.exec(&host.folder, &"x".into(), &leak).is_err(), "a descriptor of ours leads out");
    // With a zombie of ours in its namespace it would hang.
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn a_terminal_has_a_size_and_a_name_and_echoes() {
    let Some(stage) = stage() else { return };
    let shell = stage.container("tty; read line; stty size; test -t 0 -a -t 1 -a -t 2 && echo all", |order| {
        order.process.tty = true;
        order.process.stdin = true;
    });
    shell.start();
    let mut session = shell.attach(0).await;
    assert!(session.tty);
    session.control.resize(101, 33).await.unwrap();
    session.input.write_all(b"go\n").await.unwrap();
    let mut printed = Vec::new();
    while let Some((_, bytes)) = in_time("it prints", session.output.next()).await {
        printed.extend(bytes);
    }
    assert_eq!(String::from_utf8(printed).unwrap().replace('\r', ""), "/dev/pts/0\ngo\n33 101\nall\n");
    stage.assert_clean();
}

#[tokio::test]
async fn an_exec_s_terminal_is_the_container_s_and_can_be_attached_to_again() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    let process = Process {
        args: vec!["sh".into(), "-c".into(), "tty; read a; echo got $a; read b; stty size".into()],
        tty: true,
        stdin: true,
        ..Process::default()
    };
    let started = stage.compute.exec(&host.folder, &"again".into(), &process).unwrap();
    let mut first = Session::attach(started.line, 0).await.unwrap();
    let mut printed = String::new();
    // What is typed before the program asks would be echoed before its answer.
    while !printed.contains('\n') {
        let (_, bytes) = in_time("it tells its terminal", first.output.next()).await.unwrap();
        printed.push_str(&String::from_utf8(bytes).unwrap());
    }
    first.input.write_all(b"one\n").await.unwrap();
    while !printed.contains("got one") {
        let (_, bytes) = in_time("it answers", first.output.next()).await.unwrap();
        printed.push_str(&String::from_utf8(bytes).unwrap());
    }
    assert!(printed.starts_with("/dev/pts/"), "{printed}");
    drop(first);
    let sessions = stage.compute.execs(&host.folder).unwrap();
    assert_eq!(sessions.iter().map(|(id, _, pid)| (id.as_str(), *pid)).collect::<Vec<_>>(), [("again", started.pid)]);
    let line = stage.compute.attach_exec(&host.folder, &"again".into()).unwrap();
    let mut second = Session::attach(line, NOW).await.unwrap();
    second.control.resize(70, 20).await.unwrap();
    second.input.write_all(b"two\n").await.unwrap();
    let mut printed = String::new();
    while let Some((_, bytes)) = in_time("it ends", second.output.next()).await {
        printed.push_str(&String::from_utf8(bytes).unwrap());
    }
    assert!(printed.contains("20 70"), "{printed}");
    assert_eq!(second.control.exit_code().await, Some(0));
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn the_end_of_a_container_ends_its_sessions() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    let process = Process { args: vec!["sleep".into(), "1000".into()], ..Process::default() };
    let started = host.begin(&process);
    let session = Session::attach(started.line, 0).await.unwrap();
    host.kill(9);
    assert_eq!(in_time("the session ends", session.control.exit_code()).await, Some(137));
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn a_process_is_signalled_only_where_it_belongs() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000 & sleep 1001; echo woken; sleep 1000", |_| {});
    host.start();
    let woken =
        |line: &str| stage.compute.processes(&host.folder).unwrap().iter().find(|p| p.command == line).map(|p| p.pid);
    wait_until("both sleep", || woken("sleep 1001").is_some());
    let stranger = stage.compute.signal(&host.folder, std::process::id(), 15);
    assert!(matches!(stranger, Err(RuntimeError::NotFound { .. })), "{stranger:?}");
    stage.compute.signal(&host.folder, woken("sleep 1001").unwrap(), 15).unwrap();
    wait_until("the shell goes on", || host.log().iter().any(|(_, line)| line == "woken"));
    let tree = stage.compute.processes(&host.folder).unwrap();
    assert_eq!((tree[0].inner, tree[0].depth, tree[0].user.as_str()), (Some(1), 0, "root"));
    assert!(tree[1..].iter().all(|process| process.depth == 1 && process.parent == tree[0].pid));
    host.kill(9);
    host.wait_for(State::Exited(137));
    assert!(!fs::exists(&host.folder).unwrap() || !stage.compute.is_watched(&host.folder));
    stage.assert_clean();
}
