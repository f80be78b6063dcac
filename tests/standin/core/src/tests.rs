//! The stand-in itself: what it must refuse, it refuses.

use super::*;

const GOOD: &str = r#"{ "Owner": "longshore", "SchemaVersion": { "Major": 2, "Minor": 1 }, "Container": { "Storage": {
    "Layers": [ { "Id": "a1000000-0000-5000-8000-000000000000", "Path": "C:\\a1" } ],
    "Path": "\\\\?\\Volume{1f0c2a6e-0000-0000-0000-000000000000}\\" } } }"#;

#[test]
fn a_member_that_is_not_known_is_refused_with_its_path() {
    let mut world = World::default();
    let wrong = GOOD.replace("\"Layers\"", "\"QoS\": { \"Iops\": 1 }, \"Layers\"");
    let failure = world.create("a", &wrong).unwrap_err();
    assert_eq!(
        (failure.code, failure.words.as_str()),
        (codes::INVALID_JSON, "$.Container.Storage.QoS.Iops is not known")
    );
    let failure = world.create("a", &GOOD.replace("}\\\\\"", "}\"")).unwrap_err();
    assert_eq!(failure.code, codes::PATH_NOT_FOUND);
    assert!(world.create("a", GOOD).is_ok());
    assert_eq!(world.create("A", GOOD).unwrap_err().code, codes::SYSTEM_ALREADY_EXISTS);
}

#[test]
fn states_allow_what_the_table_says() {
    let mut world = World::default();
    world.create("a", GOOD).unwrap();
    let handle = world.open_system("a").unwrap();
    let exec = r#"{ "CommandLine": "sleep" }"#;
    assert_eq!(world.create_process("a", exec).unwrap_err().code, codes::INVALID_STATE);
    world.start("a").unwrap();
    assert_eq!(world.start("a").unwrap_err().code, codes::INVALID_STATE);
    assert_eq!(world.pause("a").unwrap_err().code, codes::NOT_SUPPORTED);
    let (pid, _) = world.create_process("a", exec).unwrap();
    assert!(world.open_process("a", pid).is_ok());
    world.terminate("a").unwrap();
    assert_eq!(world.terminate("a").unwrap_err().code, codes::SYSTEM_ALREADY_STOPPED);
    assert_eq!(world.open_system("a").unwrap_err().code, codes::SYSTEM_NOT_FOUND);
    assert!(world.properties("a", None).unwrap().unwrap().contains(r#""Stopped":true"#));
    world.close(handle, "Close");
    assert_eq!(world.properties("a", None).unwrap_err().code, codes::SYSTEM_NOT_FOUND);
}

#[test]
fn the_end_of_processes_is_told_before_that_of_their_system_and_to_listeners_only() {
    let mut world = World::default();
    world.create("a", GOOD).unwrap();
    world.start("a").unwrap();
    let (pid, _) = world.create_process("a", r#"{ "CommandLine": "sleep" }"#).unwrap();
    let (system, deaf, process) =
        (world.open_system("a").unwrap(), world.open_system("a").unwrap(), world.open_process("a", pid).unwrap());
    world.listen(system).unwrap();
    world.listen(process).unwrap();
    let told: Vec<_> = world.terminate("a").unwrap().into_iter().map(|telling| telling.handle).collect();
    assert_eq!(told, [process, system]);
    assert!(!told.contains(&deaf));
}

#[test]
fn a_closed_handle_is_a_fault_and_never_another_one() {
    let mut world = World::default();
    let first = world.open(Kind::Operation);
    world.close(first, "Close");
    let second = world.open(Kind::Operation);
    assert_ne!(first, second);
    assert_eq!(world.at(first, "Wait").unwrap_err().code, codes::INVALID_HANDLE);
    world.close(first, "Close");
    assert_eq!(world.faults.len(), 2);
    assert!(world.at(second, "Wait").is_ok());
}

#[test]
fn a_restart_of_the_service_kills_handles_and_no_system() {
    let mut world = World::default();
    world.create("a", GOOD).unwrap();
    world.start("a").unwrap();
    let handle = world.open_system("a").unwrap();
    world.listen(handle).unwrap();
    assert_eq!(world.disconnect().len(), 1);
    assert_eq!(world.at(handle, "Start").unwrap_err().code, codes::SERVICE_DISCONNECT);
    let again = world.open_system("a").unwrap();
    assert!(world.at(again, "Start").is_ok());
}

#[test]
fn what_ends_in_another_process_is_told_in_this_one() {
    let (mut here, mut there) = (World::default(), World::default());
    here.create("a", GOOD).unwrap();
    here.start("a").unwrap();
    let (pid, _) = here.create_process("a", r#"{ "CommandLine": "sleep" }"#).unwrap();
    assert!(there.adopt(here.systems()).is_empty());
    let (system, process) = (here.open_system("a").unwrap(), here.open_process("a", pid).unwrap());
    here.listen(system).unwrap();
    here.listen(process).unwrap();
    there.exit("a", pid, 7);
    let told = here.adopt(there.systems());
    assert_eq!(told.iter().map(|one| (one.handle, one.event)).collect::<Vec<_>>(), [(process, events::PROCESS_EXITED)]);
    assert!(told[0].document.as_deref().unwrap().contains("\"ExitCode\":7"));
    there.terminate("a").unwrap();
    let told = here.adopt(there.systems());
    assert_eq!(told.iter().map(|one| (one.handle, one.event)).collect::<Vec<_>>(), [(system, events::SYSTEM_EXITED)]);
    assert!(here.adopt(there.systems()).is_empty(), "it is told once");
}

#[test]
fn a_line_for_a_shell_is_a_few_steps() {
    let say = |text: &str, is_error| Step::Print(text.as_bytes().to_vec(), is_error);
    let steps = script(r#"sh -c "echo out; echo err >&2; exit 3""#).unwrap();
    assert_eq!(steps, [say("out\n", false), say("err\n", true), Step::Exit(3)]);
    assert_eq!(script("sh -c cat").unwrap(), [Step::Copy]);
    assert_eq!(script(r#"cmd /S /C "printf '\033[31mr\007\n'""#).unwrap(), [say("\u{1b}[31mr\u{7}\n", false)]);
    assert_eq!(script("sleep 5"), None);
}
