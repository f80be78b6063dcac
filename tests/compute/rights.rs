//! What a container may do: init and exec alike.

use std::fs;

use longshore::{model::State, runtime::host::Compute as _};

use crate::stage::stage;

/// Tells of `/proc/self/status` what a process may do. No shell's child, for shells ignore signals of their own.
const STATUS: [&str; 4] = ["grep", "-E", "^(Seccomp|NoNewPrivs|CapBnd|CapEff|SigBlk|SigIgn):", "/proc/self/status"];
/// Those of a process that Docker starts as root.
const DOCKERS: &str = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nCapEff:\t00000000a80425fb\n\
                       CapBnd:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2\n";

fn ask() -> Vec<String> {
    STATUS.map(str::to_owned).into()
}

#[tokio::test]
async fn init_and_exec_have_the_same_rights() {
    let Some(stage) = stage() else { return };
    let init = stage.container("", |order| order.process.args = ask());
    assert_eq!(init.run().await.0, DOCKERS);
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    let (exec, ..) = host.exec("", |process| process.args = ask()).await;
    assert_eq!(exec, DOCKERS);
    let (as_web, ..) = host.exec("", |process| (process.args, process.user) = (ask(), "web".into())).await;
    let expected = DOCKERS.replace("CapEff:\t00000000a80425fb", "CapEff:\t0000000000000000");
    assert_eq!(as_web, expected);
    let (_, refused, code) = host.exec("unshare -m true", |_| {}).await;
    assert_ne!(code, Some(0), "{refused}");
    assert_ne!(host.exec("mount -t tmpfs x /tmp", |_| {}).await.2, Some(0));
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn options_of_security_count() {
    let Some(stage) = stage() else { return };
    let strict = stage.container("", |order| {
        order.process.args = ask();
        order.spec.security.options = vec!["no-new-privileges".into()];
        order.spec.security.cap_drop = vec!["ALL".into()];
        order.spec.security.cap_add = vec!["NET_BIND_SERVICE".into()];
    });
    let (status, ..) = strict.run().await;
    for line in ["CapBnd:\t0000000000000400", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} is not in {status}");
    }
    let open = stage.container("", |order| {
        order.process.args = ask();
        order.spec.security.options = vec!["seccomp=unconfined".into()];
    });
    assert!(open.run().await.0.contains("Seccomp:\t0"));
    let file = stage.layout.data.join("profile.json");
    fs::write(
        &file,
        r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17}]}"#,
    )
    .unwrap();
    let own = stage.container("mkdir /tmp/x", |order| {
        order.spec.security.options = vec![format!("seccomp={}", file.display())];
    });
    let (_, error, code) = own.run().await;
    assert!(code == Some(1) && error.contains("File exists"), "{code:?} {error}");
    let all = stage.container("", |order| {
        order.process.args = ask();
        order.spec.privileged = true;
    });
    let (status, ..) = all.run().await;
    assert!(status.contains("Seccomp:\t0"), "{status}");
    stage.assert_clean();
}

#[tokio::test]
async fn what_is_the_host_s_cannot_be_written() {
    let Some(stage) = stage() else { return };
    let host = stage.container("sleep 1000", |order| order.spec.security.read_only_root = true);
    host.start();
    for line in [
        "echo 1 > /proc/sys/kernel/panic",
        "for f in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do
            if test -e $f && echo 1000000000 > $f; then exit 0; fi; done; exit 1",
        "echo x > /etc/x",
        "test -s /proc/kcore",
        "cat /dev/mem",
        "echo x > /sys/kernel/mm/ksm/run",
    ] {
        let (out, _, code) = host.exec(line, |_| {}).await;
        assert_ne!(code, Some(0), "{line}: {out}");
    }
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn an_init_of_ours_reaps_and_passes_signals_on() {
    let Some(stage) = stage() else { return };
    let host = stage.container("trap 'exit 9' TERM; (sleep 0.01 &) ; while :; do sleep 0.02; done", |order| {
        order.spec.life.init = true;
    });
    host.start();
    let (status, ..) =
        host.exec("grep -c longshore /proc/1/cmdline; grep -E '^(CapEff|Seccomp)' /proc/1/status", |_| {}).await;
    assert_eq!(status, "1\nCapEff:\t0000000000000020\nSeccomp:\t2\nSeccomp_filters:\t1\n");
    let (zombies, ..) = host.exec("grep -l 'State:.Z' /proc/[0-9]*/status", |_| {}).await;
    assert_eq!(zombies, "");
    host.kill(15);
    host.wait_for(State::Exited(9));
    let brief = stage.container("exit 4", |order| order.spec.life.init = true);
    assert_eq!(brief.run().await.2, Some(4));
    let missing = stage.container("", |order| {
        order.spec.life.init = true;
        order.process.args = vec!["nothing".into()];
    });
    assert!(stage.compute.start(&missing.folder).unwrap_err().to_string().contains("no program `nothing`"));
    stage.assert_clean();
}
