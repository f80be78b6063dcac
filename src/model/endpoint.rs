//! An endpoint: the name, address and TLS files of an engine to look at.
//! Must not know how a connection is made, nor whether anything answers there.

use std::fmt;
use std::path::PathBuf;

mod address;

pub use address::{Address, AddressError};

/// Port of a Docker engine without encryption (registered with IANA as `docker`).
pub const PLAIN_PORT: u16 = 2375;
/// Port of a Docker engine with TLS (registered with IANA as `docker-s`).
pub const TLS_PORT: u16 = 2376;
/// Port of `https://` where none is written (RFC 9110, section 4.2.2).
pub const HTTPS_PORT: u16 = 443;

/// The PEM files of a TLS connection, and whether the engine must prove who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates that may vouch for the engine; the system's own where none is named.
    pub ca: Option<PathBuf>,
    /// The certificate by which we prove who we are.
    pub cert: Option<PathBuf>,
    /// The private key of `cert`.
    pub key: Option<PathBuf>,
    /// Whether the engine's certificate is checked; without that, anybody on the way can read and change everything.
    pub verify: bool,
}

impl Default for TlsFiles {
    fn default() -> Self {
        Self { ca: None, cert: None, key: None, verify: true }
    }
}

/// What told us about an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A flag: `-H`, `--context` or `--embedded`.
    Flag,
    /// `DOCKER_HOST` or `DOCKER_CONTEXT`.
    Env,
    /// Our own `config.toml`.
    Config,
    /// A context of the docker command line.
    Context,
    /// A look at this machine: a socket, a pipe, or the engine aboard.
    Found,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "command line",
            Self::Env => "environment",
            Self::Config => "config",
            Self::Context => "docker context",
            Self::Found => "this machine",
        })
    }
}

/// Which sort of engine answers at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// The engine aboard.
    Embedded,
    /// Docker, or an engine that speaks its API without saying more.
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
    /// Another longshore, serving its engine.
    Longshore,
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Longshore => "longshore",
        })
    }
}

/// An engine to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The name by which the user knows it; unique among the endpoints of one session.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// The TLS files to use, where TLS was asked for.
    pub tls: Option<TlsFiles>,
    /// What told us about it.
    pub source: Source,
    /// Whether nothing may be changed there.
    pub read_only: bool,
}

impl Endpoint {
    /// An endpoint without TLS files that may be changed.
    #[must_use]
    pub fn new(name: impl Into<String>, address: Address, source: Source) -> Self {
        Self { name: name.into(), address, tls: None, source, read_only: false }
    }

    /// Whether the engine certainly runs on this machine; a loopback TCP address may be a tunnel, so it does not count.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Unix(_) | Address::Embedded => true,
            Address::Pipe { server, .. } => server == ".",
            Address::Tcp { .. } | Address::Https { .. } | Address::Ssh { .. } => false,
        }
    }

    /// Whether the connection is encrypted by TLS: asked for, or implied by `https://` or by port 2376.
    #[must_use]
    pub fn uses_tls(&self) -> bool {
        match &self.address {
            Address::Https { .. } => true,
            Address::Tcp { port, .. } => self.tls.is_some() || *port == Some(TLS_PORT),
            _ => false,
        }
    }

    /// Whether anyone on the way can read along and take over: TCP without TLS.
    #[must_use]
    pub fn is_plain_tcp(&self) -> bool {
        matches!(self.address, Address::Tcp { .. }) && !self.uses_tls()
    }

    /// The TCP port to connect to: the one written, or the registered one; `None` where TCP is not spoken or ssh decides.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let usual = if self.uses_tls() { TLS_PORT } else { PLAIN_PORT };
        match &self.address {
            Address::Tcp { port, .. } => Some(port.unwrap_or(usual)),
            Address::Https { port, .. } => Some(port.unwrap_or(HTTPS_PORT)),
            Address::Ssh { port, .. } => *port,
            _ => None,
        }
    }

    /// The sort of engine the address suggests, until the engine itself has spoken.
    #[must_use]
    pub fn likely_kind(&self) -> EndpointKind {
        let names = |word: &str| self.address.to_string().contains(word);
        match &self.address {
            Address::Embedded => EndpointKind::Embedded,
            Address::Unix(_) | Address::Pipe { .. } if names("podman") => EndpointKind::Podman,
            Address::Unix(_) | Address::Pipe { .. } if names("longshore") => EndpointKind::Longshore,
            _ => EndpointKind::Docker,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Endpoint {
        Endpoint::new("x", address.parse().unwrap(), Source::Flag)
    }

    #[test]
    fn tls_is_implied_by_the_registered_port_and_by_https() {
        assert!(at("tcp://host:2376").uses_tls());
        assert!(at("https://host:2375").uses_tls());
        assert!(!at("tcp://host").uses_tls());
        assert!(!at("ssh://host").uses_tls());
        assert!(at("tcp://host").is_plain_tcp());
        assert!(!at("unix:///run/x.sock").is_plain_tcp());
    }

    #[test]
    fn an_unwritten_port_follows_from_the_encryption() {
        let mut endpoint = at("tcp://host");
        assert_eq!(endpoint.port(), Some(PLAIN_PORT));
        endpoint.tls = Some(TlsFiles::default());
        assert_eq!(endpoint.port(), Some(TLS_PORT));
        assert!(!endpoint.is_plain_tcp());
        assert_eq!(at("https://host").port(), Some(HTTPS_PORT));
        assert_eq!(at("ssh://host").port(), None);
    }

    #[test]
    fn loopback_tcp_is_not_called_local() {
        assert!(at("embedded:").is_local());
        assert!(at("npipe:////./pipe/docker_engine").is_local());
        assert!(!at("npipe:////server/pipe/docker_engine").is_local());
        assert!(!at("tcp://127.0.0.1").is_local());
    }

    #[test]
    fn the_address_suggests_the_kind() {
        assert_eq!(at("unix:///run/podman/podman.sock").likely_kind(), EndpointKind::Podman);
        assert_eq!(at("unix:///run/docker.sock").likely_kind(), EndpointKind::Docker);
        assert_eq!(at("tcp://podman").likely_kind(), EndpointKind::Docker);
    }
}
