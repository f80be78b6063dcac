//! A packet as one types it: `in tcp 8080 from 203.0.113.9`, `out tcp 443 to 1.1.1.1 of web`. Asks no kernel.

use std::{net::IpAddr, str::SplitWhitespace};

use crate::model::{ContainerId, Packet, Protocol};

/// What can be typed, in a sentence.
pub(super) const GRAMMAR: &str = "`in tcp 8080`, `in tcp 8080 from 203.0.113.9`, or `out tcp 443 to 1.1.1.1 of web`";

/// Reads a packet; `find` knows containers by name.
///
/// # Errors
/// What is wrong, in a sentence.
pub(super) fn parse(typed: &str, find: impl Fn(&str) -> Option<ContainerId>) -> Result<Packet, String> {
    let mut words = typed.split_whitespace();
    let way = words.next().ok_or_else(|| format!("type a packet: {GRAMMAR}"))?;
    let protocol = protocol(words.next())?;
    let port = port(words.next())?;
    let packet = match way {
        "in" => {
            let remote = option(&mut words, "from")?.map(address).transpose()?;
            Packet::In { protocol, remote, port }
        }
        "out" => {
            let remote = option(&mut words, "to")?.ok_or("say where it goes: `to 1.1.1.1`")?;
            let name = option(&mut words, "of")?.ok_or("say whose packet it is: `of web`")?;
            let container = find(name).ok_or_else(|| format!("there is no container `{name}`"))?;
            Packet::Out { protocol, container, remote: address(remote)?, port }
        }
        other => return Err(format!("`{other}` is no way: a packet goes `in` or `out`")),
    };
    match words.next() {
        Some(word) => Err(format!("nothing is known of `{word}`: {GRAMMAR}")),
        None => Ok(packet),
    }
}

/// The word after `keyword`, if that comes next.
fn option<'a>(words: &mut SplitWhitespace<'a>, keyword: &str) -> Result<Option<&'a str>, String> {
    match words.clone().next() {
        Some(word) if word == keyword => {
            words.next();
            words.next().map(Some).ok_or_else(|| format!("`{keyword}` needs something after it"))
        }
        _ => Ok(None),
    }
}

fn protocol(word: Option<&str>) -> Result<Protocol, String> {
    let word = word.ok_or("say which protocol: tcp, udp or sctp")?;
    Protocol::of(word).ok_or_else(|| format!("`{word}` is no protocol: tcp, udp or sctp"))
}

fn port(word: Option<&str>) -> Result<u16, String> {
    let word = word.ok_or("say which port: 1 to 65535")?;
    word.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{word}` is no port: 1 to 65535"))
}

fn address(word: &str) -> Result<IpAddr, String> {
    word.parse().map_err(|_| format!("`{word}` is no IP address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<Packet, String> {
        parse(typed, |name| (name == "web").then(|| ContainerId::new("id-web")))
    }

    #[test]
    fn packets_come_in_and_go_out() {
        assert_eq!(read(" in tcp 8080 "), Ok(Packet::In { protocol: Protocol::Tcp, remote: None, port: 8080 }));
        let remote = "203.0.113.9".parse().ok();
        assert_eq!(read("in udp 53 from 203.0.113.9"), Ok(Packet::In { protocol: Protocol::Udp, remote, port: 53 }));
        let remote = "1.1.1.1".parse().unwrap();
        let container = ContainerId::new("id-web");
        let out = Packet::Out { protocol: Protocol::Tcp, container, remote, port: 443 };
        assert_eq!(read("out tcp 443 to 1.1.1.1 of web"), Ok(out));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let wrong = |typed| read(typed).unwrap_err();
        assert_eq!(wrong("in tcp 0"), "`0` is no port: 1 to 65535");
        assert_eq!(wrong("in icmp 1"), "`icmp` is no protocol: tcp, udp or sctp");
        assert_eq!(wrong("in tcp 80 from home"), "`home` is no IP address");
        assert_eq!(wrong("in tcp 80 from"), "`from` needs something after it");
        assert_eq!(wrong("out tcp 80 to 1.1.1.1 of db"), "there is no container `db`");
        assert_eq!(wrong("up tcp 80"), "`up` is no way: a packet goes `in` or `out`");
        assert!(wrong("in tcp 80 please").starts_with("nothing is known of `please`"));
        assert!(wrong("").starts_with("type a packet"));
    }
}
