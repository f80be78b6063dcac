//! Whole documents about things aboard, in the shape of Docker's inspects, so that hands and scripts that know those
//! find what they look for. Knows neither screen nor platform.

mod container;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::{
    model::{ContainerId, Kind, Subject, VolumeName, text::cleaned},
    runtime::{Result, Runtime, RuntimeError},
};

/// The document about it.
pub(super) fn of(runtime: &Runtime, subject: &Subject) -> Result<Value> {
    let document = match subject.kind {
        Kind::Container => container::of(runtime, &ContainerId::new(&subject.id))?,
        Kind::Image => runtime.images().inspect(&subject.id)?,
        Kind::Volume => volume(runtime, &VolumeName::new(&subject.id))?,
        Kind::Network => network(runtime, &subject.id)?,
        Kind::Session => session(runtime, subject)?,
        kind => {
            let tried = format!("inspect the {} `{}`", kind.word(), subject.name);
            return Err(RuntimeError::Invalid { tried, why: "the engine keeps no document about it".into() });
        }
    };
    Ok(harmless(document))
}

/// With nothing in it that a terminal would obey.
fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned(text)),
        Value::Array(all) => Value::Array(all.into_iter().map(harmless).collect()),
        Value::Object(all) => {
            Value::Object(all.into_iter().map(|(key, value)| (cleaned(key), harmless(value))).collect())
        }
        plain => plain,
    }
}

/// Docker writes its zero where there is no time.
fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn volume(runtime: &Runtime, name: &VolumeName) -> Result<Value> {
    let known = runtime.volumes()?.into_iter().find(|volume| volume.name == *name);
    let volume = known.ok_or_else(|| not_found("volume", name.as_str()))?;
    Ok(json!({
        "Name": volume.name,
        "Driver": volume.driver,
        "Mountpoint": volume.path,
        "CreatedAt": moment(volume.created),
        "Labels": volume.labels,
        "Options": volume.options,
        "Scope": volume.scope,
    }))
}

fn network(runtime: &Runtime, id: &str) -> Result<Value> {
    let known = runtime.networks()?.into_iter().find(|network| network.id.as_str() == id || network.name == id);
    let network = known.ok_or_else(|| not_found("network", id))?;
    let inside = runtime.containers()?.into_iter().filter_map(|container| {
        let place = container.networks.iter().find(|place| place.id.as_ref() == Some(&network.id))?;
        let about = json!({
            "Name": container.name,
            "MacAddress": place.mac,
            "IPv4Address": place.address,
            "IPv6Address": place.address6,
        });
        place.address.is_some().then(|| (container.id.to_string(), about))
    });
    Ok(json!({
        "Name": network.name,
        "Id": network.id,
        "Created": moment(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv6": network.ipv6,
        "IPAM": {
            "Driver": "default",
            "Config": network.subnets.iter()
                .map(|subnet| json!({ "Subnet": subnet.range, "Gateway": subnet.gateway })).collect::<Vec<_>>(),
        },
        "Internal": network.internal,
        "Containers": inside.collect::<Map<_, _>>(),
        "Options": network.options,
        "Labels": network.labels,
    }))
}

/// A main session has its container's id, an exec one of its own.
fn session(runtime: &Runtime, subject: &Subject) -> Result<Value> {
    for (container, running) in runtime.running()? {
        if container.id.as_str() == subject.id {
            return self::container::of(runtime, &container.id);
        }
        if let Some((id, process, pid)) = running.execs.iter().find(|(id, ..)| id.as_str() == subject.id) {
            return Ok(json!({
                "ID": id,
                "Running": true,
                "Pid": pid,
                "ContainerID": container.id,
                "ProcessConfig": {
                    "entrypoint": process.args.first(),
                    "arguments": process.args.get(1..).unwrap_or_default(),
                    "user": process.user,
                    "tty": process.tty,
                    "privileged": process.privileged,
                },
            }));
        }
    }
    Err(not_found("session", &subject.name))
}

fn not_found(what: &str, name: &str) -> RuntimeError {
    RuntimeError::NotFound {
        tried: format!("inspect the {what} `{name}`"),
        why: format!("there is no {what} `{name}`"),
    }
}
