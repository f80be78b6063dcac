//! One request to an engine and the bytes it answers, bounded in time and size. Knows no noun.
//!
//! bollard's typed calls lose what its types do not know and fail as a whole on one unknown word, so only its
//! connection is used: its request modifier aims a call that streams bytes at any path.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bollard::{BollardRequest, Docker};
use bytes::Bytes as Chunk;
use futures_util::{Stream, StreamExt, future};
use hyper::{
    Method, Uri,
    header::{CONTENT_TYPE, HeaderValue},
    http::HeaderName,
};
use serde::Serialize;
use tokio_util::{
    codec::{FramedRead, LinesCodec, LinesCodecError},
    io::StreamReader,
};

use super::error::{failed, nonsense, timeout};
use crate::backend::{Archive, EngineError, Flow, Result};

/// Bytes of one answer that are taken at most; an engine with 100,000 containers stays far below.
const MOST: usize = 512 << 20;
/// Bytes of one line of a stream; a sample of a container with many disks has some ten thousand.
const LONGEST_LINE: usize = 4 << 20;
/// The header in which an engine takes the login for a registry.
const AUTH: HeaderName = HeaderName::from_static("x-registry-auth");

/// Sends requests through a bollard client; clones share its connections.
#[derive(Clone)]
pub(super) struct Call(Docker);

/// A request.
#[derive(Clone)]
pub(super) struct Ask {
    method: Method,
    path: String,
    body: Option<Chunk>,
    auth: Option<HeaderValue>,
    upload: Option<Upload>,
}

/// An archive on its way to the engine; it is sent once, so whoever sends it takes it out.
type Upload = Arc<Mutex<Option<Archive>>>;

impl Ask {
    /// A question.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, auth: None, upload: None }
    }

    /// A deed.
    pub(super) fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    /// A replacement of what is there.
    pub(super) fn put(path: impl Into<String>) -> Self {
        Self { method: Method::PUT, ..Self::get(path) }
    }

    /// A removal.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    /// With `key=value` behind the path.
    pub(super) fn with(mut self, key: &str, value: impl AsRef<str>) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(key);
        self.path.push('=');
        self.path.push_str(&encoded(value.as_ref()));
        self
    }

    /// With a body. What cannot be spelt as JSON is sent without, and the engine says what it lacks.
    pub(super) fn body(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok().map(Chunk::from);
        self
    }

    /// With an archive, sent as it comes.
    pub(super) fn upload(mut self, archive: Archive) -> Self {
        self.upload = Some(Arc::new(Mutex::new(Some(archive))));
        self
    }

    /// With a login for a registry, in base64url.
    pub(super) fn auth(mut self, auth: Option<String>) -> Self {
        self.auth = auth.and_then(|auth| HeaderValue::from_str(&auth).ok());
        self
    }

    fn aim(&self, mut request: BollardRequest) -> BollardRequest {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = self.path.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        *request.method_mut() = self.method.clone();
        if let Some(auth) = &self.auth {
            request.headers_mut().insert(AUTH, auth.clone());
        }
        if let Some(body) = &self.body {
            *request.body_mut() = bollard::body_full(body.clone());
        }
        let archive = self.upload.as_ref().and_then(|up| up.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(archive) = archive {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
            let pieces = archive.map(|piece| piece.map_err(std::io::Error::other));
            *request.body_mut() = bollard::body_try_stream(pieces);
        }
        request
    }
}

impl Call {
    /// Calls through `docker`.
    pub(super) fn new(docker: Docker) -> Self {
        Self(docker)
    }

    fn raw(&self, ask: Ask) -> impl Stream<Item = std::result::Result<Chunk, bollard::errors::Error>> + Unpin + use<> {
        let docker = self.0.clone().with_request_modifier(move |request| ask.aim(request));
        // The path is replaced by the modifier above.
        docker.export_container("_")
    }

    /// The whole answer. Neither its begin nor any piece of it may take longer than `limit`.
    pub(super) async fn bytes(&self, tried: &str, ask: Ask, limit: Duration) -> Result<Vec<u8>> {
        let mut stream = self.raw(ask);
        let mut answer = Vec::new();
        loop {
            let next = tokio::time::timeout(limit, stream.next()).await.map_err(|_| timeout(tried, limit))?;
            let Some(piece) = next else {
                return Ok(answer);
            };
            answer.extend_from_slice(&piece.map_err(|error| failed(tried, error))?);
            if answer.len() > MOST {
                return Err(nonsense(tried, "it does not end"));
            }
        }
    }

    /// The whole answer, read by `read`.
    pub(super) async fn read<T>(
        &self,
        tried: &str,
        ask: Ask,
        limit: Duration,
        read: impl FnOnce(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T> {
        let body = self.bytes(tried, ask, limit).await?;
        read(&body).map_err(|why| nonsense(tried, why))
    }

    /// A deed whose answer does not matter.
    pub(super) async fn done(&self, tried: &str, ask: Ask, limit: Duration) -> Result<()> {
        self.bytes(tried, ask, limit).await.map(drop)
    }

    /// The answer as it comes, without end. Nothing bounds the time to its first byte: a silent log is no error.
    pub(super) fn stream(&self, tried: String, ask: Ask) -> Flow<Chunk> {
        Box::pin(self.raw(ask).map(move |piece| piece.map_err(|error| failed(&tried, error))))
    }
}

/// Cuts a stream of JSON documents at its line ends. A line longer than [`LONGEST_LINE`] ends the stream.
pub(super) fn json_lines(chunks: Flow<Chunk>) -> Flow<Vec<u8>> {
    let reader = StreamReader::new(chunks.map(|chunk| chunk.map_err(std::io::Error::other)));
    let lines = FramedRead::new(reader, LinesCodec::new_with_max_length(LONGEST_LINE));
    Box::pin(lines.filter_map(|line| future::ready(line_or_error(line).transpose())))
}

fn line_or_error(line: std::result::Result<String, LinesCodecError>) -> Result<Option<Vec<u8>>> {
    match line {
        Ok(line) => Ok((!line.trim().is_empty()).then(|| line.into_bytes())),
        Err(LinesCodecError::MaxLineLengthExceeded) => Err(nonsense("read a stream", "a line does not end")),
        // Our own error went in through the reader, and comes out as it was.
        Err(LinesCodecError::Io(error)) => Err(match error.downcast::<EngineError>() {
            Ok(ours) => ours,
            Err(error) => nonsense("read a stream", error),
        }),
    }
}

/// Percent-encodes what may not stand in a query (RFC 3986, "unreserved").
fn encoded(text: &str) -> String {
    encode(text, b"")
}

/// Percent-encodes what may not stand in a path; `/`, `:` and `@` of image references may.
pub(super) fn segment(text: &str) -> String {
    encode(text, b"/:@")
}

fn encode(text: &str, also: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_break_out_of_its_place() {
        let ask = Ask::get("/images/json").with("filters", r#"{"a":["b c"]}"#).with("x", "1&y=2");
        assert_eq!(ask.path, "/images/json?filters=%7B%22a%22%3A%5B%22b%20c%22%5D%7D&x=1%26y%3D2");
        assert_eq!(segment("ghcr.io/a/b:1@sha256:0?x"), "ghcr.io/a/b:1@sha256:0%3Fx");
    }
}
