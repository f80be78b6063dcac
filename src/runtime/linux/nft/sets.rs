//! Sets and maps of our table: networks by their bridges, published ports by protocol and port. Knows no chain.

use std::net::IpAddr;

use super::{
    attr::Attrs,
    expr::{self, ELEMENT, Ip, VALUE, link_name},
    message::{HEAD, INET, Kind, message},
};
use crate::{
    model::ContainerId,
    runtime::{
        document::{BridgePlan, MappingPlan},
        linux::network::netlink::{CREATE, DUMP, EXCLUSIVE, Message, attributes},
    },
};

/// `NFT_SET_MAP`.
const MAP: u32 = 8;
/// Of the nft tool's numbers for types (its `src/datatype.h`), so that it lists ours in words.
const ADDRESS4: u32 = 7;
const ADDRESS6: u32 = 8;
const PROTOCOL: u32 = 12;
const PORT: u32 = 13;
const LINK_NAME: u32 = 41;
/// Bits by which it shifts the types of a key's parts.
const TYPE_BITS: u32 = 6;
/// Bytes of a link's name, and of parts of a key, which each fill whole registers.
const NAME: u32 = 16;
const PART: u32 = 4;
/// `NFTNL_UDATA_SET_ELEM_COMMENT`.
const COMMENT: u8 = 0;
/// What the nft tool keeps with a set whose keys are not in the network's order of bytes, which names of links are not:
/// `NFTNL_UDATA_SET_KEYBYTEORDER`, four bytes, its number for the machine's own order.
const OWN_ORDER: [u8; 2] = [0, 4];
const HOST_ENDIAN: u32 = 1;
/// Bytes of elements in one message at most: the length of a list has 16 bits.
const ROOM: usize = 60_000;

/// A set or map of our table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::runtime::linux) enum Set {
    /// Bridges of our networks.
    Bridges,
    /// Those of them that lead to the outside.
    Outward,
    /// Pairs of bridges between which all may pass: each with itself where its containers may talk.
    Talking,
    /// Ports on every address of the host.
    Ports4,
    /// The same in IPv6.
    Ports6,
    /// Ports on one address of the host.
    Bound4,
    /// The same in IPv6.
    Bound6,
}

impl Set {
    /// All of them.
    pub(in crate::runtime::linux) const ALL: [Self; 7] =
        [Self::Bridges, Self::Outward, Self::Talking, Self::Ports4, Self::Ports6, Self::Bound4, Self::Bound6];
    /// Those of published ports.
    pub(in crate::runtime::linux) const OF_PORTS: [Self; 4] = [Self::Ports4, Self::Ports6, Self::Bound4, Self::Bound6];

    /// Its name in the table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bridges => "bridges",
            Self::Outward => "outward",
            Self::Talking => "talking",
            Self::Ports4 => "ports4",
            Self::Ports6 => "ports6",
            Self::Bound4 => "bound4",
            Self::Bound6 => "bound6",
        }
    }

    pub(super) const fn ports(ip: Ip) -> Self {
        match ip {
            Ip::V4 => Self::Ports4,
            Ip::V6 => Self::Ports6,
        }
    }

    pub(super) const fn bound(ip: Ip) -> Self {
        match ip {
            Ip::V4 => Self::Bound4,
            Ip::V6 => Self::Bound6,
        }
    }

    /// The types of its key, and of its value if it is a map.
    const fn types(self) -> (&'static [u32], &'static [u32]) {
        match self {
            Self::Bridges | Self::Outward => (&[LINK_NAME], &[]),
            Self::Talking => (&[LINK_NAME, LINK_NAME], &[]),
            Self::Ports4 => (&[PROTOCOL, PORT], &[ADDRESS4, PORT]),
            Self::Ports6 => (&[PROTOCOL, PORT], &[ADDRESS6, PORT]),
            Self::Bound4 => (&[ADDRESS4, PROTOCOL, PORT], &[ADDRESS4, PORT]),
            Self::Bound6 => (&[ADDRESS6, PROTOCOL, PORT], &[ADDRESS6, PORT]),
        }
    }
}

/// An element of a set or map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime::linux) struct Element {
    /// Of which.
    pub(in crate::runtime::linux) set: Set,
    /// Its key, as the kernel has it.
    pub(in crate::runtime::linux) key: Vec<u8>,
    /// Its value, if the set is a map.
    pub(in crate::runtime::linux) value: Vec<u8>,
    /// Whose it is: a container's id, of a published port.
    pub(in crate::runtime::linux) owner: Option<ContainerId>,
}

impl Element {
    /// A network's.
    pub(in crate::runtime::linux) fn of_network(bridge: &BridgePlan) -> Vec<Self> {
        let name = link_name(&bridge.bridge).to_vec();
        let of = |set, key| Self { set, key, value: Vec::new(), owner: None };
        let mut all = vec![of(Set::Bridges, name.clone())];
        if !bridge.internal {
            all.push(of(Set::Outward, name.clone()));
        }
        if bridge.icc {
            all.push(of(Set::Talking, name.repeat(2)));
        }
        all
    }

    /// Those that a network of this bridge may have.
    pub(in crate::runtime::linux) fn of_any_network(bridge: &str) -> Vec<Self> {
        let name = link_name(bridge).to_vec();
        let of = |set, key| Self { set, key, value: Vec::new(), owner: None };
        vec![of(Set::Bridges, name.clone()), of(Set::Outward, name.clone()), of(Set::Talking, name.repeat(2))]
    }

    /// The name of its bridge, if it is of [`Set::Bridges`].
    pub(in crate::runtime::linux) fn bridge(&self) -> Option<String> {
        let name = self.key.split(|byte| *byte == 0).next().filter(|_| self.set == Set::Bridges)?;
        String::from_utf8(name.to_vec()).ok()
    }

    /// A published port's.
    pub(in crate::runtime::linux) fn of_mapping(owner: &ContainerId, mapping: &MappingPlan) -> Self {
        let ip = Ip::of(mapping.address);
        let host = mapping.host_ip.filter(|host| !host.is_unspecified());
        let set = if host.is_some() { Set::bound(ip) } else { Set::ports(ip) };
        let mut key = host.map(octets).unwrap_or_default();
        key.extend([expr::number(mapping.protocol), 0, 0, 0]);
        key.extend(port(mapping.host_port));
        let mut value = octets(mapping.address);
        value.extend(port(mapping.port));
        Self { set, key, value, owner: Some(owner.clone()) }
    }

    fn attrs(&self, with_value: bool) -> Attrs {
        let value = |bytes: &[u8]| Attrs::new().bytes(VALUE, bytes);
        let mut attrs = Attrs::new().nest(1, value(&self.key));
        if with_value && !self.value.is_empty() {
            attrs = attrs.nest(2, value(&self.value));
        }
        if let Some(owner) = self.owner.as_ref().filter(|_| with_value) {
            attrs = attrs.bytes(6, &expr::comment(COMMENT, owner.as_str()));
        }
        attrs
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// A port fills a register from its front.
fn port(port: u16) -> [u8; 4] {
    let [high, low] = port.to_be_bytes();
    [high, low, 0, 0]
}

/// Makes the set.
pub(super) fn make(table: &str, set: Set) -> Message {
    let (key, value) = set.types();
    // The kernel wants a number by which rules of the same transaction could name it; ours use its name.
    let id = 1 + set as u32;
    let attrs = Attrs::new().text(1, table).text(2, set.name()).number(4, kind(key)).number(5, width(key));
    let attrs = match value {
        [] => attrs.number(3, 0),
        value => attrs.number(3, MAP).number(6, kind(value)).number(7, width(value)),
    };
    let attrs = attrs.number(10, id);
    let attrs = match key {
        [LINK_NAME] => attrs.bytes(13, &[&OWN_ORDER[..], &HOST_ENDIAN.to_ne_bytes()].concat()),
        _ => attrs,
    };
    message(Kind::NewSet, CREATE, INET, attrs)
}

fn kind(types: &[u32]) -> u32 {
    types.iter().fold(0, |all, each| all << TYPE_BITS | each)
}

fn width(types: &[u32]) -> u32 {
    let of = |each: &u32| match *each {
        LINK_NAME => NAME,
        ADDRESS6 => Ip::V6.width(),
        _ => PART,
    };
    types.iter().map(of).sum()
}

/// Adds elements. Where they are not `shared`, one that is there already is an error.
pub(super) fn add(table: &str, elements: &[Element], shared: bool) -> Vec<Message> {
    let flags = if shared { CREATE } else { CREATE | EXCLUSIVE };
    lists(elements, true).into_iter().map(|(set, list)| change(Kind::NewElement, flags, table, set, list)).collect()
}

/// Takes elements away.
pub(super) fn delete(table: &str, elements: &[Element]) -> Vec<Message> {
    lists(elements, false).into_iter().map(|(set, list)| change(Kind::DeleteElement, 0, table, set, list)).collect()
}

fn change(kind: Kind, flags: u16, table: &str, set: Set, list: Attrs) -> Message {
    message(kind, flags, INET, Attrs::new().text(1, table).text(2, set.name()).nest(3, list))
}

/// The elements by their sets, in lists of which each fits into a message.
fn lists(elements: &[Element], with_value: bool) -> Vec<(Set, Attrs)> {
    let mut all: Vec<(Set, Attrs)> = Vec::new();
    for set in Set::ALL {
        let mut list = Attrs::new();
        for element in elements.iter().filter(|element| element.set == set) {
            if list.len() > ROOM {
                all.push((set, std::mem::take(&mut list)));
            }
            list.push_nested(ELEMENT, element.attrs(with_value));
        }
        if list.len() > 0 {
            all.push((set, list));
        }
    }
    all
}

/// A question for all elements.
pub(super) fn dump(table: &str, set: Set) -> Message {
    message(Kind::GetElement, DUMP, INET, Attrs::new().text(1, table).text(2, set.name()))
}

/// The elements in an answer.
pub(super) fn read(set: Set, answer: &Message) -> Vec<Element> {
    let inside = |bytes, kind| attributes(bytes).find(|(found, _)| *found == kind).map(|(_, value)| value);
    let list = answer.body.get(HEAD..).and_then(|rest| inside(rest, 3)).unwrap_or_default();
    let read = |element| {
        let value = |kind| Some(inside(inside(element, kind)?, VALUE)?.to_vec());
        let comment = inside(element, 6).and_then(|bytes| expr::read_comment(bytes, COMMENT));
        let owner = comment.map(ContainerId::new);
        Some(Element { set, key: value(1)?, value: value(2).unwrap_or_default(), owner })
    };
    attributes(list).filter_map(|(_, element)| read(element)).collect()
}
