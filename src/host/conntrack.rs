//! Live translated connections, from the lines of `/proc/net/nf_conntrack` or `conntrack -L -o extended`.
//! Reads no file and starts no program.

use std::net::IpAddr;

use super::{net::socket, scene::Scene};
use crate::model::{NatSession, Protocol, text::cleaned};

/// Reads one line; `None` for connections that are not translated, have no ports or are not of containers.
///
/// `ipv4 2 tcp 6 109 TIME_WAIT src=… dst=… sport=… dport=… [packets=… bytes=…] src=… … [ASSURED] mark=0 …`:
/// the first four describe the packet that began it, the second four the answer that is expected. Without
/// translation one mirrors the other.
pub(crate) fn session(line: &str, scene: &Scene) -> Option<NatSession> {
    let mut words = line.split_whitespace();
    let protocol = Protocol::of(words.nth(2)?)?;
    let timeout = words.nth(1)?.parse().ok();
    let mut rest = words.peekable();
    let state = rest.next_if(|word| !word.contains(['=', '['])).unwrap_or_default();
    let fields: Vec<(&str, &str)> = rest.filter_map(|word| word.split_once('=')).collect();
    let first = Flow::nth(&fields, 0)?;
    let answer = Flow::nth(&fields, 1)?;

    let forwarded = answer.source != first.destination;
    let disguised = answer.destination != first.source;
    let (translated, outbound) = match (forwarded, disguised) {
        (true, _) => (answer.source, scene.is_inside(first.source.0) && !scene.is_inside(answer.source.0)),
        (false, true) => (answer.destination, scene.is_inside(first.source.0)),
        (false, false) => return None,
    };
    let inside = [answer.source.0, first.source.0, first.destination.0];
    let ours = inside.into_iter().find(|address| scene.is_inside(*address))?;
    Some(NatSession {
        protocol,
        state: cleaned(state),
        source: socket(first.source.0, first.source.1),
        destination: socket(first.destination.0, first.destination.1),
        translated: socket(translated.0, translated.1),
        timeout,
        bytes: first.bytes.zip(answer.bytes).map(|(there, back)| there.saturating_add(back)),
        outbound,
        container: scene.owner(ours).map(|owner| owner.name.clone()),
    })
}

/// One of the two directions of a connection.
struct Flow {
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
    bytes: Option<u64>,
}

impl Flow {
    /// The direction that the `n`th `src=` begins.
    fn nth(fields: &[(&str, &str)], n: usize) -> Option<Self> {
        let begins = fields.iter().enumerate().filter(|(_, (key, _))| *key == "src").map(|(i, _)| i).nth(n)?;
        let fields = &fields[begins..];
        let end = fields.iter().skip(1).position(|(key, _)| *key == "src").map_or(fields.len(), |i| i + 1);
        let field = |name: &str| fields[..end].iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let end_of = |address: &str, port: &str| Some((field(address)?.parse().ok()?, field(port)?.parse().ok()?));
        Some(Self {
            source: end_of("src", "sport")?,
            destination: end_of("dst", "dport")?,
            bytes: field("bytes").and_then(|bytes| bytes.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::scene;
    use super::*;

    // Lines of `conntrack -L -o extended` of this project's test engine, its addresses kept.
    const PUBLISHED: &str = "ipv4     2 tcp      6 109 TIME_WAIT src=192.0.2.9 dst=192.0.2.2 sport=58156 dport=18088 \
        packets=6 bytes=400 src=172.17.0.2 dst=192.0.2.9 sport=80 dport=58156 packets=4 bytes=600 [ASSURED] mark=0 use=1";
    const OUTBOUND: &str = "ipv4     2 udp      17 29 src=172.17.0.2 dst=1.1.1.1 sport=40000 dport=53 [UNREPLIED] \
        src=1.1.1.1 dst=192.0.2.2 sport=53 dport=40000 mark=0 zone=0 use=2";

    #[test]
    fn a_published_port_is_seen_from_outside() {
        let session = session(PUBLISHED, &scene()).unwrap();
        assert_eq!(session.source, "192.0.2.9:58156");
        assert_eq!(session.destination, "192.0.2.2:18088");
        assert_eq!(session.translated, "172.17.0.2:80");
        assert_eq!((session.state.as_str(), session.timeout), ("TIME_WAIT", Some(109)));
        assert_eq!((session.bytes, session.outbound), (Some(1000), false));
        assert_eq!(session.container.as_deref(), Some("web"));
    }

    #[test]
    fn a_masqueraded_connection_begins_in_the_container() {
        let session = session(OUTBOUND, &scene()).unwrap();
        assert_eq!((session.protocol, session.state.as_str()), (Protocol::Udp, ""));
        assert_eq!(session.translated, "192.0.2.2:40000");
        assert_eq!((session.outbound, session.bytes), (true, None));
        assert_eq!(session.container.as_deref(), Some("web"));
    }

    #[test]
    fn what_is_not_translated_or_not_of_containers_is_left_out() {
        let plain = "ipv4 2 tcp 6 109 TIME_WAIT src=172.17.0.1 dst=172.17.0.2 sport=39236 dport=80 \
            src=172.17.0.2 dst=172.17.0.1 sport=80 dport=39236 [ASSURED] mark=0 use=1";
        let elsewhere = "ipv4 2 tcp 6 9 CLOSE src=10.1.1.1 dst=192.0.2.2 sport=5 dport=80 \
            src=10.9.9.9 dst=10.1.1.1 sport=80 dport=5 mark=0 use=1";
        let no_ports = "ipv4 2 icmp 1 19 src=172.17.0.2 dst=1.1.1.1 type=8 code=0 id=8 [UNREPLIED] \
            src=1.1.1.1 dst=192.0.2.2 type=0 code=0 id=8 mark=0 use=1";
        for line in [plain, elsewhere, no_ports, "", "ipv4 2 tcp"] {
            assert_eq!(session(line, &scene()), None, "{line}");
        }
    }

    #[test]
    fn ipv6_is_read_like_ipv4() {
        let line = "ipv6 10 tcp 6 431999 ESTABLISHED src=2001:db8::9 dst=2001:db8::1 sport=5000 dport=8080 \
            src=fd00::2 dst=2001:db8::9 sport=80 dport=5000 [ASSURED] mark=0 use=1";
        let session = session(line, &scene()).unwrap();
        assert_eq!(session.translated, "[fd00::2]:80");
        assert_eq!(session.container.as_deref(), Some("web"));
    }
}
