//! Ports and mounts in the short forms of `docker run`: `-p` and `-v`. Knows no field and no command line.

use std::ops::RangeInclusive;

use super::{Mount, MountKind, PortMapping, Propagation, Protocol};

/// Why a word is no port or mount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadShort(String);

fn bad(why: String) -> BadShort {
    BadShort(why)
}

/// More ports than this are a mistake rather than a wish.
const MOST_PORTS: usize = 1_000;

/// The ports that one word means: `[address:][host port:]container port[/protocol]`, each port also a range.
///
/// # Errors
/// What is no port, and why.
pub fn ports(word: &str) -> Result<Vec<PortMapping>, BadShort> {
    let (rest, protocol) = match word.rsplit_once('/') {
        Some((rest, name)) => {
            (rest, Protocol::of(name).ok_or_else(|| bad(format!("`{name}` is no protocol: tcp, udp or sctp")))?)
        }
        None => (word, Protocol::Tcp),
    };
    let (front, inner) = rest.rsplit_once(':').map_or(("", rest), |(front, inner)| (front, inner));
    let (ip, outer) = address(front)?;
    let inner = range(inner)?;
    let outer = if outer.is_empty() { None } else { Some(range(outer)?) };
    if outer.as_ref().is_some_and(|outer| outer.len() != inner.len()) {
        return Err(bad(format!("`{word}`: both ranges must be as long")));
    }
    if inner.len() > MOST_PORTS {
        return Err(bad(format!("`{word}`: more than {MOST_PORTS} ports")));
    }
    let host = outer.map_or_else(|| vec![None; inner.len()], |outer| outer.map(Some).collect());
    let of =
        |(host_port, container_port)| PortMapping { host_ip: Some(ip.to_owned()), host_port, container_port, protocol };
    Ok(host.into_iter().zip(inner).map(of).collect())
}

/// The address and the port before the container's port.
fn address(front: &str) -> Result<(&str, &str), BadShort> {
    if let Some(rest) = front.strip_prefix('[') {
        let (ip, port) = rest.split_once(']').ok_or_else(|| bad(format!("`{front}`: the bracket is not closed")))?;
        return is_address(ip, port.strip_prefix(':').unwrap_or(port));
    }
    match front.rsplit_once(':') {
        Some((ip, port)) => is_address(ip, port),
        None if front.contains('.') => is_address(front, ""),
        None => Ok(("", front)),
    }
}

fn is_address<'a>(ip: &'a str, port: &'a str) -> Result<(&'a str, &'a str), BadShort> {
    match ip.parse::<std::net::IpAddr>() {
        Ok(_) => Ok((ip, port)),
        Err(_) => Err(bad(format!("`{ip}` is no address of this host; IPv6 stands in brackets"))),
    }
}

fn range(text: &str) -> Result<RangeInclusive<u16>, BadShort> {
    let number = |text: &str| {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        port.ok_or_else(|| bad(format!("`{text}` is no port: 1 to 65535")))
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err(bad(format!("`{text}`: the range runs backwards"))) } else { Ok(first..=last) }
}

/// What one word mounts: `volume:/path`, `/host/path:/path` or `/path`, each with `:` and options behind it, divided by
/// commas: `ro`, `rw`, `nocopy`, a propagation such as `rshared`; `z` and `Z`, which only SELinux obeys, are let pass.
///
/// # Errors
/// What is no mount, and why.
pub fn mount(word: &str) -> Result<Mount, BadShort> {
    let parts = parts(word);
    let (source, target, options) = match parts.as_slice() {
        [target] => ("", *target, ""),
        [target, options] if !is_path(target) || is_path(options) => (*target, *options, ""),
        [target, options] if options.split(',').all(is_option) => ("", *target, *options),
        [source, target] => (*source, *target, ""),
        [source, target, options] => (*source, *target, *options),
        _ => return Err(bad(format!("`{word}`: write source:path, and :ro at its end to only read"))),
    };
    if !is_path(target) {
        return Err(bad(format!("`{target}`: the place inside the container is a whole path, such as /data")));
    }
    let mut mount = Mount::new(kind(source), source, target, false);
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => mount.read_only = true,
            "rw" | "z" | "Z" | "consistent" | "cached" | "delegated" => {}
            "nocopy" => mount.options.no_copy = true,
            other => {
                let known = Propagation::of(other);
                mount.options.propagation =
                    Some(known.ok_or_else(|| bad(format!("`{other}` is no option of a mount")))?);
            }
        }
    }
    Ok(mount)
}

fn is_option(word: &str) -> bool {
    matches!(word, "ro" | "rw" | "z" | "Z" | "nocopy" | "consistent" | "cached" | "delegated")
        || Propagation::of(word).is_some()
}

/// Split at colons, but not behind the letter of a Windows drive: volumes have names of two letters or more.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in word.match_indices(':') {
        let drive = at == from + 1 && word.as_bytes()[from].is_ascii_alphabetic();
        if at >= from && !drive {
            parts.push(&word[from..at]);
            from = at + 1;
        }
    }
    parts.push(&word[from..]);
    parts
}

fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') || path.starts_with(r"\\") || is_drive(path)
}

fn kind(source: &str) -> MountKind {
    if source.starts_with(r"\\.\pipe\") {
        MountKind::Pipe
    } else if is_path(source) {
        MountKind::Bind
    } else {
        MountKind::Volume
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options_of_a_mount_follow_its_path() {
        let one = mount("/a:/b:ro,rslave").unwrap();
        assert_eq!((one.read_only, one.options.propagation), (true, Some(Propagation::RSlave)));
        assert!(mount("data:/b:nocopy").unwrap().options.no_copy);
        assert_eq!(mount("/cache:ro").unwrap(), Mount::new(MountKind::Volume, "", "/cache", true));
        assert!(mount("/a:/b:fast").unwrap_err().to_string().contains("`fast`"));
        assert!(mount("/a:/b:ro:rw").is_err());
    }

    proptest! {
        #[test]
        fn a_range_publishes_each_of_its_ports(first in 1u16..60_000, length in 0u16..20, to in 1u16..60_000) {
            let all = ports(&format!("127.0.0.1:{to}-{}:{first}-{}/udp", to + length, first + length)).unwrap();
            prop_assert_eq!(all.len(), usize::from(length) + 1);
            for (n, port) in (0..).zip(all) {
                prop_assert_eq!((port.host_port, port.container_port), (Some(to + n), first + n));
                prop_assert_eq!((port.host_ip.as_deref(), port.protocol), (Some("127.0.0.1"), Protocol::Udp));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = (ports(&text), mount(&text));
        }

        #[test]
        fn a_mount_keeps_its_ends(source in "[a-z]{2,9}|/[a-z/]{1,12}", target in "/[a-z/]{1,12}", ro: bool) {
            let read = mount(&format!("{source}:{target}{}", if ro { ":ro" } else { "" })).unwrap();
            prop_assert_eq!((read.source, read.target, read.read_only), (source, target, ro));
        }
    }
}
