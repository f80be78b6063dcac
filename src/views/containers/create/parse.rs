//! Ports, mounts and environments as they are typed: in the short forms of `docker run`. Knows no field.

use std::ops::RangeInclusive;

use crate::model::{Mount, MountKind, PortMapping, Protocol};
use crate::views::overlay::words;

/// `KEY=value` or `KEY`, separated by blanks.
///
/// # Errors
/// What is no name of a variable.
pub(super) fn env(text: &str) -> Result<Vec<String>, String> {
    let pairs = words::split(text)?;
    match pairs.iter().find(|pair| pair.is_empty() || pair.starts_with('=')) {
        Some(pair) => Err(format!("`{pair}` has no name before the =")),
        None => Ok(pairs),
    }
}

/// Ports to publish, separated by commas or blanks: `[address:][host port:]container port[/protocol]`, each port
/// also a range.
///
/// # Errors
/// What is no port, and why.
pub(super) fn ports(text: &str) -> Result<Vec<PortMapping>, String> {
    let each = text.split([',', ' ']).filter(|word| !word.is_empty());
    let mut all = Vec::new();
    for word in each {
        all.extend(port(word)?);
    }
    Ok(all)
}

/// More ports than this are a mistake rather than a wish.
const MOST_PORTS: usize = 1_000;

fn port(word: &str) -> Result<Vec<PortMapping>, String> {
    let (rest, protocol) = match word.rsplit_once('/') {
        Some((rest, name)) => {
            (rest, Protocol::of(name).ok_or_else(|| format!("`{name}` is no protocol: tcp, udp or sctp"))?)
        }
        None => (word, Protocol::Tcp),
    };
    let (front, inner) = rest.rsplit_once(':').map_or(("", rest), |(front, inner)| (front, inner));
    let (ip, outer) = address(front)?;
    let inner = range(inner)?;
    let outer = if outer.is_empty() { None } else { Some(range(outer)?) };
    if outer.as_ref().is_some_and(|outer| outer.len() != inner.len()) {
        return Err(format!("`{word}`: both ranges must be as long"));
    }
    if inner.len() > MOST_PORTS {
        return Err(format!("`{word}`: more than {MOST_PORTS} ports"));
    }
    let host = outer.map_or_else(|| vec![None; inner.len()], |outer| outer.map(Some).collect());
    let of =
        |(host_port, container_port)| PortMapping { host_ip: Some(ip.to_owned()), host_port, container_port, protocol };
    Ok(host.into_iter().zip(inner).map(of).collect())
}

/// The address and the port before the container's port.
fn address(front: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = front.strip_prefix('[') {
        let (ip, port) = rest.split_once(']').ok_or_else(|| format!("`{front}`: the bracket is not closed"))?;
        return is_address(ip, port.strip_prefix(':').unwrap_or(port));
    }
    match front.rsplit_once(':') {
        Some((ip, port)) => is_address(ip, port),
        None if front.contains('.') => is_address(front, ""),
        None => Ok(("", front)),
    }
}

fn is_address<'a>(ip: &'a str, port: &'a str) -> Result<(&'a str, &'a str), String> {
    match ip.parse::<std::net::IpAddr>() {
        Ok(_) => Ok((ip, port)),
        Err(_) => Err(format!("`{ip}` is no address of this host; IPv6 stands in brackets")),
    }
}

fn range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let number = |text: &str| {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        port.ok_or_else(|| format!("`{text}` is no port: 1 to 65535"))
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err(format!("`{text}`: the range runs backwards")) } else { Ok(first..=last) }
}

/// Mounts, separated by commas: `volume:/path[:ro]`, `/host/path:/path[:ro]`, `/path`.
///
/// # Errors
/// What is no mount, and why.
pub(super) fn mounts(text: &str) -> Result<Vec<Mount>, String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(mount).collect()
}

fn mount(word: &str) -> Result<Mount, String> {
    let mut parts = parts(word);
    let read_only = match parts.last() {
        Some(&"ro") => true,
        Some(&"rw") => false,
        _ => {
            parts.push("");
            false
        }
    };
    parts.pop();
    let (source, target) = match parts.as_slice() {
        [target] => ("", *target),
        [source, target] => (*source, *target),
        _ => return Err(format!("`{word}`: write source:path, and :ro at its end to only read")),
    };
    if !is_path(target) {
        return Err(format!("`{target}`: the place inside the container is a whole path, such as /data"));
    }
    Ok(Mount::new(kind(source), source, target, read_only))
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

    fn shown(text: &str) -> Result<String, String> {
        ports(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn ports_are_read_in_all_their_forms() {
        let shown = |text: &str| shown(text).unwrap();
        assert_eq!(shown("8080:80/tcp, 127.0.0.1:53:53/udp"), "8080→80/tcp 127.0.0.1:53→53/udp");
        assert_eq!(shown("[::1]:80:8080"), "[::1]:80→8080/tcp");
        assert_eq!(shown("8000-8001:80-81"), "8000→80/tcp 8001→81/tcp");
        assert_eq!(shown("80"), "80/tcp");
        assert!(ports("80").unwrap()[0].is_published(), "the engine chooses the host's port");
        assert_eq!(shown("127.0.0.1::80"), "80/tcp");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn what_is_no_port_is_said() {
        let why = |text: &str| shown(text).unwrap_err();
        assert_eq!(why("0:80"), "`0` is no port: 1 to 65535");
        assert_eq!(why("8080:80/tpc"), "`tpc` is no protocol: tcp, udp or sctp");
        assert_eq!(why("8000-8002:80-81"), "`8000-8002:80-81`: both ranges must be as long");
        assert_eq!(why("9-8:9-8"), "`9-8`: the range runs backwards");
        assert_eq!(why("here:80:80"), "`here` is no address of this host; IPv6 stands in brackets");
    }

    #[test]
    fn mounts_are_volumes_or_paths() {
        let one = |text: &str| mounts(text).unwrap().remove(0);
        let mount = |kind, source: &str, target: &str, read_only| Mount::new(kind, source, target, read_only);
        assert_eq!(one("data:/var/lib"), mount(MountKind::Volume, "data", "/var/lib", false));
        assert_eq!(one("/etc:/host:ro"), mount(MountKind::Bind, "/etc", "/host", true));
        assert_eq!(one("/cache"), mount(MountKind::Volume, "", "/cache", false));
        assert_eq!(one(r"C:\web:C:\site:ro"), mount(MountKind::Bind, r"C:\web", r"C:\site", true));
        assert_eq!(one(r"\\.\pipe\x:\\.\pipe\y").kind, MountKind::Pipe);
        assert_eq!(mounts("a b:/x, /y").unwrap().len(), 2);
        assert!(mounts("data:var").unwrap_err().contains("whole path"));
        assert!(mounts("a1:b1:/c:ro").is_err());
    }

    #[test]
    fn a_variable_has_a_name() {
        assert_eq!(env("A=1 B=\"x y\" C").unwrap(), ["A=1", "B=x y", "C"]);
        assert!(env("=1").is_err());
    }

    proptest! {
        #[test]
        fn nothing_typed_is_a_panic(text in "[a-zA-Z0-9:/\\\\.\\[\\]é, -]{0,24}") {
            let _ = (ports(&text), mounts(&text), env(&text));
        }
    }
}
