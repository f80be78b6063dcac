//! Links, addresses and routes of the namespace that a thread is in, over rtnetlink. Knows no container.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::{AsRawFd, BorrowedFd},
};

use netlink_packet_core::{NetlinkDeserializable, NetlinkHeader, NetlinkSerializable};
use rtnetlink::{
    AddressMessageBuilder, LinkBridge, LinkBridgePort, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder,
    packet_route::{
        AddressFamily, RouteNetlinkMessage,
        address::{AddressAttribute, AddressFlags, AddressMessage},
        link::{InfoData, InfoVeth, LinkAttribute, LinkExtentMask, LinkMessage},
        route::{RouteAddress, RouteAttribute, RouteMessage, RouteType},
    },
};
use rustix::io::Errno;

use super::netlink::{CREATE, DUMP, EXCLUSIVE, Message, Netlink, REPLACE, Refused};
use crate::model::Net;

/// The loopback link has this number in every namespace.
const LOOPBACK: u32 = 1;
/// `RT_TABLE_LOCAL`: routes to the host's own addresses.
const LOCAL: u32 = 255;
/// `IP6_RT_PRIO_USER`: the metric of IPv6 routes that say none.
const METRIC6: u32 = 1024;

/// A link as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its number.
    pub(super) index: u32,
    /// Its name.
    pub(super) name: String,
    /// What its maker has written on it; see `ip link … alias`.
    pub(super) alias: String,
}

/// A pair of links, one end here and one in another namespace.
pub(super) struct Pair<'a> {
    /// The name of the end here.
    pub(super) here: &'a str,
    /// The number of the bridge that it hangs on.
    pub(super) bridge: u32,
    /// What is written on it.
    pub(super) alias: &'a str,
    /// Whether the bridge keeps it from its other links (`isolated`); such may all talk to the host.
    pub(super) isolated: bool,
    /// The name of the end there.
    pub(super) there: &'a str,
    /// Its hardware address.
    pub(super) mac: [u8; 6],
    /// The other namespace.
    pub(super) namespace: BorrowedFd<'a>,
}

/// The links of a namespace.
#[derive(Debug)]
pub(super) struct Links {
    netlink: Netlink,
}

impl Links {
    /// Those of the namespace that this thread is in.
    pub(super) fn here() -> io::Result<Self> {
        Ok(Self { netlink: Netlink::route()? })
    }

    /// The link of that name.
    pub(super) fn find(&mut self, name: &str) -> io::Result<Option<Found>> {
        let mut question = LinkMessageBuilder::<LinkUnspec>::new().name(name).build();
        question.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
        match self.netlink.ask(message(&RouteNetlinkMessage::GetLink(question), 0)) {
            Ok(answers) => Ok(answers.iter().find_map(link)),
            Err(refused) if refused.is(Errno::NODEV) => Ok(None),
            Err(refused) => Err(refused.source),
        }
    }

    /// All links.
    pub(super) fn all(&mut self) -> io::Result<Vec<Found>> {
        let mut question = LinkMessage::default();
        question.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
        let answers = self.dump(&RouteNetlinkMessage::GetLink(question))?;
        Ok(answers.iter().filter_map(link).collect())
    }

    /// Makes a bridge of that name, if there is none, and gives its number.
    pub(super) fn bridge(&mut self, name: &str, mac: [u8; 6]) -> io::Result<u32> {
        if let Some(found) = self.find(name)? {
            return Ok(found.index);
        }
        // An address of its own keeps that of the bridge from changing with the links that come and go.
        let bridge = LinkBridge::new(name).address(mac.to_vec()).build();
        self.run(&[message(&RouteNetlinkMessage::NewLink(bridge), CREATE | EXCLUSIVE)], &[Errno::EXIST])?;
        let made = self.find(name)?;
        made.map(|found| found.index).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Whether packets that stay on a bridge pass the filters of IP too.
    pub(super) fn call_filters(&mut self, bridge: &str, yes: bool) -> io::Result<()> {
        let bridge = LinkBridge::new(bridge).nf_call_iptables(yes).nf_call_ip6tables(yes).build();
        self.run(&[message(&RouteNetlinkMessage::NewLink(bridge), 0)], &[Errno::NODEV])
    }

    /// Gives a link its alias and its addresses, and sets it up.
    pub(super) fn set_up(&mut self, index: u32, alias: &str, addresses: &[(IpAddr, u8)]) -> io::Result<()> {
        let link = LinkUnspec::new_with_index(index).alias(alias).up().build();
        let mut all = vec![message(&RouteNetlinkMessage::SetLink(link), 0)];
        all.extend(addresses.iter().map(|(ip, prefix)| address(index, *ip, *prefix)));
        self.run(&all, &[])
    }

    /// Sets the loopback link up.
    pub(super) fn loopback(&mut self) -> io::Result<()> {
        let link = LinkUnspec::new_with_index(LOOPBACK).up().build();
        self.run(&[message(&RouteNetlinkMessage::SetLink(link), 0)], &[])
    }

    /// Makes a pair of links. The end there is down still, so that it can be set first.
    pub(super) fn pair(&mut self, pair: &Pair) -> Result<(), Refused> {
        let there = LinkMessageBuilder::<LinkUnspec>::new()
            .name(pair.there)
            .address(pair.mac.to_vec())
            .setns_by_fd(pair.namespace.as_raw_fd())
            .build();
        let here = LinkVeth::new(pair.here, pair.there)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(there)))
            .controller(pair.bridge)
            .up()
            .build();
        let mut all = vec![message(&RouteNetlinkMessage::NewLink(here), CREATE | EXCLUSIVE)];
        let alias = LinkUnspec::new_with_name(pair.here).alias(pair.alias).build();
        all.push(message(&RouteNetlinkMessage::SetLink(alias), 0));
        self.netlink.run(&all)?;
        let index = self.find(pair.here)?.map_or(0, |found| found.index);
        // Where bridges call the filters, a container at its own published port is sent back by the bridge itself.
        let port = LinkBridgePort::new(index).isolated(pair.isolated).hairpin(true).build();
        self.netlink.run(&[message(&RouteNetlinkMessage::NewLink(port), 0)])
    }

    /// Default routes over a link; the lowest of `preference` is taken by all packets.
    pub(super) fn default_routes(&mut self, index: u32, gateways: &[IpAddr], preference: u32) -> io::Result<()> {
        let all: Vec<_> = gateways.iter().map(|gateway| route(index, *gateway, preference)).collect();
        self.run(&all, &[])
    }

    /// Lets what comes in over this link for IPv6's loopback be the host's own: answers to connections that were made
    /// from there to a published port, whose addresses are translated back by then. What bears that address on its way
    /// in is thrown away by the kernel before. IPv4 has the setting `route_localnet` for this.
    pub(super) fn localnet6(&mut self, index: u32) -> io::Result<()> {
        // The kernel's own route comes first; each link's has a number of its own, so that none takes another's place.
        let route = RouteMessageBuilder::<Ipv6Addr>::new()
            .destination_prefix(Ipv6Addr::LOCALHOST, 128)
            .kind(RouteType::Local)
            .table_id(LOCAL)
            .output_interface(index)
            .priority(METRIC6 + index)
            .build();
        self.run(&[message(&RouteNetlinkMessage::NewRoute(route), CREATE | REPLACE)], &[])
    }

    /// Takes a link away; no error when there is none.
    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        let link = LinkMessageBuilder::<LinkUnspec>::new().name(name).build();
        self.run(&[message(&RouteNetlinkMessage::DelLink(link), 0)], &[Errno::NODEV])
    }

    /// Cuts a link off without taking it away: it is down and on no bridge; no error when there is none.
    pub(super) fn cut_off(&mut self, name: &str) -> io::Result<()> {
        let link = LinkMessageBuilder::<LinkUnspec>::new().name(name).down().nocontroller().build();
        self.run(&[message(&RouteNetlinkMessage::SetLink(link), 0)], &[Errno::NODEV])
    }

    /// Ranges of the host's addresses and routes, each with the link's number, but for those of loopback.
    pub(super) fn ranges(&mut self) -> io::Result<Vec<(Net, u32)>> {
        let addresses = self.dump(&RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
        let mut ranges: Vec<_> = addresses.iter().filter_map(range_of_address).collect();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut question = RouteMessage::default();
            question.header.address_family = family;
            let routes = self.dump(&RouteNetlinkMessage::GetRoute(question))?;
            ranges.extend(routes.iter().filter_map(range_of_route));
        }
        ranges.retain(|(_, link)| *link != LOOPBACK);
        Ok(ranges)
    }

    fn dump(&mut self, question: &RouteNetlinkMessage) -> io::Result<Vec<Message>> {
        self.netlink.ask(message(question, DUMP)).map_err(|refused| refused.source)
    }

    /// Sends these; errors of `fine` are none.
    fn run(&mut self, messages: &[Message], fine: &[Errno]) -> io::Result<()> {
        match self.netlink.run(messages) {
            Err(refused) if !fine.iter().any(|errno| refused.is(*errno)) => Err(refused.source),
            _ => Ok(()),
        }
    }
}

fn message(content: &RouteNetlinkMessage, flags: u16) -> Message {
    let mut body = vec![0; NetlinkSerializable::buffer_len(content)];
    NetlinkSerializable::serialize(content, &mut body);
    // A dump ends by itself.
    Message { kind: content.message_type(), flags, body, answered: flags & DUMP != DUMP }
}

/// What an answer says; none if it is something that the crate cannot read.
fn read(answer: &Message) -> Option<RouteNetlinkMessage> {
    let mut header = NetlinkHeader::default();
    header.message_type = answer.kind;
    RouteNetlinkMessage::deserialize(&header, &answer.body).ok()
}

fn link(answer: &Message) -> Option<Found> {
    let RouteNetlinkMessage::NewLink(link) = read(answer)? else { return None };
    let mut found = Found { index: link.header.index, name: String::new(), alias: String::new() };
    for attribute in link.attributes {
        match attribute {
            LinkAttribute::IfName(name) => found.name = name,
            LinkAttribute::IfAlias(alias) => found.alias = alias,
            _ => {}
        }
    }
    Some(found)
}

fn address(index: u32, ip: IpAddr, prefix: u8) -> Message {
    let content = match ip {
        IpAddr::V4(v4) => AddressMessageBuilder::<std::net::Ipv4Addr>::new().index(index).address(v4, prefix).build(),
        IpAddr::V6(v6) => {
            let mut content =
                AddressMessageBuilder::<std::net::Ipv6Addr>::new().index(index).address(v6, prefix).build();
            // We know that nobody else has it; looking for a duplicate would take a second in which nothing can bind.
            content.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
            content
        }
    };
    message(&RouteNetlinkMessage::NewAddress(content), CREATE | REPLACE)
}

fn route(index: u32, gateway: IpAddr, preference: u32) -> Message {
    let content = match gateway {
        IpAddr::V4(v4) => {
            let route = RouteMessageBuilder::<Ipv4Addr>::new().gateway(v4);
            route.output_interface(index).priority(preference).build()
        }
        IpAddr::V6(v6) => {
            let route = RouteMessageBuilder::<Ipv6Addr>::new().gateway(v6);
            route.output_interface(index).priority(METRIC6 + preference).build()
        }
    };
    message(&RouteNetlinkMessage::NewRoute(content), CREATE | REPLACE)
}

fn range_of_address(answer: &Message) -> Option<(Net, u32)> {
    let RouteNetlinkMessage::NewAddress(address) = read(answer)? else { return None };
    let ip = address.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Address(ip) => Some(*ip),
        _ => None,
    })?;
    Some((Net::new(ip, address.header.prefix_len).base(), address.header.index))
}

/// Routes to other hosts only: not the ones to the host's own addresses, broadcast or multicast.
fn range_of_route(answer: &Message) -> Option<(Net, u32)> {
    let RouteNetlinkMessage::NewRoute(route) = read(answer)? else { return None };
    if route.header.kind != RouteType::Unicast {
        return None;
    }
    let (mut destination, mut link) = (None, 0);
    for attribute in route.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(v4)) => destination = Some(IpAddr::V4(v4)),
            RouteAttribute::Destination(RouteAddress::Inet6(v6)) => destination = Some(IpAddr::V6(v6)),
            RouteAttribute::Oif(index) => link = index,
            _ => {}
        }
    }
    Some((Net::new(destination?, route.header.destination_prefix_length), link))
}
