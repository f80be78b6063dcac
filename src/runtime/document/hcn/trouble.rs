//! What goes wrong in HCN: its records, its numbers, and sentences for people. Knows no call.

use serde::Deserialize;

use super::{Endpoint, lenient, plan::spoken_of};
use crate::{
    model::{Protocol, text::clean},
    runtime::{RuntimeError, document::MappingPlan, net::ports::Listener},
};

/// What the service tells of an error, beside the number that a call gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Record {
    /// In its words.
    #[serde(deserialize_with = "lenient")]
    pub error: String,
    /// The number; unsigned here, as it is nowhere else.
    #[serde(deserialize_with = "lenient")]
    pub error_code: u32,
}

impl Record {
    /// Reads one. A call whose record says anything has failed, whatever the call gave; none is an empty text.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim_matches(['\0', ' ', '\r', '\n']);
        if text.is_empty() || text == "null" {
            return None;
        }
        Some(serde_json::from_str(text).unwrap_or_else(|_| Self { error: text.to_owned(), error_code: 0 }))
    }
}

/// What a number means, as far as it matters which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// There is no such object.
    NotFound,
    /// There is such an object already.
    Exists,
    /// A port is in use, or Windows keeps it.
    PortTaken,
    /// The endpoint is in a namespace already.
    Attached,
    /// Something still needs it.
    InUse,
    /// The document has a member that this build does not know, or a wrong one.
    Document,
    /// The address or range is none, or outside of the network's.
    Address,
    /// This build, or this kind of network, does not do that.
    Unsupported,
    /// The service for Internet Connection Sharing is off.
    SharingOff,
    /// The service is gone, or another since.
    ServiceGone,
    /// The caller may not.
    Denied,
    /// Something else.
    Other(u32),
}

impl Code {
    /// What `HRESULT` means. Those of the service itself begin with 0x803B (Microsoft, "HCN error codes"); Windows' own
    /// numbers come with 0x8007 in front.
    pub fn of(number: u32) -> Self {
        match number {
            // Networks, endpoints, layers, switches, subnets, adapters, ports, policies; ERROR_NOT_FOUND for the rest.
            0x803B_0001..=0x803B_0009 | 0x8007_0490 | 0x8007_0002 => Self::NotFound,
            0x803B_0010..=0x803B_0012 | 0x803B_002B => Self::Exists,
            0x803B_0013 | 0x8007_0020 => Self::PortTaken,
            0x803B_0014 => Self::Attached,
            0x803B_002C => Self::InUse,
            0x803B_001B | 0x803B_001C | 0x803B_000A..=0x803B_000E => Self::Document,
            0x803B_001E | 0x803B_002F | 0x803B_0030 | 0x803B_0032 | 0x803B_0033 => Self::Address,
            0x803B_0015 | 0x803B_0016 | 0x8007_0032 | 0x8000_4001 => Self::Unsupported,
            0x803B_002A => Self::SharingOff,
            // Manager stopped; RPC_S_SERVER_UNAVAILABLE, RPC_S_CALL_FAILED, EPT_S_NOT_REGISTERED.
            0x803B_0020 | 0x8007_06BA | 0x8007_06BE | 0x8007_06D9 => Self::ServiceGone,
            0x8007_0005 => Self::Denied,
            other => Self::Other(other),
        }
    }

    /// Whether the same may succeed in a moment: the service is starting.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::ServiceGone)
    }
}

/// A socket of a process, and the process's name and id where they can be found.
pub type Heard = (Listener, Option<(String, u32)>);

/// Who may have a port of the host.
#[derive(Clone, Copy, Default)]
pub struct Holders<'a> {
    /// Endpoints of all networks, whoever made them.
    pub endpoints: &'a [Endpoint],
    /// Sockets of processes.
    pub listeners: &'a [Heard],
}

/// What `number` and `record` mean where `tried` was tried with these ports.
pub fn trouble(
    tried: impl Into<String>,
    number: u32,
    record: Option<&Record>,
    ports: &[MappingPlan],
    holders: Holders<'_>,
) -> RuntimeError {
    let tried = tried.into();
    let number = record.map(|record| record.error_code).filter(|code| *code != 0).unwrap_or(number);
    let words = record.map(|record| clean(&record.error).into_owned()).unwrap_or_default();
    let plain = |sentence: &str| said(sentence, &words, number);
    match Code::of(number) {
        Code::PortTaken => RuntimeError::Conflict { tried, why: taken(ports, holders) },
        // Ports that Windows keeps for itself are refused like this, too.
        Code::Denied if !ports.is_empty() => RuntimeError::Conflict { tried, why: taken(ports, holders) },
        Code::Denied => {
            let why = "only an administrator may change networks".into();
            RuntimeError::Denied { tried, why, by_registry: false }
        }
        Code::NotFound => RuntimeError::NotFound { tried, why: plain("Windows' network service knows no such thing") },
        Code::Exists => RuntimeError::Conflict { tried, why: plain("there is one already") },
        Code::Attached => RuntimeError::Conflict { tried, why: plain("it belongs to another container") },
        Code::InUse => RuntimeError::Conflict { tried, why: plain("containers are still in it") },
        Code::Address => RuntimeError::Invalid { tried, why: plain("an address in it does not fit the network") },
        Code::Document => RuntimeError::Platform { tried, why: plain("this Windows does not understand it") },
        Code::Unsupported => RuntimeError::Invalid { tried, why: plain("this Windows cannot do it") },
        Code::SharingOff => {
            let why = "the service SharedAccess (Internet Connection Sharing) is off, and this Windows needs it".into();
            RuntimeError::Platform { tried, why }
        }
        Code::ServiceGone => RuntimeError::Platform { tried, why: plain("Windows' network service (hns) is gone") },
        Code::Other(_) => RuntimeError::Platform { tried, why: plain("Windows' network service refuses") },
    }
}

fn said(sentence: &str, words: &str, number: u32) -> String {
    let words = words.trim().trim_end_matches('.');
    if words.is_empty() { format!("{sentence} (0x{number:08x})") } else { format!("{sentence}: {words}") }
}

/// Which of the ports is taken, and by whom.
fn taken(ports: &[MappingPlan], holders: Holders<'_>) -> String {
    let by = |port: &MappingPlan| {
        let number = port.host_port;
        if let Some(endpoint) = holders.endpoints.iter().find(|endpoint| has(endpoint, port)) {
            return Some(match spoken_of(&endpoint.name) {
                Some(container) => format!("port {number} is taken by the container `{}`", container.short()),
                None => format!("port {number} is taken by the endpoint `{}`", clean(&endpoint.name)),
            });
        }
        let listens = |listener: &Listener| listener.port == number && listener.protocol == port.protocol;
        let (_, process) = holders.listeners.iter().find(|(listener, _)| listens(listener))?;
        Some(match process {
            Some((name, pid)) => format!("port {number} is taken by process {} ({pid})", clean(name)),
            None => format!("port {number} is taken by a process of the host"),
        })
    };
    if let Some(why) = ports.iter().find_map(by) {
        return why;
    }
    match ports {
        [one] => format!("port {} is taken, or Windows keeps it for itself", one.host_port),
        _ => {
            let numbers: Vec<_> = ports.iter().map(|port| port.host_port.to_string()).collect();
            format!("one of the ports {} is taken, or Windows keeps it for itself", numbers.join(", "))
        }
    }
}

fn has(endpoint: &Endpoint, port: &MappingPlan) -> bool {
    endpoint.ports().any(|mapping| {
        mapping.external_port == port.host_port && protocol(mapping.protocol).is_some_and(|of| of == port.protocol)
    })
}

/// The protocol with this number.
fn protocol(number: u32) -> Option<Protocol> {
    match number {
        6 => Some(Protocol::Tcp),
        17 => Some(Protocol::Udp),
        _ => None,
    }
}
