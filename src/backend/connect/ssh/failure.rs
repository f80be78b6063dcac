//! What ssh's last words mean.
//! Must not know how ssh is run.

use std::fmt;
use std::io;

use crate::model::text::clean;

/// Exit code by which a POSIX shell says that there is no such command (POSIX.1-2017, 2.8.2).
const NO_SUCH_COMMAND: i32 = 127;

/// How much of a line that we do not understand is repeated, in characters.
const LINE_KEPT: usize = 200;

/// Why ssh did not lead to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SshFailure {
    /// There is no ssh program on this machine.
    NoSsh,
    /// The ssh program could not be started.
    NotStarted(io::ErrorKind),
    /// The host's key is not known, and nobody may be asked about it.
    HostKeyUnknown,
    /// The host shows another key than it did before.
    HostKeyChanged,
    /// The host knows us not: no key or password that it takes.
    Denied,
    /// The host's name has no address.
    Resolve,
    /// Nothing listens on the host's ssh port.
    Refused,
    /// The host did not answer in time, or there is no way to it.
    Unreachable,
    /// There is no `docker` program on the far side.
    NoDocker,
    /// The far user may not use the far engine's socket.
    EngineDenied,
    /// The far engine does not run.
    EngineDown,
    /// Something else; the last line that ssh wrote.
    Said(String),
    /// ssh ended without a word.
    Silent {
        /// Its exit code, where it is known.
        code: Option<i32>,
    },
}

impl SshFailure {
    pub(super) fn from_spawn(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSsh,
            kind => Self::NotStarted(kind),
        }
    }

    /// Reads what ssh (or the program it ran) wrote before it ended with `code`.
    ///
    /// The wording is that of OpenSSH and of docker, and has been stable for many years.
    pub(super) fn from_words(words: &str, code: Option<i32>) -> Self {
        let said = |needle: &str| words.contains(needle);
        let no_stream = said("failed to open the raw stream connection");
        if said("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            Self::HostKeyChanged
        } else if said("Host key verification failed") {
            Self::HostKeyUnknown
        } else if said("permission denied while trying to connect to the") || no_stream && said("permission denied") {
            Self::EngineDenied
        } else if no_stream || said("Cannot connect to the Docker daemon") {
            Self::EngineDown
        } else if said("Permission denied (") || said("Too many authentication failures") {
            Self::Denied
        } else if said("Could not resolve hostname") {
            Self::Resolve
        } else if said("Connection refused") {
            Self::Refused
        } else if said("timed out") || said("No route to host") || said("Network is unreachable") {
            Self::Unreachable
        } else if code == Some(NO_SUCH_COMMAND) || said("docker: command not found") || said("docker: not found") {
            Self::NoDocker
        } else {
            last_line(words).map_or(Self::Silent { code }, Self::Said)
        }
    }

    /// What the user can do about it.
    pub(in super::super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoSsh => Some("install the OpenSSH client, or name another with LONGSHORE_SSH"),
            Self::HostKeyUnknown => Some("run `ssh` to this host once, check its key and accept it"),
            Self::HostKeyChanged => Some("find out why, before you remove the old key with `ssh-keygen -R`"),
            Self::Denied => Some("add your key to ssh-agent (`ssh-add`): longshore cannot ask for a password"),
            Self::NoDocker => Some("the docker command line must be installed on the host and in its PATH"),
            Self::EngineDenied => Some("add the login user to the group docker on the host"),
            Self::EngineDown => Some("start the engine on the host"),
            Self::Refused => Some("is the ssh server running, and is this its port?"),
            _ => None,
        }
    }
}

/// The last line that is not empty, with what could act on a terminal made visible.
fn last_line(words: &str) -> Option<String> {
    let line = words.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(clean(line).chars().take(LINE_KEPT).collect())
}

impl fmt::Display for SshFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSsh => f.write_str("there is no ssh program here"),
            Self::NotStarted(kind) => write!(f, "the ssh program does not start: {kind}"),
            Self::HostKeyUnknown => f.write_str("the host's key is not known here"),
            Self::HostKeyChanged => f.write_str("the host's key has changed: this may be another machine"),
            Self::Denied => f.write_str("permission denied: the host takes none of our keys"),
            Self::Resolve => f.write_str("the host's name cannot be resolved"),
            Self::Refused => f.write_str("connection refused"),
            Self::Unreachable => f.write_str("the host cannot be reached"),
            Self::NoDocker => f.write_str("there is no docker command on the host"),
            Self::EngineDenied => f.write_str("the login user may not use the engine there"),
            Self::EngineDown => f.write_str("the engine there does not run"),
            Self::Said(line) => f.write_str(line),
            Self::Silent { code: Some(code) } => {
                write!(f, "it ended with code {code} and without a word")
            }
            Self::Silent { code: None } => f.write_str("it ended without a word"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_openssh_and_docker_are_understood() {
        let cases = [
            ("Host key verification failed.\r\n", SshFailure::HostKeyUnknown),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
                SshFailure::HostKeyChanged,
            ),
            ("ops@h: Permission denied (publickey,password).\n", SshFailure::Denied),
            ("ssh: Could not resolve hostname h: Name or service not known\n", SshFailure::Resolve),
            ("ssh: connect to host h port 22: Connection refused\n", SshFailure::Refused),
            ("ssh: connect to host h port 22: Connection timed out\n", SshFailure::Unreachable),
            ("bash: line 1: docker: command not found\n", SshFailure::NoDocker),
            (
                "permission denied while trying to connect to the Docker daemon socket at unix:///x\n",
                SshFailure::EngineDenied,
            ),
            (
                "failed to open the raw stream connection: dial unix /x: connect: permission denied\n",
                SshFailure::EngineDenied,
            ),
            ("failed to open the raw stream connection: dial unix /x: connect: no such file\n", SshFailure::EngineDown),
            ("Cannot connect to the Docker daemon at unix:///x. Is it running?\n", SshFailure::EngineDown),
        ];
        for (words, meaning) in cases {
            assert_eq!(SshFailure::from_words(words, Some(255)), meaning, "{words}");
        }
    }

    #[test]
    fn a_shell_that_knows_no_docker_is_understood_in_any_language() {
        let words = "sh: 1: docker: nicht gefunden\n";
        assert_eq!(SshFailure::from_words(words, Some(127)), SshFailure::NoDocker);
    }

    #[test]
    fn other_words_are_repeated_but_not_obeyed() {
        let words = "banner\n\x1b[2Jkex_exchange_identification: read: reset\n\n";
        let meaning = SshFailure::from_words(words, Some(255));
        assert_eq!(meaning, SshFailure::Said("␛[2Jkex_exchange_identification: read: reset".into()));
        assert_eq!(SshFailure::from_words(" \n", Some(1)), SshFailure::Silent { code: Some(1) });
    }
}
