//! Ports, mounts and environments as they are typed: in the short forms of `docker run`. Knows no field.

use crate::{
    model::{Mount, PortMapping, short},
    views::overlay::words,
};

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
pub(crate) fn ports(text: &str) -> Result<Vec<PortMapping>, String> {
    let each = text.split([',', ' ']).filter(|word| !word.is_empty());
    let mut all = Vec::new();
    for word in each {
        all.extend(short::ports(word).map_err(|bad| bad.to_string())?);
    }
    Ok(all)
}

/// Mounts, separated by commas: `volume:/path[:ro]`, `/host/path:/path[:ro]`, `/path`.
///
/// # Errors
/// What is no mount, and why.
pub(super) fn mounts(text: &str) -> Result<Vec<Mount>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| short::mount(word).map_err(|bad| bad.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::MountKind;

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
