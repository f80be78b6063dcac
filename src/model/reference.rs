//! References to images: what a person types to name one. Knows no registry.

/// The tag that is meant where none is written.
pub const DEFAULT_TAG: &str = "latest";

/// Why a text names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReference {
    /// There is nothing.
    #[error("type the name of an image, such as alpine:3.22")]
    Empty,
    /// The repository's path cannot be one.
    #[error("`{0}` is no repository: lower-case letters and digits, with single . _ - or __ between")]
    Repository(String),
    /// The registry's name cannot be one.
    #[error("`{0}` is no registry: a host, and perhaps a port")]
    Registry(String),
    /// The tag cannot be one.
    #[error("`{0}` is no tag: up to 128 letters, digits, _ . -, beginning with none of . -")]
    Tag(String),
    /// The digest cannot be one.
    #[error("`{0}` is no digest: sha256: and 64 hex digits")]
    Digest(String),
}

/// The reference with its tag written out: [`DEFAULT_TAG`] where it has neither tag nor digest. The grammar is that of
/// the distribution project's `reference` package.
///
/// # Errors
/// Which piece of it cannot be what it stands for.
pub fn whole_reference(text: &str) -> Result<String, BadReference> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadReference::Empty);
    }
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (text, None),
    };
    // A colon before a slash is the port of a registry.
    let tag_at = named.rfind(':').filter(|at| !named[*at..].contains('/'));
    let (repository, tag) = tag_at.map_or((named, None), |at| (&named[..at], Some(&named[at + 1..])));
    check_repository(repository)?;
    if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
        return Err(BadReference::Tag(tag.to_owned()));
    }
    match digest {
        Some(digest) if !is_digest(digest) => Err(BadReference::Digest(digest.to_owned())),
        None if tag.is_none() => Ok(format!("{text}:{DEFAULT_TAG}")),
        _ => Ok(text.to_owned()),
    }
}

fn check_repository(repository: &str) -> Result<(), BadReference> {
    let path = match repository.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
            if !is_registry(first) {
                return Err(BadReference::Registry(first.to_owned()));
            }
            path
        }
        _ => repository,
    };
    if path.split('/').all(is_component) { Ok(()) } else { Err(BadReference::Repository(path.to_owned())) }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // Brackets hold the colons of an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_name = host.split('.').all(|label| {
        let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    });
    let is_v6 = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .is_some_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok());
    (is_name || is_v6) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|b| word(*b)) && bytes.last().is_some_and(|b| word(*b));
    let between = bytes.chunk_by(|a, b| word(*a) == word(*b)).filter(|run| !word(run[0]));
    ends && between.into_iter().all(|run| matches!(run, b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-'))
}

fn is_tag(text: &str) -> bool {
    let inner = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    inner && (1..=128).contains(&text.len()) && !text.starts_with(['.', '-'])
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tag_is_the_default() {
        assert_eq!(whole_reference(" alpine "), Ok("alpine:latest".into()));
        assert_eq!(whole_reference("localhost:5000/a/b"), Ok("localhost:5000/a/b:latest".into()));
        assert_eq!(whole_reference("ghcr.io/a/b-c__d:1.2_x"), Ok("ghcr.io/a/b-c__d:1.2_x".into()));
        assert_eq!(whole_reference("[::1]:5000/a"), Ok("[::1]:5000/a:latest".into()));
        let digest = format!("a@sha256:{}", "0".repeat(64));
        assert_eq!(whole_reference(&digest), Ok(digest));
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert_eq!(whole_reference(""), Err(BadReference::Empty));
        for bad in ["Alpine", "a//b", "a_-b", "a/", "-a", "a..b"] {
            assert!(matches!(whole_reference(bad), Err(BadReference::Repository(_))), "{bad}");
        }
        assert_eq!(whole_reference("a:-1"), Err(BadReference::Tag("-1".into())));
        assert_eq!(whole_reference("my.host:http/a"), Err(BadReference::Registry("my.host:http".into())));
        assert_eq!(whole_reference("a@sha256:12"), Err(BadReference::Digest("sha256:12".into())));
    }
}
