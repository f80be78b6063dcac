//! The address of an engine as it is written, parsed once.
//! Must not know how a connection is made, nor whether anything answers there.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The address of an engine, as written after `-H` and in `DOCKER_HOST`.
///
/// Printing an address and parsing it again gives the same address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// `unix:///path/to.sock`: a Unix socket at an absolute path.
    Unix(String),
    /// `npipe:////./pipe/name`: a named pipe of Windows.
    Pipe {
        /// The machine that holds the pipe; `.` is this one.
        server: String,
        /// The name of the pipe, such as `docker_engine`.
        name: String,
    },
    /// `tcp://host[:port]`: HTTP over TCP, encrypted when the endpoint has TLS files.
    Tcp {
        /// A name, an IPv4 address or an IPv6 address without brackets.
        host: String,
        /// The port, where one is written.
        port: Option<u16>,
    },
    /// `https://host[:port]`: HTTP over TLS, always.
    Https {
        /// A name, an IPv4 address or an IPv6 address without brackets.
        host: String,
        /// The port, where one is written.
        port: Option<u16>,
    },
    /// `ssh://[user@]host[:port][/socket]`: the engine of another machine, through its ssh server.
    Ssh {
        /// The login name, where one is written; otherwise ssh's own configuration decides.
        user: Option<String>,
        /// A name (or an alias of the ssh configuration), or an IP address without brackets.
        host: String,
        /// The port, where one is written; otherwise ssh's own configuration decides.
        port: Option<u16>,
        /// The engine's socket on the other machine, where it is not the usual one.
        socket: Option<String>,
    },
    /// `embedded:`: the engine aboard.
    Embedded,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Nothing is written, or the scheme is missing or unknown.
    #[error("`{text}` is not an engine address: expected unix://, npipe://, tcp://, https://, ssh:// or embedded:")]
    Scheme {
        /// The whole text.
        text: String,
    },
    /// A socket path that does not start at the root.
    #[error("`{text}`: a socket path must be absolute, as in unix:///var/run/docker.sock")]
    RelativeSocket {
        /// The whole text.
        text: String,
    },
    /// A pipe that is not spelt `npipe:////./pipe/name`.
    #[error("`{text}`: a pipe is written npipe:////./pipe/docker_engine")]
    Pipe {
        /// The whole text.
        text: String,
    },
    /// The host is missing or contains characters no host has.
    #[error("`{text}`: `{host}` is not a host name or IP address")]
    Host {
        /// The whole text.
        text: String,
        /// What stands where the host should be.
        host: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("`{text}`: `{port}` is not a port (1 to 65535)")]
    Port {
        /// The whole text.
        text: String,
        /// What stands where the port should be.
        port: String,
    },
    /// The login name cannot be one.
    #[error("`{text}`: `{user}` is not a login name (a password never belongs in an address)")]
    User {
        /// The whole text.
        text: String,
        /// What stands where the login name should be; the part before any password.
        user: String,
    },
    /// Something follows the host where nothing may.
    #[error("`{text}`: nothing may follow the host and port, but `{rest}` does")]
    Path {
        /// The whole text.
        text: String,
        /// What follows.
        rest: String,
    },
    /// A control character stands somewhere in the text.
    #[error("`{}`: an address has no control characters", .text.escape_debug())]
    Control {
        /// The whole text.
        text: String,
    },
}

impl AddressError {
    /// What the user can do about it, where that is more than correcting the spelling.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::User { .. } => Some("log in with an ssh key and ssh-agent, or with an alias of ~/.ssh/config"),
            Self::Host { .. } => Some("write an IPv6 address in brackets, as in tcp://[::1]:2375"),
            _ => None,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control { text: text.into() });
        }
        let unknown = || AddressError::Scheme { text: text.into() };
        if matches!(text, "embedded:" | "embedded" | "embedded://") {
            return Ok(Self::Embedded);
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(unknown)?;
        if scheme.eq_ignore_ascii_case("npipe") {
            return parse_pipe(text, rest);
        }
        let rest = rest.strip_prefix("//").ok_or_else(unknown)?;
        match scheme.to_ascii_lowercase().as_str() {
            "unix" => parse_socket(text, rest).map(Self::Unix),
            "tcp" | "http" => parse_authority(text, rest).map(|(host, port)| Self::Tcp { host, port }),
            "https" => parse_authority(text, rest).map(|(host, port)| Self::Https { host, port }),
            "ssh" => parse_ssh(text, rest),
            _ => Err(unknown()),
        }
    }
}

fn parse_socket(text: &str, path: &str) -> Result<String, AddressError> {
    if path.starts_with('/') && path.len() > 1 {
        Ok(path.into())
    } else {
        Err(AddressError::RelativeSocket { text: text.into() })
    }
}

fn parse_pipe(text: &str, rest: &str) -> Result<Address, AddressError> {
    let slashes = rest.replace('\\', "/");
    let parts: Vec<&str> = slashes.trim_start_matches('/').splitn(3, '/').collect();
    match parts.as_slice() {
        [server, pipe, name] if !server.is_empty() && pipe.eq_ignore_ascii_case("pipe") && !name.is_empty() => {
            Ok(Address::Pipe { server: (*server).into(), name: (*name).into() })
        }
        _ => Err(AddressError::Pipe { text: text.into() }),
    }
}

fn parse_authority(text: &str, rest: &str) -> Result<(String, Option<u16>), AddressError> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if path.len() > 1 {
        return Err(AddressError::Path { text: text.into(), rest: path.into() });
    }
    parse_host_and_port(text, authority)
}

fn parse_ssh(text: &str, rest: &str) -> Result<Address, AddressError> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(parse_user(text, user)?), authority),
        None => (None, authority),
    };
    let (host, port) = parse_host_and_port(text, authority)?;
    let socket = (path.len() > 1).then(|| path.to_owned());
    Ok(Address::Ssh { user, host, port, socket })
}

/// A name beginning with `-` would be read as an option by ssh.
fn parse_user(text: &str, user: &str) -> Result<String, AddressError> {
    let strange = |c: char| c.is_whitespace() || matches!(c, '@' | ':');
    if user.is_empty() || user.starts_with('-') || user.contains(strange) {
        let (before, secret) = user.split_once(':').unwrap_or((user, ""));
        let text = if secret.is_empty() { text.into() } else { text.replacen(secret, "…", 1) };
        return Err(AddressError::User { text, user: before.into() });
    }
    Ok(user.into())
}

fn parse_host_and_port(text: &str, authority: &str) -> Result<(String, Option<u16>), AddressError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, after)) => (host, Some(after.strip_prefix(':').unwrap_or(after))),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let bracketed = authority.starts_with('[');
    if !(bracketed && is_ipv6(host) || !bracketed && is_host_name(host)) {
        return Err(AddressError::Host { text: text.into(), host: host.into() });
    }
    Ok((host.into(), port.map(|port| parse_port(text, port)).transpose()?))
}

fn parse_port(text: &str, port: &str) -> Result<u16, AddressError> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(AddressError::Port { text: text.into(), port: port.into() }),
    }
}

fn is_ipv6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    address.parse::<std::net::Ipv6Addr>().is_ok() && !zone.is_empty() && zone.chars().all(plain)
}

/// Names of the ssh configuration may hold `_`, and names of other scripts are left to the resolver.
fn is_host_name(host: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    !host.is_empty() && !host.starts_with(['-', '.']) && host.chars().all(plain)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{path}"),
            Self::Pipe { server, name } => write!(f, "npipe:////{server}/pipe/{name}"),
            Self::Tcp { host, port } => write!(f, "tcp://{}", Authority(host, *port)),
            Self::Https { host, port } => write!(f, "https://{}", Authority(host, *port)),
            Self::Ssh { user, host, port, socket } => {
                f.write_str("ssh://")?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                write!(f, "{}{}", Authority(host, *port), socket.as_deref().unwrap_or_default())
            }
            Self::Embedded => f.write_str("embedded:"),
        }
    }
}

/// A host and a port as they stand in a URL.
struct Authority<'a>(&'a str, Option<u16>);

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host, port) = self;
        if host.contains(':') {
            write!(f, "[{host}]")?
        } else {
            f.write_str(host)?
        }
        port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests;
