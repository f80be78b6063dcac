//! Runs a tool of the host, bounded in time and output. Knows nothing of what it prints.

use std::{
    io::{self, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    backend::{EngineError, Gate},
    model::text::cleaned,
};

/// Longest run of a tool. They answer in milliseconds; a rule set of 50,000 rules takes a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an answer; `nft -j` writes some 400 bytes for a rule, Docker makes four for a published port.
const LONGEST: u64 = 64 << 20;
/// Most bytes of an error message that are kept.
const COMPLAINT: u64 = 4096;
/// How often a tool that closed its output is asked whether it has ended.
const BREATH: Duration = Duration::from_millis(2);
/// How long the complaint of a tool that failed is waited for: it was written, but on a busy host perhaps not read
/// yet, and somebody the tool left behind may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(250);
/// Where tools of the administrator are, though not everybody's `PATH` says so.
const TOOLS: &str = "/usr/sbin:/sbin:/usr/local/sbin";

/// Why a tool gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// It is not installed.
    #[error("`{tool}` is not installed")]
    Missing {
        /// The program.
        tool: String,
    },
    /// It could not be started or read.
    #[error("`{tool}` cannot be run: {source}")]
    Start {
        /// The program.
        tool: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time.
    #[error("`{tool}` did not end within {} s", PATIENCE.as_secs())]
    Slow {
        /// The program.
        tool: String,
    },
    /// It printed more than a sane answer has.
    #[error("`{tool}` printed more than {} MiB", LONGEST >> 20)]
    Long {
        /// The program.
        tool: String,
    },
    /// It wants other rights.
    #[error("`{tool}` needs root or the capability CAP_NET_ADMIN")]
    Denied {
        /// The program.
        tool: String,
    },
    /// It failed.
    #[error("`{tool}` ended with {status}: {complaint}")]
    Failed {
        /// The program.
        tool: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        complaint: String,
    },
    /// Its answer is not in its format.
    #[error("`{tool}` printed what cannot be read: {source}")]
    Unreadable {
        /// The program.
        tool: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl RunError {
    /// As an engine's error; `tried` is an infinitive with its object.
    pub(super) fn trying(self, tried: &str) -> EngineError {
        let (tried, why) = (tried.to_owned(), self.to_string());
        match self {
            Self::Missing { .. } => EngineError::Unsupported { tried, why },
            Self::Denied { .. } => EngineError::Denied { tried, by: Gate::Host, why },
            Self::Slow { .. } => EngineError::Timeout { tried, after: PATIENCE },
            Self::Long { .. } | Self::Unreadable { .. } => EngineError::Nonsense { tried, why },
            Self::Start { source, .. } => {
                EngineError::Refused { tried, code: source.raw_os_error().unwrap_or_default().unsigned_abs(), why }
            }
            Self::Failed { status, .. } => {
                EngineError::Refused { tried, code: status.code().unwrap_or_default().unsigned_abs(), why }
            }
        }
    }
}

/// What `tool arguments` prints.
///
/// # Errors
/// When it is missing, fails, or goes beyond its bounds; it is ended then.
pub(super) fn run(tool: &str, arguments: &[&str]) -> Result<Vec<u8>, RunError> {
    let mut child = start(tool, arguments)?;
    let deadline = Instant::now() + PATIENCE;
    let answer = read_aside(child.stdout.take(), LONGEST + 1);
    let complaint = read_aside(child.stderr.take(), COMPLAINT);
    let ended = answer
        .recv_timeout(PATIENCE)
        .map_err(|_| RunError::Slow { tool: tool.to_owned() })
        .and_then(
            |answer| if answer.len() as u64 > LONGEST { Err(RunError::Long { tool: tool.into() }) } else { Ok(answer) },
        )
        .and_then(|answer| Ok((answer, wait(tool, &mut child, deadline)?)));
    let (answer, status) = match ended {
        Ok(ended) => ended,
        Err(error) => {
            // It may have ended by itself meanwhile; either way nothing of it is left.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
    };
    if status.success() {
        return Ok(answer);
    }
    let complaint = complaint.recv_timeout(LAST_WORDS).unwrap_or_default();
    Err(failure(tool, status, &String::from_utf8_lossy(&complaint)))
}

fn start(tool: &str, arguments: &[&str]) -> Result<Child, RunError> {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new(tool)
        .args(arguments)
        .env("PATH", format!("{path}:{TOOLS}"))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => RunError::Missing { tool: tool.to_owned() },
            _ => RunError::Start { tool: tool.to_owned(), source },
        })
}

/// Reads in a thread of its own, which ends with the pipe: a tool that fills one pipe must not wait for the other.
fn read_aside(pipe: Option<impl Read + Send + 'static>, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What came before an error is still worth showing; the exit status says that something is wrong.
            let _ = pipe.take(most).read_to_end(&mut bytes);
        }
        // Nobody listens any more once the time is over.
        let _ = sender.send(bytes);
    });
    receiver
}

fn wait(tool: &str, child: &mut Child, deadline: Instant) -> Result<ExitStatus, RunError> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(BREATH),
            Ok(None) => return Err(RunError::Slow { tool: tool.to_owned() }),
            Err(source) => return Err(RunError::Start { tool: tool.to_owned(), source }),
        }
    }
}

fn failure(tool: &str, status: ExitStatus, complaint: &str) -> RunError {
    let tool = tool.to_owned();
    let rights = ["Operation not permitted", "Permission denied", "must be root"];
    if rights.iter().any(|words| complaint.contains(words)) {
        return RunError::Denied { tool };
    }
    let complaint = cleaned(complaint.lines().next().unwrap_or("no reason was given").trim());
    RunError::Failed { tool, status, complaint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_whole() {
        assert_eq!(run("printf", &["a\\nb"]).unwrap(), b"a\nb");
    }

    #[test]
    fn a_missing_tool_is_named() {
        let error = run("longshore-no-such-tool", &[]).unwrap_err();
        assert_eq!(error.to_string(), "`longshore-no-such-tool` is not installed");
    }

    #[test]
    fn a_failure_says_what_the_tool_said() {
        let error = run("sh", &["-c", "echo broken >&2; exit 3"]).unwrap_err();
        assert_eq!(error.to_string(), "`sh` ended with exit status: 3: broken");
        let denied = run("sh", &["-c", "echo 'Operation not permitted (you must be root)' >&2; exit 1"]).unwrap_err();
        let denied = denied.trying("read");
        assert!(matches!(denied, EngineError::Denied { by: Gate::Host, .. }));
        assert!(denied.hint().is_some_and(|hint| hint.contains("sudo")));
    }

    #[test]
    fn an_endless_answer_is_cut_off_and_its_tool_ended() {
        assert!(matches!(run("sh", &["-c", "exec yes"]), Err(RunError::Long { .. })));
    }
}
