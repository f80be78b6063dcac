//! An order as a document.

use std::path::PathBuf;

use serde_json::json;

use super::super::{
    plan::{Ground, Unfit, compute_system, processor},
    system::{Layer, Processor},
};
use crate::{
    model::{Bytes, ContainerId, ContainerSpec, Limits, Tuning},
    runtime::document::{HostMount, NetworkPlan, Order, Process},
};

fn order() -> Order {
    Order {
        id: ContainerId::new("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        name: "web".into(),
        spec: ContainerSpec::default(),
        process: Process::default(),
        health: None,
        stop_signal: 15,
        mounts: Vec::new(),
        layers: Vec::new(),
        network: NetworkPlan::None,
        data: PathBuf::from("C:\\ProgramData\\longshore"),
        log: (1 << 20, 1),
    }
}

fn ground() -> Ground {
    Ground {
        volume: "\\\\?\\Volume{1f0c2a6e-0000-0000-0000-000000000000}".into(),
        layers: vec![
            Layer { id: "b2000000-0000-5000-8000-000000000000".into(), path: "C:\\ls\\layers\\b2".into() },
            Layer { id: "a1000000-0000-5000-8000-000000000000".into(), path: "C:\\ls\\layers\\a1".into() },
        ],
        namespace: None,
        processors: 4,
    }
}

fn mount(source: &str, target: &str) -> HostMount {
    HostMount { source: Some(source.into()), target: target.into(), read_only: false, copy_up: false, size: None }
}

#[test]
fn a_container_with_all_it_can_have() {
    let mut order = order();
    order.spec.hostname = Some("web1".into());
    order.spec.limits = Limits { memory: Some(Bytes((1 << 30) + 1)), cpus: Some(1.5), ..Limits::default() };
    order.spec.naming.dns_search = vec!["corp.test".into(), "lab.test".into()];
    order.mounts = vec![
        HostMount { read_only: true, ..mount("C:\\data", "C:/app/data") },
        mount("\\\\.\\pipe\\svc", "\\\\.\\pipe\\inner"),
    ];
    let ground = Ground { namespace: Some("e3a0c1c4-5f6e-4f0e-9d2c-000000000001".into()), ..ground() };
    let expected = json!({
        "Owner": "longshore@C:\\ProgramData\\longshore",
        "SchemaVersion": { "Major": 2, "Minor": 1 },
        "ShouldTerminateOnLastHandleClosed": false,
        "Container": {
            "GuestOs": { "HostName": "web1" },
            "Storage": {
                "Layers": [
                    { "Id": "b2000000-0000-5000-8000-000000000000", "Path": "C:\\ls\\layers\\b2" },
                    { "Id": "a1000000-0000-5000-8000-000000000000", "Path": "C:\\ls\\layers\\a1" },
                ],
                "Path": "\\\\?\\Volume{1f0c2a6e-0000-0000-0000-000000000000}\\",
            },
            "Networking": {
                "Namespace": "e3a0c1c4-5f6e-4f0e-9d2c-000000000001",
                "AllowUnqualifiedDnsQuery": true,
                "DnsSearchList": "corp.test,lab.test",
            },
            "MappedDirectories": [
                { "HostPath": "C:\\data", "ContainerPath": "C:\\app\\data", "ReadOnly": true },
            ],
            "MappedPipes": [ { "ContainerPipeName": "inner", "HostPath": "\\\\.\\pipe\\svc" } ],
            "Memory": { "SizeInMB": 1025 },
            "Processor": { "Maximum": 3750 },
            "RegistryChanges": { "AddValues": [ {
                "Key": { "Hive": "System", "Name": "ControlSet001\\Control" },
                "Name": "WaitToKillServiceTimeout",
                "Type": "String",
                "StringValue": "2147483647",
            } ] },
        },
    });
    let planned = compute_system(&order, &ground).unwrap();
    assert_eq!(serde_json::to_value(planned).unwrap(), expected);
}

#[test]
fn what_was_not_asked_for_is_not_written() {
    let planned = serde_json::to_value(compute_system(&order(), &ground()).unwrap()).unwrap();
    let members: Vec<&str> = planned["Container"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["GuestOs", "Storage", "RegistryChanges"]);
    assert_eq!(planned["Container"]["GuestOs"]["HostName"], "9f86d081884c");
}

#[test]
fn what_windows_does_not_have_is_refused_and_named() {
    let refused = |change: fn(&mut Order)| {
        let mut order = order();
        change(&mut order);
        compute_system(&order, &ground()).unwrap_err().to_string()
    };
    assert_eq!(refused(|order| order.spec.privileged = true), "containers of Windows have no privileged mode");
    assert_eq!(refused(|order| order.spec.limits.pids = Some(9)), "containers of Windows have no limit of processes");
    let tmpfs = |order: &mut Order| order.mounts = vec![HostMount { source: None, ..mount("", "C:\\t") }];
    assert_eq!(refused(tmpfs), "containers of Windows have no tmpfs");
    assert!(refused(|order| order.spec.security.read_only_root = true).contains("can always be written to"));
    assert!(refused(|order| order.network = NetworkPlan::Host).contains("the host's own network"));
    assert!(
        refused(|order| order.mounts = vec![mount("C:\\x", "c:\\")]).starts_with("nothing can be mounted on `c:\\`")
    );
    assert!(refused(|order| order.mounts = vec![mount("\\\\.\\pipe\\x", "C:\\x")]).contains("is a named pipe"));
}

#[test]
fn processors_are_limited_in_one_way() {
    let limits = |cpus| Limits { cpus, ..Limits::default() };
    let shares = |cpu_shares| Tuning { cpu_shares, ..Tuning::default() };
    assert_eq!(processor(&limits(None), &shares(None), 4), Ok(None));
    assert_eq!(processor(&limits(Some(64.0)), &shares(None), 4), Ok(Some(Processor::Maximum(10_000))));
    assert_eq!(processor(&limits(Some(0.000_01)), &shares(None), 4), Ok(Some(Processor::Maximum(1))));
    assert_eq!(processor(&limits(None), &shares(Some(512)), 4), Ok(Some(Processor::Weight(512))));
    assert_eq!(processor(&limits(None), &shares(Some(262_144)), 4), Err(Unfit::Weight(262_144)));
    assert_eq!(processor(&limits(Some(1.0)), &shares(Some(512)), 4), Err(Unfit::TwoLimits));
}
