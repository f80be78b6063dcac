//! What went wrong aboard, in the words of an engine. Knows no cause but what the runtime tells.

use std::io;

use super::harmless;
use crate::{
    backend::{EngineError, Gate},
    runtime::RuntimeError,
};

/// What Docker answers where neither the request nor the state is to blame (RFC 9110, 15.6.1).
const INTERNAL: u32 = 500;
/// A request that makes no sense (RFC 9110, 15.5.1).
const BAD_REQUEST: u32 = 400;

/// The runtime's error as an engine's.
pub(super) fn failed(error: RuntimeError) -> EngineError {
    harmless::error(as_engine(error))
}

fn as_engine(error: RuntimeError) -> EngineError {
    let is_full = error.is_full();
    match error {
        RuntimeError::System { tried, source } if is_full => EngineError::Full { tried, why: source.to_string() },
        RuntimeError::Database { tried, source } if is_full => EngineError::Full { tried, why: source.to_string() },
        RuntimeError::NotFound { tried, why } => EngineError::NotFound { tried, why },
        RuntimeError::Conflict { tried, why } => EngineError::Conflict { tried, why },
        RuntimeError::Denied { tried, why, by_registry: true } => {
            EngineError::Denied { tried, by: Gate::Registry, why }
        }
        RuntimeError::Denied { tried, why, by_registry: false } => {
            // Root is denied only what nobody may.
            let by = if crate::runtime::is_root() { Gate::Engine } else { Gate::Host };
            EngineError::Denied { tried, by, why }
        }
        RuntimeError::System { tried, source } if source.kind() == io::ErrorKind::PermissionDenied => {
            EngineError::Denied { tried, by: Gate::Host, why: source.to_string() }
        }
        RuntimeError::Unreachable { tried, why } => {
            EngineError::Refused { tried, code: INTERNAL, why: format!("the registry cannot be reached: {why}") }
        }
        RuntimeError::Invalid { tried, why } => EngineError::Refused { tried, code: BAD_REQUEST, why },
        RuntimeError::System { tried, source } => {
            EngineError::Refused { tried, code: INTERNAL, why: source.to_string() }
        }
        RuntimeError::Database { tried, source } => {
            EngineError::Refused { tried, code: INTERNAL, why: format!("the database says: {source}") }
        }
        RuntimeError::Corrupt { tried, why } | RuntimeError::Platform { tried, why } => {
            EngineError::Refused { tried, code: INTERNAL, why }
        }
        RuntimeError::Program { tried, why, code } => {
            EngineError::Refused { tried, code: u32::try_from(code).unwrap_or(INTERNAL), why }
        }
    }
}

/// A task that did not come to its end.
pub(super) fn from_task(tried: &str, why: &tokio::task::JoinError) -> RuntimeError {
    RuntimeError::Platform { tried: tried.to_owned(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_sort_and_their_words() {
        let error = RuntimeError::Conflict { tried: "start `web`".into(), why: "it runs already".into() };
        let words = error.to_string();
        let shown = failed(error);
        assert!(matches!(shown, EngineError::Conflict { .. }));
        assert_eq!(shown.to_string(), words);
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let shown = failed(RuntimeError::System { tried: "open it".into(), source: denied });
        assert!(shown.hint().is_some_and(|hint| hint.contains("sudo")), "{shown:?}");
    }
}
