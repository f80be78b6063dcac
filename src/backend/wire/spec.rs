//! What a new container shall be, as Docker's `create` and `update` take it. Knows no transport.

use serde::Deserialize;
use serde_json::{Map, Value, json};

mod finer;

use super::lenient::Text;
use crate::model::{Bytes, ContainerId, ContainerSpec, Limits, PortMapping, RestartPolicy, env_entry};

/// The body of `POST /containers/create`.
pub(crate) fn create_body(spec: &ContainerSpec) -> Value {
    let mut body = json!({
        "Image": spec.image,
        "Tty": spec.tty,
        "OpenStdin": spec.stdin,
        "StdinOnce": spec.stdin_once,
        "Env": spec.env.iter().map(|pair| env_entry(pair)).collect::<Vec<_>>(),
        "Labels": spec.labels,
        "ExposedPorts": spec.ports.iter().map(|p| (key(p), json!({}))).collect::<Map<_, _>>(),
        "HostConfig": host_config(spec),
    });
    let optional = [
        ("WorkingDir", spec.workdir.as_ref().map(|dir| json!(dir))),
        ("User", spec.user.as_ref().map(|user| json!(user))),
        ("Hostname", spec.hostname.as_ref().map(|name| json!(name))),
        ("Entrypoint", spec.entrypoint.as_ref().map(|words| json!(words))),
        ("Cmd", (!spec.command.is_empty()).then(|| json!(spec.command))),
        ("NetworkingConfig", finer::networking(spec)),
        ("MacAddress", spec.naming.mac.as_ref().map(|mac| json!(mac))),
    ];
    put(&mut body, optional);
    put(&mut body, finer::life(&spec.life));
    body
}

/// The body of `POST /containers/{id}/update`: what is `None` stays as it is.
pub(crate) fn update_body(limits: &Limits) -> Value {
    let mut body = json!({});
    put(&mut body, limit_fields(limits));
    body
}

/// Reads the answer to `POST /containers/create`.
///
/// # Errors
/// When the answer is no object with an id.
pub(crate) fn created(body: &[u8]) -> serde_json::Result<ContainerId> {
    id(body).map(ContainerId::new)
}

/// Reads an answer that is the id of what was made: `Id`, or `Name` for volumes.
///
/// # Errors
/// When the answer is no object with one.
pub(crate) fn id(body: &[u8]) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Made {
        #[serde(rename = "Id", alias = "ID", alias = "Name")]
        id: Text,
    }
    serde_json::from_slice::<Made>(body).map(|made| made.id.0)
}

/// Reads the answer to `POST /containers/{id}/wait`.
///
/// # Errors
/// When the answer is no object with a code.
pub(crate) fn exit_code(body: &[u8]) -> serde_json::Result<i64> {
    #[derive(Deserialize)]
    struct Ended {
        #[serde(rename = "StatusCode")]
        code: i64,
    }
    serde_json::from_slice::<Ended>(body).map(|ended| ended.code)
}

fn host_config(spec: &ContainerSpec) -> Value {
    let mut host = json!({
        "PortBindings": bindings(&spec.ports),
        "PublishAllPorts": spec.publish_all,
        "Binds": finer::binds(&spec.mounts),
        "Mounts": finer::mounts(&spec.mounts),
        "AutoRemove": spec.auto_remove,
        "Privileged": spec.privileged,
    });
    put(&mut host, limit_fields(&spec.limits));
    put(&mut host, [("NetworkMode", spec.network.as_ref().map(|network| json!(network)))]);
    put(&mut host, [("Init", spec.life.init.then(|| json!(true)))]);
    put(&mut host, finer::security(&spec.security));
    put(&mut host, finer::naming(&spec.naming));
    put(&mut host, finer::tuning(&spec.tuning));
    host
}

fn limit_fields(limits: &Limits) -> [(&'static str, Option<Value>); 5] {
    [
        ("Memory", limits.memory.map(amount)),
        ("MemorySwap", limits.memory_swap.map(amount)),
        ("NanoCpus", limits.cpus.map(|cpus| json!((cpus * 1e9).round() as i64))),
        ("PidsLimit", limits.pids.map(|pids| json!(pids))),
        ("RestartPolicy", Some(restart(limits.restart))),
    ]
}

/// Docker writes no limit as -1.
fn amount(bytes: Bytes) -> Value {
    if bytes == Bytes::UNLIMITED { json!(-1) } else { json!(bytes.0) }
}

fn restart(policy: RestartPolicy) -> Value {
    match policy {
        RestartPolicy::No => json!({ "Name": "no" }),
        RestartPolicy::Always => json!({ "Name": "always" }),
        RestartPolicy::UnlessStopped => json!({ "Name": "unless-stopped" }),
        RestartPolicy::OnFailure(times) => json!({ "Name": "on-failure", "MaximumRetryCount": times }),
    }
}

/// Only what is to be published: with an address or a port on the host. An empty port lets the engine choose.
fn bindings(ports: &[PortMapping]) -> Value {
    let mut all = Map::new();
    for port in ports.iter().filter(|port| port.is_published()) {
        let host_port = port.host_port.map(|p| p.to_string()).unwrap_or_default();
        let binding = json!({ "HostIp": port.host_ip.as_deref().unwrap_or(""), "HostPort": host_port });
        if let Value::Array(bindings) = all.entry(key(port)).or_insert_with(|| json!([])) {
            bindings.push(binding);
        }
    }
    Value::Object(all)
}

fn key(port: &PortMapping) -> String {
    format!("{}/{}", port.container_port, port.protocol)
}

fn put(body: &mut Value, fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) {
    if let Value::Object(map) = body {
        map.extend(fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mount, MountKind, Protocol};

    #[test]
    fn a_spec_says_only_what_was_chosen() {
        let body = create_body(&ContainerSpec { image: "alpine".to_owned(), ..ContainerSpec::default() });
        assert!(
            body.get("Cmd").is_none() && body.get("Entrypoint").is_none() && body["HostConfig"].get("Memory").is_none()
        );
        assert_eq!(body["HostConfig"]["RestartPolicy"]["Name"], "no");
    }

    #[test]
    fn ports_mounts_and_limits_take_docker_s_form() {
        let port = |host_ip: Option<&str>, host_port, container_port| PortMapping {
            host_ip: host_ip.map(str::to_owned),
            host_port,
            container_port,
            protocol: Protocol::Udp,
        };
        let spec = ContainerSpec {
            env: vec!["A=1".to_owned(), "B".to_owned()],
            ports: vec![port(Some("::1"), Some(53), 53), port(None, Some(54), 53), port(None, None, 80)],
            mounts: vec![Mount::new(MountKind::Bind, "/a:b", "/c", true)],
            limits: Limits { cpus: Some(1.5), memory: Some(Bytes(7)), ..Limits::default() },
            ..ContainerSpec::default()
        };
        let body = create_body(&spec);
        let host = &body["HostConfig"];
        assert_eq!(body["Env"], json!(["A=1", "B="]));
        assert_eq!(
            host["PortBindings"],
            json!({"53/udp": [{"HostIp": "::1", "HostPort": "53"}, {"HostIp": "", "HostPort": "54"}]})
        );
        assert_eq!(body["ExposedPorts"], json!({"53/udp": {}, "80/udp": {}}));
        assert_eq!(host["Mounts"], json!([{"Type": "bind", "Target": "/c", "ReadOnly": true, "Source": "/a:b"}]));
        assert_eq!((&host["NanoCpus"], &host["Memory"]), (&json!(1_500_000_000), &json!(7)));
    }

    #[test]
    fn the_answer_holds_the_id() {
        assert_eq!(created(br#"{"Id":"4f5e","Warnings":null}"#).unwrap().as_str(), "4f5e");
        assert!(created(br#"{"message":"no"}"#).is_err());
    }
}
