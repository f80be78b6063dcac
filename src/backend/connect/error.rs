//! Why an engine could not be reached, in sentences.
//! Must not know what was being asked of the engine.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::ssh::SshFailure;
use crate::model::endpoint::Address;

/// Why an engine could not be reached. Cheap to clone, so that a screen may keep it.
#[derive(Debug, Clone, Error)]
pub enum ConnectError {
    /// A Unix socket could not be opened.
    #[error("cannot open the socket `{path}`: {source}")]
    Socket {
        /// The path of the socket.
        path: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A named pipe could not be opened.
    #[error("cannot open the pipe `{pipe}`: {source}")]
    Pipe {
        /// The pipe as Windows spells it.
        pipe: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The host has no IP address.
    #[error("cannot find the address of `{host}`: {source}")]
    Resolve {
        /// The host as written.
        host: String,
        /// What the resolver said.
        source: Arc<io::Error>,
    },
    /// No TCP connection came about.
    #[error("cannot connect to `{host}` on port {port}: {source}")]
    Tcp {
        /// The host as written.
        host: String,
        /// The port tried.
        port: u16,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A TLS file could not be read.
    #[error("cannot read the TLS {what} `{path}`: {source}", path = .path.display())]
    TlsFile {
        /// What the file is for.
        what: TlsPart,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A TLS file holds no PEM block of the kind needed.
    #[error("the TLS {what} `{path}` holds no {what} in PEM form", path = .path.display())]
    NotPem {
        /// What the file is for.
        what: TlsPart,
        /// The file.
        path: PathBuf,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("a TLS {present} is given, but no {missing}")]
    TlsHalf {
        /// What is given.
        present: TlsPart,
        /// What is not.
        missing: TlsPart,
    },
    /// TLS could not be set up, or the two sides did not agree.
    #[error("TLS with `{host}` failed: {source}")]
    Tls {
        /// The host as written.
        host: String,
        /// What rustls said.
        source: rustls::Error,
    },
    /// The connection broke while TLS was being agreed on.
    #[error("TLS with `{host}` failed: {source}")]
    TlsBroken {
        /// The host as written.
        host: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// ssh did not get through, or found no engine at the other end.
    #[error("ssh to `{host}`: {why}")]
    Ssh {
        /// The host as written, with the login name where one is written.
        host: String,
        /// What ssh said, understood as far as possible.
        why: SshFailure,
    },
    /// All connections that one ssh server is asked to carry are taken.
    #[error("ssh to `{host}`: all {limit} connections are in use")]
    Busy {
        /// The host as written.
        host: String,
        /// How many there may be.
        limit: usize,
    },
    /// Nothing answered in time.
    #[error("`{address}` did not answer within {} s", .after.as_secs())]
    Timeout {
        /// The address tried.
        address: Address,
        /// How long we waited.
        after: Duration,
    },
    /// The engine expects TLS, and we spoke without.
    #[error("`{address}` expects TLS")]
    WantsTls {
        /// The address tried.
        address: Address,
    },
    /// Something answers, and it is not a Docker-compatible engine.
    #[error("`{address}` answers, but not as a Docker-compatible engine (status {status})")]
    NotAnEngine {
        /// The address tried.
        address: Address,
        /// The HTTP status of the answer to `/_ping`.
        status: u16,
    },
    /// The connection was made and then broke, or what came was not HTTP.
    #[error("the conversation with `{address}` broke: {source}")]
    Broken {
        /// The address tried.
        address: Address,
        /// What the HTTP client said.
        source: Arc<hyper_util::client::legacy::Error>,
    },
    /// The address leads to an engine that is not reached over HTTP, or not from this system.
    #[error("`{address}` cannot be dialled from here")]
    NotDialled {
        /// The address.
        address: Address,
    },
}

/// The parts a TLS connection is set up from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPart {
    /// Certificates that vouch for the engine.
    Authority,
    /// Our own certificate.
    Certificate,
    /// The private key of our certificate.
    Key,
}

impl std::fmt::Display for TlsPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Authority => "CA certificate",
            Self::Certificate => "certificate",
            Self::Key => "private key",
        })
    }
}

impl ConnectError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Socket { source, .. } => socket_hint(source.kind()),
            Self::Pipe { source, .. } => pipe_hint(source.kind()),
            Self::Tcp { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused => {
                Some("does the engine listen on this port? dockerd needs `-H tcp://…` for it")
            }
            Self::TlsHalf { .. } => Some("give both --tlscert and --tlskey"),
            Self::Tls { source, .. } => tls_hint(source),
            Self::Ssh { why, .. } => why.hint(),
            Self::Busy { .. } => Some("close a log, stats or exec view of this endpoint"),
            Self::Timeout { .. } => Some("a firewall may be dropping the packets, or the engine hangs"),
            Self::WantsTls { .. } => Some("give --tlsverify with --tlscacert, --tlscert and --tlskey"),
            Self::NotAnEngine { .. } => Some("is this the port of an engine, and not of something else?"),
            _ => None,
        }
    }

    /// Finds the connect error at the bottom of an error of the HTTP client or of bollard, if one is there.
    ///
    /// A stream of ours reports its failures through `std::io::Error`, so those are opened too.
    #[must_use]
    pub fn behind<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if let Some(found) = inner.and_then(|inner| inner.downcast_ref::<Self>()) {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

fn socket_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NotFound => Some("is the engine installed and started?"),
        io::ErrorKind::ConnectionRefused => Some("the socket is a leftover: start the engine"),
        io::ErrorKind::PermissionDenied => {
            Some("join the socket's group (`usermod -aG docker $USER`, then log in again), or run as root")
        }
        _ => None,
    }
}

fn pipe_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NotFound => Some("is the engine's service running? try `sc query docker`"),
        io::ErrorKind::PermissionDenied => Some("run as administrator, or join the group docker-users"),
        _ => None,
    }
}

fn tls_hint(error: &rustls::Error) -> Option<&'static str> {
    use rustls::{AlertDescription as Alert, CertificateError as Bad, Error};
    match error {
        Error::InvalidCertificate(Bad::UnknownIssuer) => {
            Some("name the CA that signed the engine's certificate with --tlscacert")
        }
        Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            Some("the engine's certificate has expired, or this machine's clock is wrong")
        }
        Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            Some("connect by a name that stands in the engine's certificate")
        }
        Error::AlertReceived(Alert::CertificateRequired | Alert::BadCertificate | Alert::UnknownCA) => {
            Some("the engine wants a certificate it knows: give --tlscert and --tlskey")
        }
        Error::InvalidMessage(_) => Some("the other side may not speak TLS at all: try tcp:// without TLS"),
        _ => None,
    }
}
