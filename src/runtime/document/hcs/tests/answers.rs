//! What is read.

use serde::de::DeserializeOwned;

use super::super::{
    Version,
    code::Meaning,
    process::{Ended, ProcessStatus},
    query::{Properties, ServiceProperties, State, SystemType},
    result::{ExitType, ResultError, SystemExitStatus},
};

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[test]
fn systems_of_every_owner_are_listed() {
    let all: Vec<Properties> = read(
        r#"[ { "Id": "9F", "SystemType": "Container", "RuntimeOsType": "Windows", "Name": "9f", "Owner": "longshore@D",
               "RuntimeId": "7d1c0000-0000-0000-0000-000000000000", "State": "Running" },
             { "Owner": "docker", "State": "SavedAsTemplate", "SystemType": "Something", "Id": "a0" } ]"#,
    );
    assert_eq!((all[0].id.as_str(), all[0].state, all[0].is_own()), ("9F", State::Running, true));
    assert_eq!((all[1].state, all[1].system_type, all[1].is_own()), (State::Unknown, SystemType::Unknown, false));
}

#[test]
fn statistics_may_leave_out_what_is_zero_and_be_large() {
    let properties: Properties = read(
        r#"{ "Id": "9f", "SystemType": "Container", "Owner": "longshore", "Statistics": {
               "Timestamp": "2026-05-04T08:10:00.0000001Z", "Uptime100ns": 5395000001,
               "Processor": { "TotalRuntime100ns": 151562500 },
               "Memory": { "MemoryUsageCommitBytes": 6442450944 } } }"#,
    );
    let used = properties.statistics.unwrap();
    assert_eq!(used.timestamp.unwrap().timestamp_subsec_nanos(), 100);
    assert_eq!(
        (used.uptime_100ns, used.processor.total_100ns, used.processor.user_100ns),
        (5_395_000_001, 151_562_500, 0)
    );
    assert_eq!((used.memory.commit_bytes, used.memory.private_working_set_bytes), (6 << 30, 0));
    assert_eq!((used.storage.read_size_bytes, used.container_start_time), (0, None));
}

#[test]
fn a_process_that_has_used_nothing_is_a_process() {
    let properties: Properties = read(
        r#"{ "Id": "9f", "ProcessList": [
               { "ProcessId": 1108, "ImageName": "smss.exe", "CreateTimestamp": "2026-05-04T08:01:02.1234567Z" },
               { "ProcessId": 5320, "ImageName": "w3wp.exe", "UserTime100ns": 3125000, "KernelTime100ns": 1562500,
                 "MemoryCommitBytes": 41943040, "MemoryWorkingSetPrivateBytes": 15728640,
                 "MemoryWorkingSetSharedBytes": 9437184 } ] }"#,
    );
    let [smss, w3wp] = properties.process_list.as_slice() else { panic!("{properties:?}") };
    assert_eq!((smss.process_id, smss.user_100ns, smss.commit_bytes), (1108, 0, 0));
    assert_eq!(
        (w3wp.image_name.as_str(), w3wp.kernel_100ns, w3wp.shared_working_set_bytes),
        ("w3wp.exe", 1_562_500, 9_437_184)
    );
}

#[test]
fn a_process_has_ended_with_a_code_only_if_hcs_followed_it() {
    assert_eq!(read::<ProcessStatus>(r#"{ "ProcessId": 7 }"#).ended(), None);
    assert_eq!(read::<ProcessStatus>(r#"{ "Exited": true }"#).ended(), Some(Ended::Code(0)));
    let crashed = read::<ProcessStatus>(r#"{ "Exited": true, "ExitCode": 3221225477 }"#);
    assert_eq!(crashed.ended(), Some(Ended::Code(0xC000_0005)));
    let lost = read::<ProcessStatus>(r#"{ "Exited": true, "ExitCode": 3, "LastWaitResult": -2147024890 }"#);
    assert_eq!(lost.ended(), Some(Ended::Unknown(-2_147_024_890)));
}

#[test]
fn the_service_names_its_newest_schema() {
    let service: ServiceProperties =
        read(r#"{"Properties":[{"SupportedSchemaVersions":[{"Major":2,"Minor":5},{"Major":1,"Minor":0}]}]}"#);
    assert_eq!(service.newest(), Some(Version { major: 2, minor: 5 }));
    assert_eq!(read::<ServiceProperties>("{}").newest(), None);
}

#[test]
fn a_failure_tells_all_it_knows_once() {
    let error: ResultError = read(
        r#"{ "Error": -1070137082, "ErrorMessage": "It failed.", "ErrorEvents": [
               { "Message": "It failed.", "Provider": "17a2a8b8-be35-4f71-9a2d-6a5a2a44a3a8", "EventId": 11022,
                 "Data": [ { "Type": "String", "Value": "x" } ] },
               { "Message": "The layer is of build 14393." } ] }"#,
    );
    assert_eq!(error.code().meaning(), Some(Meaning::UnexpectedExit));
    assert_eq!(error.words(), "It failed; The layer is of build 14393");
    assert_eq!(ResultError::default().words(), "");
}

#[test]
fn an_end_by_request_is_clean_and_a_crash_is_not() {
    let told = r#"{ "Status": -1070137081, "ExitType": "ForcedExit",
                    "Attribution": [ { "SystemExit": { "Detail": "Terminate", "Initiator": "Client" } } ] }"#;
    let status: SystemExitStatus = read(told);
    assert!(status.is_clean() && status.exit_type == ExitType::ForcedExit);
    assert!(read::<SystemExitStatus>("{}").is_clean());
    assert!(!read::<SystemExitStatus>(r#"{ "Status": -1070137082, "ExitType": "UnexpectedExit" }"#).is_clean());
}
