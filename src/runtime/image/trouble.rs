//! What goes wrong at a registry, as sentences for people. Knows no job.

use std::error::Error;

use oci_client::errors::{OciDistributionError as Broken, OciErrorCode as Code};

use crate::{model::text::clean, runtime::RuntimeError};

/// Says what `error` means when `tried` was tried at the registry `host`.
pub(super) fn at_registry(tried: &str, host: &str, error: Broken) -> RuntimeError {
    let tried = tried.to_owned();
    match error {
        Broken::UnauthorizedError { .. } => {
            let why = format!("{host} has no such repository, or does not show it without a login");
            RuntimeError::Denied { tried, why, by_registry: true }
        }
        Broken::AuthenticationFailure(words) => {
            RuntimeError::Denied { tried, why: format!("{host} refuses the login{}", after(&words)), by_registry: true }
        }
        Broken::RegistryError { envelope, .. } => {
            let first = envelope.errors.into_iter().next();
            let (code, words) = first.map_or((None, String::new()), |error| (Some(error.code), error.message));
            told(tried, host, code.as_ref(), &words)
        }
        Broken::ServerError { code: 401 | 403, message, .. } => {
            let why = format!("{host} does not allow it{}", after(&message));
            RuntimeError::Denied { tried, why, by_registry: true }
        }
        Broken::ServerError { code: 404, .. } | Broken::ImageManifestNotFoundError(_) => {
            RuntimeError::NotFound { tried, why: format!("{host} has no such image") }
        }
        Broken::ServerError { code, message, .. } => {
            RuntimeError::Unreachable { tried, why: format!("{host} answers with status {code}{}", after(&message)) }
        }
        Broken::DigestError(error) => {
            let words = error.to_string();
            RuntimeError::Corrupt { tried, why: format!("what {host} sends has another digest{}", after(&words)) }
        }
        Broken::RequestError(error) => RuntimeError::Unreachable { tried, why: format!("{host}: {}", cause(&error)) },
        Broken::IoError(error) => RuntimeError::Unreachable { tried, why: format!("{host}: {}", cause(&error)) },
        other => {
            RuntimeError::Corrupt { tried, why: format!("{host} answers nonsense: {}", clean(&other.to_string())) }
        }
    }
}

fn told(tried: String, host: &str, code: Option<&Code>, words: &str) -> RuntimeError {
    match code {
        Some(Code::Unauthorized | Code::Denied) => {
            RuntimeError::Denied { tried, why: format!("{host} does not allow it{}", after(words)), by_registry: true }
        }
        Some(Code::ManifestUnknown | Code::NameUnknown | Code::NotFound) => {
            RuntimeError::NotFound { tried, why: format!("{host} has no such image{}", after(words)) }
        }
        Some(Code::BlobUnknown) => {
            RuntimeError::Corrupt { tried, why: format!("{host} has lost a part of it{}", after(words)) }
        }
        Some(Code::Toomanyrequests) => RuntimeError::Unreachable {
            tried,
            why: format!("{host} limits how much one may ask of it{}", after(words)),
        },
        _ => RuntimeError::Unreachable { tried, why: format!("{host} refuses{}", after(words)) },
    }
}

/// Whether it makes sense to try the same once more: the way was broken, not the question.
pub(super) fn may_pass(error: &Broken) -> bool {
    match error {
        Broken::RequestError(_) | Broken::IoError(_) => true,
        Broken::ServerError { code, .. } => *code >= 500 || *code == 429,
        _ => false,
    }
}

/// The registry's own words, when it has any, after a colon.
fn after(words: &str) -> String {
    /// Some registries answer with whole pages.
    const MOST: usize = 200;
    let words: String = words.trim().chars().take(MOST).collect();
    if words.is_empty() { String::new() } else { format!(": {}", clean(&words)) }
}

/// The innermost cause, which is the one that says what happened.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    clean(&deepest.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> RuntimeError {
        let envelope = serde_json::from_str(json).unwrap();
        at_registry("pull `a:1`", "reg.io", Broken::RegistryError { envelope, url: String::new() })
    }

    #[test]
    fn what_a_registry_says_becomes_a_kind_and_a_sentence() {
        let unknown = said(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#);
        assert_eq!(unknown.to_string(), "cannot pull `a:1`: reg.io has no such image: manifest unknown");
        assert!(matches!(unknown, RuntimeError::NotFound { .. }));
        let denied = said(r#"{"errors":[{"code":"DENIED","message":"\u001b[2Jno"}]}"#);
        assert!(denied.hint().is_some_and(|hint| hint.contains("log in")));
        assert!(!denied.to_string().contains('\u{1b}'));
        let unauthorized = at_registry("pull `a`", "reg.io", Broken::UnauthorizedError { url: String::new() });
        assert!(matches!(unauthorized, RuntimeError::Denied { by_registry: true, .. }));
        assert!(matches!(said(r#"{"errors":[]}"#), RuntimeError::Unreachable { .. }));
    }

    #[test]
    fn only_a_broken_way_is_worth_another_try() {
        let server = |code| Broken::ServerError { code, url: String::new(), message: String::new() };
        assert!(may_pass(&server(503)) && may_pass(&server(429)));
        assert!(!may_pass(&server(404)));
        assert!(!may_pass(&Broken::UnauthorizedError { url: String::new() }));
        assert!(may_pass(&Broken::IoError(std::io::Error::other("x"))));
    }
}
