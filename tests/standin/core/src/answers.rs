//! Documents that the service answers: only what was asked for, nothing that is zero, members in no order that anybody
//! may rely on.

use serde_json::{Map, Value, json};

use crate::systems::{State, Sys};

/// What is told of every system.
pub(crate) fn basic(system: &Sys) -> Value {
    let mut told = json!({
        "RuntimeOsType": "Windows",
        "Owner": system.owner,
        "Name": system.id,
        "SystemType": "Container",
        "Id": system.id,
        "RuntimeId": "7d1c0000-0000-4000-8000-000000000000",
        "State": format!("{:?}", system.state),
    });
    if system.state == State::Stopped {
        told["Stopped"] = true.into();
        told["ExitType"] = "ForcedExit".into();
    }
    told
}

/// The answer to a question about a system.
pub(crate) fn properties(system: &Sys, types: &[&str]) -> String {
    if types.is_empty() {
        return basic(system).to_string();
    }
    let mut told = json!({ "SystemType": "Container", "Id": system.id, "Owner": system.owner });
    if types.contains(&"Statistics") {
        told["Statistics"] = statistics(system);
    }
    if types.contains(&"ProcessList") {
        told["ProcessList"] = process_list(system);
    }
    told.to_string()
}

/// Grows with every look; memory is larger than 32 bits can tell.
fn statistics(system: &Sys) -> Value {
    json!({
        "Uptime100ns": system.looks * 10_000_000,
        "Timestamp": "2026-05-04T08:10:00.0000001Z",
        "ContainerStartTime": "2026-05-04T08:01:00.5000000Z",
        "Processor": { "TotalRuntime100ns": system.looks * 1_500_000, "RuntimeUser100ns": system.looks * 1_500_000 },
        "Memory": { "MemoryUsageCommitBytes": 6_442_450_944_u64, "MemoryUsagePrivateWorkingSetBytes": 94_371_840 },
        "Storage": { "ReadSizeBytes": 33_554_432 },
    })
}

fn process_list(system: &Sys) -> Value {
    let alive = system.processes.iter().filter(|(_, process)| process.exit.is_none());
    let told = alive.enumerate().map(|(at, (pid, process))| {
        let mut told = Map::new();
        told.insert("ImageName".into(), process.image.as_str().into());
        told.insert("ProcessId".into(), (*pid).into());
        told.insert("CreateTimestamp".into(), format!("2026-05-04T08:01:0{}.1234567Z", at % 10).into());
        // The first one has used nothing that could be told.
        if at > 0 {
            told.insert("UserTime100ns".into(), 3_125_000.into());
            told.insert("MemoryCommitBytes".into(), 41_943_040.into());
        }
        Value::Object(told)
    });
    Value::Array(told.collect())
}

/// How a process stands.
pub(crate) fn process_status(pid: u32, exit: Option<u32>) -> String {
    let mut told = json!({ "ProcessId": pid });
    if let Some(code) = exit {
        told["Exited"] = true.into();
        if code != 0 {
            told["ExitCode"] = code.into();
        }
    }
    told.to_string()
}

/// How a system ended.
pub(crate) fn system_exit(status: u32) -> String {
    if status == 0 {
        return json!({ "ExitType": "GracefulExit" }).to_string();
    }
    json!({ "Status": status.cast_signed(), "ExitType": "ForcedExit" }).to_string()
}

/// What the service says of itself.
pub const SERVICE: &str =
    r#"{"Properties":[{"SupportedSchemaVersions":[{"Minor":0,"Major":1},{"Minor":5,"Major":2}]}]}"#;
