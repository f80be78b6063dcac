//! The document about a container, in the shape of Docker's. Knows no other noun.

use serde_json::{Map, Value, json};

use super::moment;
use crate::{
    model::{
        Container, ContainerId, Health, HealthCheck, Isolation, Mount, MountKind, PortMapping, RestartPolicy, State,
        VolumeName, text::cleaned,
    },
    runtime::{Result, Runtime, files, foreigners::Foreign, machine, records::container::Record},
};

pub(super) fn of(runtime: &Runtime, id: &ContainerId) -> Result<Value> {
    let record = match runtime.record(id, "inspect the container") {
        Err(error) => return runtime.foreigner(id).map(|foreign| foreign_document(&foreign)).ok_or(error),
        Ok(record) => record,
    };
    let shown = runtime.container(&record.id)?;
    let own = runtime.layout().container(&record.id);
    let process = &record.settled.process;
    let about = &runtime.platform().about;
    let file = |name: &str| own.join(name).display().to_string();
    Ok(json!({
        "Id": record.id,
        "Created": moment(Some(record.created)),
        "Path": process.args.first(),
        "Args": process.args.get(1..).unwrap_or_default(),
        "State": state(&record),
        "Image": record.image,
        "ResolvConfPath": file("resolv.conf"),
        "HostnamePath": file("hostname"),
        "HostsPath": file("hosts"),
        "LogPath": file("log"),
        "Name": format!("/{}", record.name),
        "RestartCount": record.restarts,
        "Driver": about.storage_driver,
        "Platform": about.platform.os,
        "HostConfig": host_config(&record, shown.isolation),
        "GraphDriver": { "Name": about.storage_driver, "Data": { "UpperDir": file("upper"), "WorkDir": file("work") } },
        "Mounts": record.spec.mounts.iter().map(|m| mount(runtime, m)).collect::<Vec<_>>(),
        "Config": config(&record),
        "NetworkSettings": network_settings(&shown),
    }))
}

/// What this host tells of a container that another program has made.
fn foreign_document(foreign: &Foreign) -> Value {
    let shown = foreign.shown();
    json!({
        "Id": shown.id,
        "Name": format!("/{}", shown.name),
        "Owner": cleaned(foreign.owner.as_str()),
        "Created": moment(shown.made()),
        "State": {
            "Status": machine::word(shown.state),
            "Running": shown.state.is_up(),
            "Paused": shown.state == State::Paused,
            "StartedAt": moment(shown.started),
        },
        "HostConfig": { "Isolation": shown.isolation.word() },
    })
}

fn state(record: &Record) -> Value {
    let state = record.state;
    let health = match record.health {
        Health::None => None,
        Health::Starting => Some("starting"),
        Health::Healthy => Some("healthy"),
        Health::Unhealthy => Some("unhealthy"),
    };
    let mut value = json!({
        "Status": machine::word(state),
        "Running": matches!(state, State::Running | State::Paused | State::Restarting),
        "Paused": state == State::Paused,
        "Restarting": state == State::Restarting,
        "OOMKilled": record.oom,
        "Dead": state == State::Dead,
        "Pid": record.alive.as_ref().map_or(0, |alive| alive.pid),
        "ExitCode": record.exit.unwrap_or_default(),
        "Error": record.error.as_deref().unwrap_or_default(),
        "StartedAt": moment(record.started),
        "FinishedAt": moment(record.finished),
    });
    if let Some(health) = health {
        value["Health"] = json!({ "Status": health });
    }
    value
}

fn config(record: &Record) -> Value {
    let process = &record.settled.process;
    let (entrypoint, command) = process.args.split_at(record.settled.entrypoint.min(process.args.len()));
    let exposed: Map<_, _> =
        record.settled.exposed.iter().chain(&record.spec.ports).map(|port| (key(port), json!({}))).collect();
    json!({
        "Hostname": files::hostname(record),
        "User": process.user,
        "Tty": process.tty,
        "OpenStdin": process.stdin,
        "Env": process.env,
        "Entrypoint": entrypoint,
        "Cmd": command,
        "Image": record.spec.image,
        "WorkingDir": process.cwd,
        "ExposedPorts": exposed,
        "Labels": record.settled.labels,
        "StopSignal": record.settled.stop_signal.to_string(),
        "Healthcheck": record.settled.health.as_ref().map(check),
    })
}

fn check(check: &HealthCheck) -> Value {
    let nanos = |time: Option<std::time::Duration>| time.and_then(|time| u64::try_from(time.as_nanos()).ok());
    json!({
        "Test": check.test,
        "Interval": nanos(check.interval),
        "Timeout": nanos(check.timeout),
        "StartPeriod": nanos(check.start_period),
        "Retries": check.retries,
    })
}

fn host_config(record: &Record, isolation: Isolation) -> Value {
    let (spec, limits) = (&record.spec, &record.spec.limits);
    let (policy, most) = match limits.restart {
        RestartPolicy::OnFailure(most) => ("on-failure".to_owned(), most),
        other => (other.to_string(), 0),
    };
    json!({
        "NetworkMode": spec.network.as_deref().unwrap_or("default"),
        "PortBindings": bindings(spec.ports.iter().filter(|port| port.is_published())),
        "RestartPolicy": { "Name": policy, "MaximumRetryCount": most },
        "AutoRemove": spec.auto_remove,
        "Privileged": spec.privileged,
        "CapAdd": spec.security.cap_add,
        "CapDrop": spec.security.cap_drop,
        "SecurityOpt": spec.security.options,
        "ReadonlyRootfs": spec.security.read_only_root,
        "PidMode": spec.security.pid_mode.as_deref().unwrap_or_default(),
        "IpcMode": spec.security.ipc_mode.as_deref().unwrap_or("private"),
        "Dns": spec.naming.dns,
        "DnsSearch": spec.naming.dns_search,
        "DnsOptions": spec.naming.dns_options,
        "ExtraHosts": spec.naming.hosts,
        "Init": spec.life.init,
        "Memory": limits.memory.map_or(0, |bytes| bytes.0),
        "MemorySwap": limits.memory_swap.map_or(0, |bytes| bytes.0),
        "MemoryReservation": spec.tuning.memory_reservation.map_or(0, |bytes| bytes.0),
        "NanoCpus": limits.cpus.map_or(0, |cpus| (cpus * 1e9).round() as i64),
        "CpuShares": spec.tuning.cpu_shares.unwrap_or_default(),
        "Isolation": isolation.word().unwrap_or_default(),
        "CpusetCpus": spec.tuning.cpuset.as_deref().unwrap_or_default(),
        "PidsLimit": limits.pids,
        "OomScoreAdj": spec.tuning.oom_score_adj.unwrap_or_default(),
        "ShmSize": spec.tuning.shm_size.map_or(64 << 20, |bytes| bytes.0),
        "Sysctls": spec.tuning.sysctls,
        "Tmpfs": spec.tuning.tmpfs,
        "LogConfig": { "Type": "json-file", "Config": {} },
    })
}

fn key(port: &PortMapping) -> String {
    format!("{}/{}", port.container_port, port.protocol)
}

fn bindings<'a>(ports: impl Iterator<Item = &'a PortMapping>) -> Value {
    let mut all = Map::new();
    for port in ports {
        let number = port.host_port.map(|port| port.to_string()).unwrap_or_default();
        let binding = json!({ "HostIp": port.host_ip.as_deref().unwrap_or_default(), "HostPort": number });
        if let Value::Array(of) = all.entry(key(port)).or_insert_with(|| json!([])) {
            of.push(binding);
        }
    }
    Value::Object(all)
}

fn mount(runtime: &Runtime, mount: &Mount) -> Value {
    let mut value = json!({
        "Type": mount.kind.word(),
        "Source": mount.source,
        "Destination": mount.target,
        "Mode": if mount.read_only { "ro" } else { "" },
        "RW": !mount.read_only,
    });
    if mount.kind == MountKind::Volume {
        value["Name"] = json!(mount.source);
        value["Source"] = json!(runtime.volume_folder(&VolumeName::new(&mount.source)));
        value["Driver"] = json!("local");
    }
    value
}

fn network_settings(container: &Container) -> Value {
    let networks: Map<_, _> = container
        .networks
        .iter()
        .map(|place| {
            let about = json!({
                "NetworkID": place.id,
                "IPAddress": place.address.as_deref().unwrap_or_default(),
                "GlobalIPv6Address": place.address6.as_deref().unwrap_or_default(),
                "MacAddress": place.mac.as_deref().unwrap_or_default(),
                "Aliases": place.aliases,
            });
            (place.network.clone(), about)
        })
        .collect();
    let published = bindings(container.ports.iter().filter(|port| port.is_published()));
    json!({
        "IPAddress": container.address().unwrap_or_default(),
        "Ports": if container.state.is_up() { published } else { json!({}) },
        "Networks": networks,
    })
}
