//! What a spec says of orders, with whole documents beside it.

use super::*;
use crate::{
    model::{Bytes, ContainerId, ContainerSpec, Limits, Security, Tuning, Ulimit},
    runtime::document::{HostMount, Process},
};

fn order() -> Order {
    Order {
        id: ContainerId::new("0123456789abcdef"),
        name: "web".into(),
        spec: ContainerSpec::default(),
        process: Process { args: vec!["sleep".into(), "1".into()], cwd: "/srv".into(), ..Process::default() },
        health: None,
        stop_signal: 15,
        mounts: Vec::new(),
        layers: Vec::new(),
        network: NetworkPlan::None,
        data: "/var/lib/longshore".into(),
        log: (1 << 20, 2),
    }
}

fn host(cgroups: Version) -> Host {
    Host {
        cgroups,
        controllers: vec!["memory".into(), "pids".into()],
        capabilities: u64::MAX,
        rlimits: vec![("nofile".into(), 4096)],
        oom_score_adj: 100,
        root: "/run/longshore/containers/0123456789abcdef/root".into(),
        network: Some("/run/longshore/containers/0123456789abcdef/netns".into()),
        shared: HashMap::new(),
        files: vec![("/var/lib/longshore/containers/0123456789abcdef/hosts".into(), "/etc/hosts")],
        devices: Vec::new(),
        identity: Identity { uid: 0, gid: 0, groups: vec![6], home: "/root".into() },
    }
}

/// The spec as JSON with sets sorted, so that it can be compared.
fn document(order: &Order, host: &Host) -> serde_json::Value {
    let mut value = serde_json::to_value(of(order, host).unwrap()).unwrap();
    for set in ["bounding", "effective", "permitted"] {
        if let Some(list) = value["process"]["capabilities"][set].as_array_mut() {
            list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    value
}

#[test]
fn a_plain_order_on_version_2() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&document(&order(), &host(Version::Two))).unwrap());
}

#[test]
fn an_order_with_everything_on_version_1() {
    let mut order = order();
    order.process.tty = true;
    order.process.env = vec!["A=1".into(), "HOSTNAME".into(), "PATH=/bin".into()];
    order.mounts = vec![
        HostMount {
            source: Some("/srv/data".into()),
            target: "/data".into(),
            read_only: true,
            copy_up: false,
            size: None,
        },
        HostMount { source: None, target: "/tmp".into(), read_only: false, copy_up: false, size: Some(4096) },
    ];
    order.spec.limits = Limits {
        memory: Some(Bytes(64 << 20)),
        memory_swap: Some(Bytes(64 << 20)),
        cpus: Some(0.5),
        pids: Some(0),
        ..Limits::default()
    };
    order.spec.security = Security { options: vec!["no-new-privileges".into()], ..Security::default() };
    order.spec.tuning = Tuning {
        cpuset: Some("0".into()),
        cpu_shares: Some(512),
        oom_score_adj: Some(-500),
        ulimits: vec![Ulimit { name: "nofile".into(), soft: 1024, hard: -1 }],
        sysctls: [("net.core.somaxconn".to_owned(), "1024".to_owned())].into(),
        ..Tuning::default()
    };
    let without_rights = Host { capabilities: !SYS_RESOURCE, ..host(Version::One) };
    insta::assert_snapshot!(serde_json::to_string_pretty(&document(&order, &without_rights)).unwrap());
}

#[test]
fn no_new_privileges_is_said_or_left_out() {
    let plain = document(&order(), &host(Version::Two));
    assert!(plain["process"].get("noNewPrivileges").is_none());
    let mut strict = order();
    strict.spec.security.options = vec!["no-new-privileges:true".into()];
    assert_eq!(document(&strict, &host(Version::Two))["process"]["noNewPrivileges"], true);
}

#[test]
fn a_container_cannot_write_its_own_cgroup_on_version_1() {
    let spec = of(&order(), &host(Version::One)).unwrap();
    let mounts = spec.mounts().clone().unwrap();
    assert!(mounts.iter().all(|mount| mount.typ().as_deref() != Some("cgroup")));
    let binds = mounts.iter().filter(|mount| mount.destination().starts_with("/sys/fs/cgroup"));
    let binds = binds.filter(|mount| mount.typ().as_deref() == Some("bind"));
    let options: Vec<_> = binds.map(|mount| mount.options().clone().unwrap()).collect();
    assert_eq!(options.len(), 2);
    assert!(options.iter().all(|options| options.contains(&"ro".to_owned())));
}

#[test]
fn a_privileged_one_sees_and_may_do_all() {
    let mut order = order();
    order.spec.privileged = true;
    let document = document(&order, &host(Version::Two));
    assert_eq!(document["linux"]["maskedPaths"], serde_json::json!([]));
    assert_eq!(document["linux"]["readonlyPaths"], serde_json::json!([]));
    assert_eq!(document["process"]["capabilities"]["bounding"].as_array().unwrap().len(), 41);
    assert_eq!(document["linux"]["resources"]["devices"][0]["allow"], true);
}

#[test]
fn namespaces_are_shared_as_asked() {
    let mut order = order();
    order.network = NetworkPlan::Host;
    order.spec.security.pid_mode = Some("container:x".into());
    order.spec.security.ipc_mode = Some("host".into());
    order.spec.security.uts_mode = Some("host".into());
    let host = Host { shared: HashMap::from([(Shared::Pid, 77)]), ..host(Version::Two) };
    let spec = of(&order, &host).unwrap();
    let namespaces = spec.linux().clone().unwrap().namespaces().clone().unwrap();
    let kinds: Vec<_> = namespaces.iter().map(|n| (n.typ().to_string(), n.path().clone())).collect();
    assert_eq!(
        kinds,
        [("mnt".into(), None), ("pid".into(), Some(PathBuf::from("/proc/77/ns/pid"))), ("cgroup".into(), None)]
    );
    assert_eq!(spec.hostname(), &None);
}
