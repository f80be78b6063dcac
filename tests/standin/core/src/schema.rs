//! Documents as the service takes them: a member that it does not know, or one of another type, is refused with its
//! path. Written from the schema reference, apart from what longshore itself writes them with.

use serde_json::{Map, Value};

use crate::{Failure, codes};

/// What a member may be.
pub(crate) enum Shape {
    Text,
    Bool,
    Number,
    /// Numbers in a list of so many.
    Numbers(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape),
    /// Any names, texts behind them.
    Texts,
    Object(&'static [(&'static str, Shape)]),
    /// What depends on something else.
    Any,
}

use Shape::{Any, Bool, List, Number, Numbers, Object, Text, Texts, Word};

const LAYER: Shape = Object(&[("Id", Text), ("Path", Text), ("PathType", Text), ("Cache", Text)]);
const DIRECTORY: Shape = Object(&[
    ("HostPath", Text),
    ("HostPathType", Word(&["AbsolutePath", "VirtualSmbShareName"])),
    ("ContainerPath", Text),
    ("ReadOnly", Bool),
]);
const PIPE: Shape = Object(&[("ContainerPipeName", Text), ("HostPath", Text), ("HostPathType", Text)]);
const REGISTRY_VALUE: Shape = Object(&[
    ("Key", Object(&[("Hive", Word(&["System", "Software", "Security", "Sam"])), ("Name", Text), ("Volatile", Bool)])),
    ("Name", Text),
    ("Type", Word(&["None", "String", "ExpandedString", "MultiString", "Binary", "DWord", "QWord", "CustomType"])),
    ("StringValue", Text),
    ("BinaryValue", Text),
    ("DWordValue", Number),
    ("QWordValue", Number),
]);
const PROCESSOR: Shape = Object(&[("Count", Number), ("Maximum", Number), ("Weight", Number)]);
const CONTAINER: Shape = Object(&[
    ("GuestOs", Object(&[("HostName", Text)])),
    (
        "Storage",
        Object(&[
            ("Layers", List(&LAYER)),
            ("Path", Text),
            ("QoS", Object(&[("IopsMaximum", Number), ("BandwidthMaximum", Number)])),
        ]),
    ),
    ("MappedDirectories", List(&DIRECTORY)),
    ("MappedPipes", List(&PIPE)),
    ("Memory", Object(&[("SizeInMB", Number)])),
    ("Processor", PROCESSOR),
    (
        "Networking",
        Object(&[
            ("Namespace", Text),
            ("NetworkSharedContainerName", Text),
            ("AllowUnqualifiedDnsQuery", Bool),
            ("DnsSearchList", Text),
            ("NetworkAdapters", List(&Text)),
        ]),
    ),
    ("RegistryChanges", Object(&[("AddValues", List(&REGISTRY_VALUE)), ("DeleteKeys", List(&Any))])),
]);

/// What creates a system.
pub(crate) const SYSTEM: Shape = Object(&[
    ("Owner", Text),
    ("SchemaVersion", Object(&[("Major", Number), ("Minor", Number)])),
    ("ShouldTerminateOnLastHandleClosed", Bool),
    ("Container", CONTAINER),
]);
/// What creates a process.
pub(crate) const PROCESS: Shape = Object(&[
    ("ApplicationName", Text),
    ("CommandLine", Text),
    ("User", Text),
    ("WorkingDirectory", Text),
    ("Environment", Texts),
    ("RestrictedToken", Bool),
    ("EmulateConsole", Bool),
    ("CreateStdInPipe", Bool),
    ("CreateStdOutPipe", Bool),
    ("CreateStdErrPipe", Bool),
    ("ConsoleSize", Numbers(2)),
    ("UseExistingLogin", Bool),
    ("UseLegacyConsole", Bool),
]);
/// What changes a process.
pub(crate) const MODIFY_PROCESS: Shape = Object(&[
    ("Operation", Word(&["ConsoleSize", "CloseHandle"])),
    ("ConsoleSize", Object(&[("Height", Number), ("Width", Number)])),
    ("CloseHandle", Object(&[("Handle", Word(&["StdIn", "StdOut", "StdErr", "All"]))])),
]);
/// What signals a process.
pub(crate) const SIGNAL: Shape =
    Object(&[("Signal", Word(&["CtrlC", "CtrlBreak", "CtrlClose", "CtrlLogOff", "CtrlShutdown"]))]);
/// What lists systems.
pub(crate) const ENUMERATE: Shape = Object(&[
    ("Ids", List(&Text)),
    ("Names", List(&Text)),
    ("Types", List(&Word(&["Container", "VirtualMachine"]))),
    ("Owners", List(&Text)),
]);
/// What asks for properties.
pub(crate) const PROPERTIES: Shape = Object(&[(
    "PropertyTypes",
    List(&Word(&["Memory", "GuestMemory", "Statistics", "ProcessList", "TerminateOnLastHandleClosed", "Basic"])),
)]);
/// What changes a system.
pub(crate) const MODIFY: Shape = Object(&[
    ("ResourcePath", Text),
    ("RequestType", Word(&["Add", "Remove", "Update"])),
    ("Settings", Any),
    ("GuestRequest", Any),
]);

/// Reads a document of this shape.
pub(crate) fn read(text: &str, shape: &Shape) -> Result<Map<String, Value>, Failure> {
    let refused = |words: String| Failure { code: codes::INVALID_JSON, words };
    let value: Value = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    check(&value, shape, "$").map_err(refused)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(refused("$: an object is expected".to_owned())),
    }
}

fn check(value: &Value, shape: &Shape, path: &str) -> Result<(), String> {
    let fits = match (shape, value) {
        (Text, Value::String(_)) | (Bool, Value::Bool(_)) | (Any, _) => true,
        (Number, Value::Number(number)) => number.is_u64(),
        (Numbers(count), Value::Array(all)) => all.len() == *count && all.iter().all(Value::is_u64),
        (Word(words), Value::String(word)) => words.contains(&word.as_str()),
        (Texts, Value::Object(all)) => all.values().all(Value::is_string),
        (List(shape), Value::Array(all)) => {
            for (at, one) in all.iter().enumerate() {
                check(one, shape, &format!("{path}[{at}]"))?;
            }
            true
        }
        (Object(known), Value::Object(members)) => {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                let (_, shape) = known.iter().find(|(known, _)| known == name).ok_or(format!("{path} is not known"))?;
                check(value, shape, &path)?;
            }
            true
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{path} is of the wrong type")) }
}

/// What the service looks at in a container beyond its shape.
pub(crate) fn check_system(document: &Map<String, Value>) -> Result<(), Failure> {
    let refused = |code: u32, words: &str| Err(Failure { code, words: words.to_owned() });
    let at = |path: &str| document.get("Container").and_then(|container| container.pointer(path));
    let text = |path: &str| at(path).and_then(Value::as_str).unwrap_or_default();
    if !document.contains_key("Container") || !document.contains_key("Owner") {
        return refused(codes::INVALID_JSON, "$: Owner and Container are needed");
    }
    let version = |member: &str| document["SchemaVersion"].get(member).and_then(Value::as_u64);
    if !document.contains_key("SchemaVersion") || version("Major") != Some(2) || version("Minor") > Some(5) {
        return refused(codes::INVALID_JSON, "$.SchemaVersion is not supported");
    }
    let volume = text("/Storage/Path");
    if !volume.starts_with(r"\\?\Volume{") || !volume.ends_with('\\') {
        return refused(codes::PATH_NOT_FOUND, "$.Container.Storage.Path is no volume");
    }
    let layers = at("/Storage/Layers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if layers.is_empty() || layers.iter().any(|layer| layer["Id"].as_str().is_none_or(|id| id.len() != 36)) {
        return refused(codes::INVALID_LAYER, "$.Container.Storage.Layers");
    }
    if at("/Processor").and_then(Value::as_object).is_some_and(|processor| processor.len() > 1) {
        return refused(codes::INVALID_ARGUMENT, "$.Container.Processor: only one of its members may be set");
    }
    if at("/Memory/SizeInMB").is_some_and(|size| size.as_u64() == Some(0)) {
        return refused(codes::INVALID_ARGUMENT, "$.Container.Memory.SizeInMB");
    }
    let directories = at("/MappedDirectories").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let root = |path: &Value| path.as_str().is_some_and(|path| path.trim_end_matches('\\').eq_ignore_ascii_case("c:"));
    if directories.iter().any(|directory| root(&directory["ContainerPath"])) {
        return refused(codes::INVALID_ARGUMENT, "$.Container.MappedDirectories");
    }
    Ok(())
}
