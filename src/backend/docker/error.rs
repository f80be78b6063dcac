//! What bollard and the engine say when something fails, as longshore says it. Knows no noun.

use std::{fmt::Display, time::Duration};

use bollard::errors::Error;

use crate::{
    backend::{EngineError, Gate, connect::ConnectError},
    model::text::clean,
};

/// Characters of an engine's message that are kept.
const LONGEST: usize = 400;

/// What engines and runtimes put before the words that matter.
const BEFORE: [&str; 9] = [
    "Error response from daemon: ",
    "failed to create task for container: ",
    "failed to create shim task: ",
    "OCI runtime create failed: ",
    "OCI runtime exec failed: ",
    "runc create failed: ",
    "exec failed: ",
    "unable to start container process: ",
    "driver failed programming external connectivity on endpoint ",
];

/// From a failed call.
pub(super) fn failed(tried: &str, error: Error) -> EngineError {
    let tried = tried.to_owned();
    match error {
        Error::DockerResponseServerError { status_code, message } => answered(tried, status_code, &message),
        Error::DockerStreamError { error } => refused(tried, 500, &error),
        Error::JsonDataError { message, .. } => EngineError::Nonsense { tried, why: plain(&message) },
        error => unreachable(tried, &error),
    }
}

/// From words in an answer that began well, such as a pull's.
pub(super) fn refused(tried: String, code: u32, message: &str) -> EngineError {
    let why = plain(message);
    let lower = why.to_lowercase();
    if ["unauthorized", "denied", "authentication required", "no basic auth"].iter().any(|word| lower.contains(word)) {
        return EngineError::Denied { tried, by: Gate::Registry, why };
    }
    EngineError::Refused { tried, code, why }
}

/// No answer within `after`.
pub(super) fn timeout(tried: &str, after: Duration) -> EngineError {
    EngineError::Timeout { tried: tried.to_owned(), after }
}

/// An answer that cannot be understood.
pub(super) fn nonsense(tried: &str, why: impl Display) -> EngineError {
    EngineError::Nonsense { tried: tried.to_owned(), why: plain(&why.to_string()) }
}

fn answered(tried: String, status: u16, message: &str) -> EngineError {
    let why = if message.trim().is_empty() { format!("it answered with status {status}") } else { plain(message) };
    match status {
        404 => EngineError::NotFound { tried, why },
        409 => EngineError::Conflict { tried, why },
        401 => EngineError::Denied { tried, by: Gate::Registry, why },
        403 => EngineError::Denied { tried, by: Gate::Engine, why },
        501 => EngineError::Unsupported { tried, why },
        status => refused(tried, u32::from(status), &why),
    }
}

fn unreachable(tried: String, error: &Error) -> EngineError {
    if let Some(known) = ConnectError::behind(error) {
        return EngineError::Unreachable { tried, why: known.to_string(), hint: known.hint().map(str::to_owned) };
    }
    // The cause at the bottom says what happened; those above only say where in the client.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    EngineError::Unreachable { tried, why: plain(&cause.to_string()), hint: None }
}

/// The engine's words on one harmless line, without what only its makers need: runtime prefixes, 64-digit ids.
pub(super) fn plain(message: &str) -> String {
    let mut words = message.trim();
    while let Some(rest) = BEFORE.iter().find_map(|before| words.strip_prefix(before)) {
        words = rest;
    }
    let words = words.trim_end_matches(": unknown").trim_end_matches(['.', '\n', ' ']);
    let short: Vec<_> = words.split(' ').map(shortened).collect();
    clean(&short.join(" ")).chars().take(LONGEST).collect()
}

/// Cuts an id inside a word to the digits that are shown elsewhere.
fn shortened(word: &str) -> String {
    let Some(start) = word.find(|c: char| c.is_ascii_hexdigit()) else {
        return word.to_owned();
    };
    let digits = word[start..].bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits != 64 {
        return word.to_owned();
    }
    format!("{}{}{}", &word[..start], &word[start..start + crate::model::SHORT], &word[start + digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status_code: u16, message: &str) -> EngineError {
        failed("stop `web`", Error::DockerResponseServerError { status_code, message: message.to_owned() })
    }

    #[test]
    fn a_status_becomes_a_reason() {
        assert!(matches!(response(404, "No such container: web"), EngineError::NotFound { .. }));
        assert!(matches!(response(409, "in use"), EngineError::Conflict { .. }));
        assert!(matches!(response(403, "no"), EngineError::Denied { by: Gate::Engine, .. }));
        let denied = response(500, "pull access denied for x");
        assert!(matches!(denied, EngineError::Denied { by: Gate::Registry, .. }));
        assert!(denied.hint().is_some_and(|hint| hint.contains("docker login")));
        assert_eq!(response(500, "").to_string(), "cannot stop `web`: it answered with status 500");
    }

    #[test]
    fn the_engine_s_words_lose_their_jargon() {
        let words = "failed to create task for container: failed to create shim task: OCI runtime create failed: \
                     runc create failed: unable to start container process: exec: \"x\": not found: unknown";
        assert_eq!(plain(words), "exec: \"x\": not found");
        let id = "ab".repeat(32);
        assert_eq!(plain(&format!("image is used by ({id}).")), "image is used by (abababababab)");
        assert_eq!(plain("a\u{1b}[2J\nb"), "a␛[2J b");
    }
}
