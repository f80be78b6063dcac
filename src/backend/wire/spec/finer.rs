//! The finer points of a new container, as Docker's `create` takes them: only what was chosen. Knows no transport.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::model::{ContainerSpec, HealthCheck, Life, Mount, MountKind, Naming, Security, Tuning, mount_type};

/// A field, if it was chosen.
type Field = (&'static str, Option<Value>);

fn some<T: serde::Serialize>(value: Option<&T>) -> Option<Value> {
    value.map(|value| json!(value))
}

fn any<T: serde::Serialize>(all: &[T]) -> Option<Value> {
    (!all.is_empty()).then(|| json!(all))
}

/// Fields of the body itself.
pub(super) fn life(life: &Life) -> [Field; 3] {
    [
        ("StopSignal", some(life.stop_signal.as_ref())),
        ("StopTimeout", life.grace.map(|grace| json!(grace.as_secs()))),
        ("Healthcheck", life.health.as_ref().map(health)),
    ]
}

fn health(check: &HealthCheck) -> Value {
    let none = || vec!["NONE".to_owned()];
    let test = if check.test.is_empty() && *check == HealthCheck::default() { none() } else { check.test.clone() };
    let nanos = |time: Option<Duration>| time.map_or(0, |time| time.as_nanos());
    json!({
        "Test": test,
        "Interval": nanos(check.interval),
        "Timeout": nanos(check.timeout),
        "StartPeriod": nanos(check.start_period),
        "Retries": check.retries.unwrap_or(0),
    })
}

/// Fields of `HostConfig`.
pub(super) fn security(security: &Security) -> [Field; 12] {
    let devices = security.devices.iter().map(|device| {
        json!({
            "PathOnHost": device.host,
            "PathInContainer": device.container,
            "CgroupPermissions": device.access,
        })
    });
    [
        ("CapAdd", any(&security.cap_add)),
        ("CapDrop", any(&security.cap_drop)),
        ("SecurityOpt", any(&security.options)),
        ("GroupAdd", any(&security.groups)),
        ("ReadonlyRootfs", security.read_only_root.then(|| json!(true))),
        ("Devices", any(&devices.collect::<Vec<_>>())),
        ("PidMode", some(security.pid_mode.as_ref())),
        ("IpcMode", some(security.ipc_mode.as_ref())),
        ("UTSMode", some(security.uts_mode.as_ref())),
        ("CgroupnsMode", some(security.cgroupns_mode.as_ref())),
        ("UsernsMode", some(security.userns_mode.as_ref())),
        ("Isolation", some(security.isolation.word().as_ref())),
    ]
}

/// Fields of `HostConfig`.
pub(super) fn naming(naming: &Naming) -> [Field; 4] {
    [
        ("Dns", any(&naming.dns)),
        ("DnsSearch", any(&naming.dns_search)),
        ("DnsOptions", any(&naming.dns_options)),
        ("ExtraHosts", any(&naming.hosts)),
    ]
}

/// Its place in its first network, where it is to be a special one.
pub(super) fn networking(spec: &ContainerSpec) -> Option<Value> {
    let naming = &spec.naming;
    if naming.aliases.is_empty() && naming.addresses.is_empty() && naming.mac.is_none() {
        return None;
    }
    let address = |six: bool| naming.addresses.iter().find(|address| address.contains(':') == six);
    let mut place = json!({ "Aliases": naming.aliases });
    if !naming.addresses.is_empty() {
        place["IPAMConfig"] = json!({ "IPv4Address": address(false), "IPv6Address": address(true) });
    }
    if let Some(mac) = &naming.mac {
        place["MacAddress"] = json!(mac);
    }
    let network = spec.network.as_deref().unwrap_or("default");
    Some(json!({ "EndpointsConfig": { network: place } }))
}

/// Fields of `HostConfig`.
pub(super) fn tuning(tuning: &Tuning) -> [Field; 9] {
    let ulimits =
        tuning.ulimits.iter().map(|limit| json!({ "Name": limit.name, "Soft": limit.soft, "Hard": limit.hard }));
    [
        ("CpusetCpus", some(tuning.cpuset.as_ref())),
        ("CpuShares", some(tuning.cpu_shares.as_ref())),
        ("BlkioWeight", some(tuning.blkio_weight.as_ref())),
        ("MemoryReservation", tuning.memory_reservation.map(|bytes| json!(bytes.0))),
        ("OomScoreAdj", some(tuning.oom_score_adj.as_ref())),
        ("ShmSize", tuning.shm_size.map(|bytes| json!(bytes.0))),
        ("Ulimits", any(&ulimits.collect::<Vec<_>>())),
        ("Sysctls", (!tuning.sysctls.is_empty()).then(|| json!(tuning.sysctls))),
        ("Tmpfs", (!tuning.tmpfs.is_empty()).then(|| json!(tuning.tmpfs))),
    ]
}

/// Binds whose folder on the host may have to be made: only the old form does that on every version.
fn is_bind(mount: &&Mount) -> bool {
    mount.kind == MountKind::Bind && mount.options.create_source
}

/// The mounts that have to take the form of `-v`.
pub(super) fn binds(mounts: &[Mount]) -> Vec<String> {
    let bind = |mount: &Mount| {
        let mode = if mount.read_only { "ro" } else { "rw" };
        let propagation = mount.options.propagation.map(|p| format!(",{}", p.word())).unwrap_or_default();
        format!("{}:{}:{mode}{propagation}", mount.source, mount.target)
    };
    mounts.iter().filter(is_bind).map(bind).collect()
}

/// All others.
pub(super) fn mounts(mounts: &[Mount]) -> Vec<Value> {
    mounts.iter().filter(|mount| !is_bind(mount)).map(mount).collect()
}

fn mount(mount: &Mount) -> Value {
    let options = &mount.options;
    let finer = match mount.kind {
        MountKind::Bind => ("BindOptions", options.propagation.map(|p| json!({ "Propagation": p.word() }))),
        MountKind::Volume => ("VolumeOptions", options.no_copy.then(|| json!({ "NoCopy": true }))),
        _ => ("TmpfsOptions", tmpfs(mount)),
    };
    let mut value = json!({ "Type": mount_type(mount.kind), "Target": mount.target, "ReadOnly": mount.read_only });
    super::put(&mut value, [("Source", (!mount.source.is_empty()).then(|| json!(mount.source))), finer]);
    value
}

fn tmpfs(mount: &Mount) -> Option<Value> {
    let fields = [
        ("SizeBytes", mount.options.size.map(|size| json!(size.0))),
        ("Mode", mount.options.mode.map(|mode| json!(mode))),
    ];
    let chosen: Map<_, _> = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    (!chosen.is_empty()).then_some(Value::Object(chosen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bytes, MountOptions, Propagation};

    #[test]
    fn what_was_not_chosen_is_not_said() {
        let said = |fields: &[Field]| fields.iter().filter(|(_, value)| value.is_some()).count();
        assert_eq!(said(&life(&Life::default())), 0);
        assert_eq!(said(&security(&Security::default())), 0);
        assert_eq!(said(&naming(&Naming::default())), 0);
        assert_eq!(said(&tuning(&Tuning::default())), 0);
        assert_eq!(networking(&ContainerSpec::default()), None);
    }

    #[test]
    fn a_check_of_no_words_is_turned_off_and_times_alone_keep_the_image_s() {
        assert_eq!(health(&HealthCheck::default())["Test"], json!(["NONE"]));
        let slower = HealthCheck { interval: Some(Duration::from_millis(1500)), ..HealthCheck::default() };
        let said = health(&slower);
        assert_eq!((&said["Test"], &said["Interval"]), (&json!([]), &json!(1_500_000_000)));
    }

    #[test]
    fn addresses_go_by_their_family() {
        let naming = Naming {
            addresses: vec!["fd00::2".into(), "10.0.0.2".into()],
            aliases: vec!["db".into()],
            ..Naming::default()
        };
        let said = networking(&ContainerSpec { network: Some("net".into()), naming, ..ContainerSpec::default() });
        let place = &said.unwrap()["EndpointsConfig"]["net"];
        assert_eq!(place["IPAMConfig"], json!({ "IPv4Address": "10.0.0.2", "IPv6Address": "fd00::2" }));
        assert_eq!(place["Aliases"], json!(["db"]));
    }

    #[test]
    fn a_bind_whose_folder_may_be_missing_takes_the_old_form() {
        let options =
            MountOptions { create_source: true, propagation: Some(Propagation::RShared), ..MountOptions::default() };
        let old = Mount { options, ..Mount::new(MountKind::Bind, "/a", "/b", true) };
        let tmpfs = MountOptions { size: Some(Bytes(7)), mode: Some(0o1777), ..MountOptions::default() };
        let tmpfs = Mount { options: tmpfs, ..Mount::new(MountKind::Tmpfs, "", "/t", false) };
        let all = [old, tmpfs];
        assert_eq!(binds(&all), ["/a:/b:ro,rshared"]);
        let options = json!({ "SizeBytes": 7, "Mode": 0o1777 });
        let tmpfs = json!({ "Type": "tmpfs", "Target": "/t", "ReadOnly": false, "TmpfsOptions": options });
        assert_eq!(mounts(&all), [tmpfs]);
    }
}
