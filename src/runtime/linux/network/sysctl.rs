//! Kernel settings of networks, in `/proc/sys` of the namespace that a thread is in. Knows no container.

use std::{fs, io, path::Path};

/// Writes a setting by its name as sysctl(8) has it, unless it is so already.
pub(super) fn write(name: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys").join(name.replace('.', "/"));
    set(&path, value).map_err(|error| io::Error::new(error.kind(), format!("cannot set {name} to {value}: {error}")))
}

/// What the host needs for a bridge: it passes packets on, and routes its loopback's addresses to containers, so that
/// published ports work from there. See the `guard` chain for what that must not allow.
pub(super) fn of_bridge(bridge: &str, has_six: bool) -> io::Result<()> {
    write("net.ipv4.ip_forward", "1")?;
    link(4, bridge, "route_localnet", "1")?;
    if !has_six {
        return quiet(bridge);
    }
    pass_on_six()?;
    link(6, bridge, "disable_ipv6", "0")?;
    six(bridge)
}

/// What a container's link needs.
pub(super) fn of_link(link_name: &str, has_six: bool) -> io::Result<()> {
    if has_six { six(link_name) } else { quiet(link_name) }
}

/// There are no routers on our networks, and nobody to have an address twice: looking for one would keep a link from
/// finding its neighbours for a second.
fn six(name: &str) -> io::Result<()> {
    link(6, name, "accept_ra", "0")?;
    link(6, name, "accept_dad", "0")
}

/// Passing IPv6 on makes the kernel deaf to routers, unless told to listen nevertheless: the host would lose its way
/// out (ip-sysctl, `accept_ra`).
fn pass_on_six() -> io::Result<()> {
    let all = Path::new("/proc/sys/net/ipv6/conf");
    if !all.exists() || is(&all.join("all/forwarding"), "1") {
        return Ok(());
    }
    for entry in fs::read_dir(all)? {
        let setting = entry?.path().join("accept_ra");
        if is(&setting, "1") {
            set(&setting, "2")?;
        }
    }
    write("net.ipv6.conf.all.forwarding", "1")
}

/// A link without IPv6 addresses has no use for IPv6 at all.
fn quiet(name: &str) -> io::Result<()> {
    link(6, name, "disable_ipv6", "1")
}

/// One setting of one link. A kernel without IPv6 has none of its.
fn link(family: u8, name: &str, setting: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys/net").join(format!("ipv{family}/conf")).join(name).join(setting);
    if family == 6 && !path.exists() { Ok(()) } else { set(&path, value) }
}

fn is(path: &Path, value: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|now| now.split_whitespace().eq(value.split_whitespace()))
}

/// Not written where it is so: a container may run where `/proc/sys` can only be read.
fn set(path: &Path, value: &str) -> io::Result<()> {
    if is(path, value) { Ok(()) } else { fs::write(path, value) }
}
