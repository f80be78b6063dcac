//! Execs as Docker spells them, both ways. Knows no transport.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{Flag, Number, Text};
use crate::model::ExecSpec;

/// An exec as its inspect tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exec {
    /// Its id.
    pub(crate) id: String,
    /// Whether its process runs.
    pub(crate) running: bool,
    /// Its exit code, once it has ended.
    pub(crate) exit_code: Option<i64>,
    /// Its process on the host, while it runs.
    pub(crate) pid: Option<u32>,
    /// Its user, where one was given.
    pub(crate) user: String,
    /// Its command line.
    pub(crate) command: String,
    /// Whether it has a terminal.
    pub(crate) tty: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inspect {
    #[serde(rename = "ID")]
    id: Text,
    #[serde(rename = "Running")]
    running: Flag,
    #[serde(rename = "ExitCode")]
    exit_code: Number,
    #[serde(rename = "Pid")]
    pid: Number,
    #[serde(rename = "ProcessConfig")]
    process: Process,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Process {
    tty: Flag,
    user: Text,
    entrypoint: Text,
    arguments: Option<Vec<Text>>,
}

/// Reads the answer to `GET /exec/{id}/json`.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn exec(body: &[u8]) -> serde_json::Result<Exec> {
    let inspect: Inspect = serde_json::from_slice(body)?;
    let running = inspect.running.is_set();
    let words = std::iter::once(inspect.process.entrypoint).chain(inspect.process.arguments.into_iter().flatten());
    let words: Vec<_> = words.filter_map(Text::some).collect();
    Ok(Exec {
        id: inspect.id.0,
        running,
        exit_code: inspect.exit_code.0.filter(|_| !running),
        pid: inspect.pid.limit().and_then(|pid| u32::try_from(pid).ok()).filter(|_| running),
        user: inspect.process.user.0,
        command: words.join(" "),
        tty: inspect.process.tty.is_set(),
    })
}

/// The body of `POST /containers/{id}/exec`.
pub(crate) fn create_body(spec: &ExecSpec) -> Value {
    let mut body = json!({
        "Cmd": spec.command,
        "Env": spec.env,
        "Tty": spec.tty,
        "Privileged": spec.privileged,
        "AttachStdin": true,
        "AttachStdout": true,
        "AttachStderr": true,
    });
    for (key, value) in [("User", &spec.user), ("WorkingDir", &spec.workdir)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_exec_has_a_process_and_no_code() {
        let body =
            br#"{"ID":"e1","Running":true,"ExitCode":null,"Pid":77,"ProcessConfig":{"tty":true,"entrypoint":"sh",
            "arguments":["-c","top"],"user":"app","privileged":false}}"#;
        let read = exec(body).unwrap();
        assert_eq!((read.pid, read.exit_code, read.command.as_str(), read.tty), (Some(77), None, "sh -c top", true));
        let ended = exec(br#"{"ID":"e1","Running":false,"ExitCode":3,"Pid":77}"#).unwrap();
        assert_eq!((ended.pid, ended.exit_code), (None, Some(3)));
    }
}
