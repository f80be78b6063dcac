//! The greeting: asks an engine which API it speaks, and writes later requests for that version.
//! Must not know how the stream to the engine came about.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bollard::{API_DEFAULT_VERSION, BollardRequest};
use http_body_util::{BodyExt, Limited};
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode, Uri};

use super::{ConnectError, Http};
use crate::model::endpoint::Address;

/// The body of a request, as bollard makes it.
pub(super) type Body = <BollardRequest as RequestBody>::Body;

/// Names the body type of a request; bollard keeps its name to itself.
pub(super) trait RequestBody {
    /// The body type.
    type Body;
}

impl<B> RequestBody for Request<B> {
    type Body = B;
}

/// The most of an answer to a greeting that is read, in bytes; `OK` is the usual one.
const ANSWER_READ: usize = 4 * 1024;

/// What a TLS server written in Go answers to plain HTTP (net/http).
const WANTS_TLS: &str = "HTTP request to an HTTPS server";

/// A version of the Docker API, such as 1.41.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The part before the dot.
    pub major: usize,
    /// The part after the dot.
    pub minor: usize,
}

impl ApiVersion {
    /// The newest version that we can read, which is the one that bollard's types follow.
    pub const NEWEST: Self =
        Self { major: API_DEFAULT_VERSION.major_version, minor: API_DEFAULT_VERSION.minor_version };
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (major, minor) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |part: &str| part.parse().map_err(|_| NotAVersion);
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

/// The text is not two numbers with a dot between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API version")]
pub struct NotAVersion;

/// What an engine says of itself in the headers of its answer to `/_ping`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The newest API version that it speaks; `None` if it does not say.
    pub newest: Option<ApiVersion>,
    /// The version that we speak with it; `None` leaves the choice to the engine.
    pub spoken: Option<ApiVersion>,
    /// The operating system of its containers (`linux`, `windows`), if it says.
    pub os: Option<String>,
    /// The name and version of its HTTP server (`Docker/28.0.1 (linux)`, `Libpod/5.0`), if it says.
    pub server: Option<String>,
}

impl Greeting {
    fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let newest = text("api-version").and_then(|version| version.parse().ok());
        let spoken = newest.map(|newest: ApiVersion| newest.min(ApiVersion::NEWEST));
        Self { newest, spoken, os: text("ostype"), server: text("server") }
    }
}

/// Greets the engine and settles the version for the requests to come.
pub(super) async fn greet(http: &Http, base: &str, address: &Address) -> Result<Greeting, ConnectError> {
    let strange = |status: StatusCode| ConnectError::NotAnEngine { address: address.clone(), status: status.as_u16() };
    let request = Request::get(format!("{base}/_ping"))
        .body(bollard::body_full(bytes::Bytes::new()))
        .map_err(|_| ConnectError::NotDialled { address: address.clone() })?;
    let response = http.client.request(request).await.map_err(|error| broken(http, address, error))?;
    let (head, body) = response.into_parts();
    let answer = Limited::new(body, ANSWER_READ).collect().await;
    let answer = answer.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if String::from_utf8_lossy(&answer).contains(WANTS_TLS) {
        return Err(ConnectError::WantsTls { address: address.clone() });
    }
    let greeting = Greeting::from_headers(&head.headers);
    // An engine in trouble answers with 500, and still says its version; it is worth a look.
    if greeting.newest.is_none() && !(head.status.is_success() && answer.trim_ascii() == b"OK") {
        return Err(strange(head.status));
    }
    if let Some(spoken) = greeting.spoken {
        // A second greeting finds the version settled already, by the same rule.
        let _ = http.version.set(spoken);
    }
    Ok(greeting)
}

fn broken(http: &Http, address: &Address, error: hyper_util::client::legacy::Error) -> ConnectError {
    let reason = ConnectError::behind(&error).cloned().or_else(|| http.obituary.take());
    reason.unwrap_or_else(|| ConnectError::Broken { address: address.clone(), source: Arc::new(error) })
}

/// Writes the version in front of the path. bollard 0.21 leaves it out, and an engine newer than
/// our types would then answer in a form of its own choice.
pub(super) fn versioned(mut request: BollardRequest, version: Option<&ApiVersion>) -> BollardRequest {
    let Some(version) = version else {
        return request;
    };
    let mut parts = request.uri().clone().into_parts();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    parts.path_and_query = format!("/v{version}{path}").parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
