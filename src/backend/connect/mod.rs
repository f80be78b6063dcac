//! Makes a client for the engine of an endpoint, whatever lies between.
//! Must not know what is asked of the engine, beyond the greeting by which the API version is settled.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

mod dial;
mod error;
mod greet;
#[cfg(windows)]
mod pipe;
mod ssh;
#[cfg(test)]
mod tests;
mod tls;

pub use error::{ConnectError, TlsPart};
pub use greet::{ApiVersion, Greeting};
pub use ssh::SshFailure;

use crate::model::endpoint::{Address, Endpoint};
use dial::{Dialler, Obituary};

/// Names the ssh program, and arguments for it, divided by white space.
pub const SSH_VARIABLE: &str = "LONGSHORE_SSH";

/// How long an idle connection is kept for the next request. Short, for an idle console should
/// hold neither an ssh process nor a slot of the engine.
const IDLE: Duration = Duration::from_secs(20);

/// How connections are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long making a connection, and the greeting, may take.
    pub connect_timeout: Duration,
    /// How long an engine may take to begin its answer to a request, in whole seconds.
    pub request_timeout: Duration,
    /// The ssh program and the arguments that come before ours.
    pub ssh: Vec<OsString>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(120),
            ssh: vec!["ssh".into()],
        }
    }
}

impl Options {
    /// The same options with the ssh program that `LONGSHORE_SSH` names; an empty value changes nothing.
    #[must_use]
    pub fn with_ssh_command(mut self, command: &str) -> Self {
        let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
        if !words.is_empty() {
            self.ssh = words;
        }
        self
    }
}

/// An engine that answered.
#[derive(Debug, Clone)]
pub struct Link {
    /// The client, speaking the version both sides know.
    pub docker: Docker,
    /// What the engine said of itself.
    pub greeting: Greeting,
}

/// The HTTP client under bollard, and the API version that its requests are written for.
#[derive(Clone)]
struct Http {
    client: Client<Dialler, greet::Body>,
    obituary: Obituary,
    version: Arc<OnceLock<ApiVersion>>,
}

/// A client for the engine of `endpoint`. Nothing is opened yet: that happens on the first request.
///
/// # Errors
/// When the address cannot be dialled from this system, or a TLS file cannot be used.
pub fn client(endpoint: &Endpoint, options: &Options) -> Result<Docker, ConnectError> {
    docker(&http(endpoint, options)?, endpoint, options)
}

/// Connects, greets the engine and settles the API version. Takes no longer than
/// `options.connect_timeout`; dropping the future ends the attempt.
///
/// # Errors
/// Whatever keeps the engine from being reached, or shows that it is none.
pub async fn connect(endpoint: &Endpoint, options: &Options) -> Result<Link, ConnectError> {
    let limit = options.connect_timeout;
    let http = http(endpoint, options)?;
    let address = &endpoint.address;
    let greeting = tokio::time::timeout(limit, greet::greet(&http, &base(endpoint), address))
        .await
        .unwrap_or_else(|_| Err(ConnectError::Timeout { address: address.clone(), after: limit }))?;
    Ok(Link { docker: docker(&http, endpoint, options)?, greeting })
}

fn http(endpoint: &Endpoint, options: &Options) -> Result<Http, ConnectError> {
    let dialler = Dialler::new(endpoint, options)?;
    let obituary = dialler.obituary().clone();
    let client =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build(dialler);
    Ok(Http { client, obituary, version: Arc::default() })
}

fn docker(http: &Http, endpoint: &Endpoint, options: &Options) -> Result<Docker, ConnectError> {
    let http = http.clone();
    let transport = move |request: BollardRequest| {
        let response = http.client.request(greet::versioned(request, http.version.get()));
        let obituary = http.obituary.clone();
        async move { response.await.map_err(|error| explained(error, &obituary)) }
    };
    let seconds = options.request_timeout.as_secs().max(1);
    Docker::connect_with_custom_transport(transport, Some(base(endpoint)), seconds, API_DEFAULT_VERSION)
        .map_err(|_| ConnectError::NotDialled { address: endpoint.address.clone() })
}

/// Puts the reason for a broken stream where [`ConnectError::behind`] finds it.
fn explained(error: hyper_util::client::legacy::Error, obituary: &Obituary) -> bollard::errors::Error {
    match (ConnectError::behind(&error), obituary.take()) {
        (None, Some(reason)) => std::io::Error::other(reason).into(),
        _ => error.into(),
    }
}

/// The URL that requests are written for. Only TCP engines have a host name that means something to
/// them; and a zone, which only this machine understands, does not belong in a URL (RFC 9844).
fn base(endpoint: &Endpoint) -> String {
    match (&endpoint.address, endpoint.port()) {
        (Address::Tcp { host, .. } | Address::Https { host, .. }, Some(port)) if !host.contains('%') => {
            if host.contains(':') { format!("http://[{host}]:{port}") } else { format!("http://{host}:{port}") }
        }
        _ => "http://docker".into(),
    }
}
