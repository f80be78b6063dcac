//! What is sent.

use serde::Serialize;
use serde_json::{Value, json};

use super::super::{
    process::{ConsoleEvent, ModifyProcess, ProcessParameters, SignalProcess},
    query::{PropertyQuery, PropertyType, SystemQuery},
    system::{Modify, Processor},
};
use crate::runtime::document::Process;

fn value(document: &impl Serialize) -> Value {
    serde_json::to_value(document).unwrap()
}

#[test]
fn a_process_says_what_it_needs_and_no_more() {
    let process = Process {
        args: ["cmd", "/S", "/C", "echo hello"].map(String::from).to_vec(),
        env: ["PATH=C:\\old", "A=1", "EMPTY=", "Path=C:\\tools"].map(String::from).to_vec(),
        cwd: "C:\\app".into(),
        user: "ContainerAdministrator".into(),
        stdin: true,
        ..Process::default()
    };
    let expected = json!({
        "CommandLine": "cmd /S /C \"echo hello\"",
        "User": "ContainerAdministrator",
        "WorkingDirectory": "C:\\app",
        "Environment": { "A": "1", "Path": "C:\\tools" },
        "CreateStdInPipe": true,
        "CreateStdOutPipe": true,
        "CreateStdErrPipe": true,
    });
    assert_eq!(value(&ProcessParameters::of(&process)), expected);
}

#[test]
fn a_console_has_one_pipe_for_all_that_is_printed() {
    let process = Process { args: vec!["cmd".into()], tty: true, ..Process::default() };
    let parameters = ProcessParameters { console_size: Some([40, 120]), ..ProcessParameters::of(&process) };
    let expected =
        json!({ "CommandLine": "cmd", "EmulateConsole": true, "ConsoleSize": [40, 120], "CreateStdOutPipe": true });
    assert_eq!(value(&parameters), expected);
}

#[test]
fn a_running_process_is_told_in_the_words_of_hcs() {
    let size = json!({ "Operation": "ConsoleSize", "ConsoleSize": { "Height": 40, "Width": 120 } });
    assert_eq!(value(&ModifyProcess::console(40, 120)), size);
    let end = json!({ "Operation": "CloseHandle", "CloseHandle": { "Handle": "StdIn" } });
    assert_eq!(value(&ModifyProcess::END_OF_INPUT), end);
    assert_eq!(value(&SignalProcess { signal: ConsoleEvent::CtrlShutdown }), json!({ "Signal": "CtrlShutdown" }));
}

#[test]
fn signals_of_linux_have_their_like_or_none() {
    let event = ConsoleEvent::of_signal;
    assert_eq!(event(2), Some(ConsoleEvent::CtrlC));
    assert_eq!(event(15), Some(ConsoleEvent::CtrlShutdown));
    assert_eq!((event(9), event(10)), (None, None));
}

#[test]
fn a_query_names_only_what_it_asks_for() {
    let both = PropertyQuery { property_types: vec![PropertyType::Statistics, PropertyType::ProcessList] };
    assert_eq!(value(&both), json!({ "PropertyTypes": ["Statistics", "ProcessList"] }));
    assert_eq!(value(&SystemQuery::of("me")), json!({ "Owners": ["me"] }));
    assert_eq!(value(&SystemQuery::containers()), json!({ "Types": ["Container"] }));
}

#[test]
fn a_change_names_its_member() {
    let memory = json!({ "ResourcePath": "Container/Memory/SizeInMB", "RequestType": "Update", "Settings": 512 });
    assert_eq!(value(&Modify::memory(512)), memory);
    let processor =
        json!({ "ResourcePath": "Container/Processor", "RequestType": "Update", "Settings": { "Maximum": 5000 } });
    assert_eq!(value(&Modify::processor(Processor::Maximum(5000))), processor);
}
