use super::*;
use crate::model::{Bytes, MountKind, Protocol, RestartPolicy};

const ROW: &str = r#"{"Id":"4f5e6d","Names":["/web/alias","/web"],"Image":"nginx:1.27","ImageID":"sha256:aa",
"Command":"nginx -g 'daemon off;'","Created":1700000000,"Ports":[
{"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
{"PrivatePort":443,"Type":"tcp"}],"Labels":{"com.docker.compose.project":"shop"},"State":"running",
"Status":"Up 2 hours (unhealthy)","HostConfig":{"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{"bridge":
{"NetworkID":"n1","IPAddress":"172.17.0.2","Aliases":null}}},"Mounts":[{"Type":"volume","Name":"data",
"Source":"/var/lib/docker/volumes/data/_data","Destination":"/data","RW":false}]}"#;

fn listed_one(row: &str) -> Container {
    containers(format!("[{row}]").as_bytes()).unwrap().remove(0)
}

#[test]
fn a_list_row_tells_what_docker_ps_tells() {
    let web = listed_one(ROW);
    assert_eq!((web.name.as_str(), web.state, web.health), ("web", State::Running, Health::Unhealthy));
    assert_eq!(web.project(), Some("shop"));
    assert_eq!(web.address(), Some("172.17.0.2"));
    let ports: Vec<_> = web.ports.iter().map(ToString::to_string).collect();
    assert_eq!(ports, ["8080→80/tcp", "8080→80/tcp", "443/tcp"]);
    assert_eq!(web.mounts[0].source, "data");
    assert!(web.mounts[0].read_only && web.mounts[0].kind == MountKind::Volume);
    assert_eq!(web.limits, None);
}

#[test]
fn one_odd_row_does_not_hide_the_others() {
    let body =
        format!("[{ROW},7,{{\"Id\":\"b\",\"Ports\":\"none\"}},{{\"Id\":\"c\",\"State\":\"quantum\",\"Labels\":null}}]");
    let all = containers(body.as_bytes()).unwrap();
    assert_eq!(all.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["4f5e6d", "c"]);
    assert_eq!(all[1].state, State::Unknown);
    assert!(containers(b"<html>").is_err());
    assert_eq!(containers(b"null").unwrap(), []);
}

#[test]
fn a_status_tells_exit_code_and_health() {
    let exited = listed_one(r#"{"Id":"x","State":"exited","Status":"Exited (137) 5 minutes ago"}"#);
    assert_eq!(exited.state, State::Exited(137));
    let starting = listed_one(r#"{"Id":"x","State":"running","Status":"Up 1 second (health: starting)"}"#);
    assert_eq!(starting.health, Health::Starting);
    let newer = listed_one(r#"{"Id":"x","State":"running","Status":"Up","Health":{"Status":"healthy"}}"#);
    assert_eq!(newer.health, Health::Healthy);
}

#[test]
fn names_cannot_carry_escapes() {
    let row = listed_one("{\"Id\":\"x\",\"Names\":[\"/a\\u001b]0;\"],\"Labels\":{\"k\\u0007\":\"v\\u0007\"}}");
    assert_eq!(row.name, "a␛]0;");
    assert_eq!(row.labels.iter().next(), Some((&"k␇".to_owned(), &"v␇".to_owned())));
}

const INSPECT: &str = r#"{"Id":"4f5e6d","Name":"/web","Created":"2024-05-01T10:00:00.1Z","Path":"nginx","Args":["-g","daemon off;"],
"Image":"sha256:aa","RestartCount":3,"State":{"Status":"running","OOMKilled":true,"Pid":4242,"ExitCode":0,
"StartedAt":"2024-05-02T10:00:00Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"healthy"}},
"Config":{"Image":"nginx:1.27","Tty":true,"Labels":{}},"HostConfig":{"NetworkMode":"shop","Memory":67108864,"MemorySwap":-1,
"CpuQuota":150000,"CpuPeriod":100000,"PidsLimit":null,"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":5},
"Isolation":"hyperv"},"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}],"53/udp":null},
"Networks":{"shop":{"IPAddress":"10.1.0.2"}}},"ExecIDs":["e1"],"GraphDriver":{"Name":"overlay2","Data":{"UpperDir":"/d/diff"}}}"#;

#[test]
fn an_inspect_tells_limits_and_life() {
    let inspected = container(INSPECT.as_bytes()).unwrap();
    let web = inspected.container;
    assert_eq!((web.pid, web.restarts, web.oom_killed, web.tty), (Some(4242), 3, true, Some(true)));
    assert!(web.started.is_some() && web.finished.is_none());
    let limits = web.limits.unwrap();
    assert_eq!((limits.memory, limits.memory_swap, limits.cpus), (Some(Bytes::mib(64)), None, Some(1.5)));
    assert_eq!((limits.pids, limits.restart), (None, RestartPolicy::OnFailure(5)));
    assert_eq!(web.isolation, Isolation::HyperV);
    assert_eq!(web.command, "nginx -g 'daemon off;'");
    assert_eq!((web.ports[0].protocol, web.ports[0].host_port), (Protocol::Udp, None));
    assert_eq!(web.ports[1].to_string(), "127.0.0.1:8080→80/tcp");
    assert_eq!(inspected.execs, ["e1"]);
}

#[test]
fn a_stopped_container_keeps_the_ports_it_will_have() {
    let body = r#"{"Id":"x","State":{"Status":"exited","ExitCode":2,"Pid":0},"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}},"NetworkSettings":{"Ports":{}}}"#;
    let web = container(body.as_bytes()).unwrap().container;
    assert_eq!((web.state, web.pid), (State::Exited(2), None));
    assert_eq!(web.ports[0].to_string(), "8080→80/tcp");
}

#[test]
fn images_are_told_how_many_containers_they_have() {
    let rows = format!("[{ROW},{ROW},{{\"ImageID\":\"sha256:bb\"}}]");
    let users = users_of_images(rows.as_bytes()).unwrap();
    assert_eq!((users.get("sha256:aa"), users.get("sha256:bb"), users.len()), (Some(&2), Some(&1), 2));
}
