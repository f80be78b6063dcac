//! Sockets on which processes of the host wait, from `/proc` (proc(5)). Knows no container.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::{model::Protocol, runtime::net::ports::Listener};

/// The kernel's tables, and the state in which a socket of each waits: `TCP_LISTEN`, and for datagrams `TCP_CLOSE`,
/// which is what one has that is not connected to anybody (linux/tcp_states.h).
const TABLES: [(&str, Protocol, &str); 4] = [
    ("/proc/thread-self/net/tcp", Protocol::Tcp, "0A"),
    ("/proc/thread-self/net/tcp6", Protocol::Tcp, "0A"),
    ("/proc/thread-self/net/udp", Protocol::Udp, "07"),
    ("/proc/thread-self/net/udp6", Protocol::Udp, "07"),
];

/// All of them in the namespace that this thread is in.
pub(super) fn listeners() -> io::Result<Vec<Listener>> {
    let mut all = Vec::new();
    for (path, protocol, waits) in TABLES {
        match fs::read_to_string(path) {
            Ok(text) => all.extend(text.lines().skip(1).filter_map(|line| read(line, protocol, waits))),
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`
fn read(line: &str, protocol: Protocol, waits: &str) -> Option<Listener> {
    let words: Vec<_> = line.split_whitespace().collect();
    if *words.get(3)? != waits {
        return None;
    }
    let (address, port) = words.get(1)?.split_once(':')?;
    let (address, port) = (self::address(address)?, u16::from_str_radix(port, 16).ok()?);
    Some(Listener { protocol, address, port, inode: words.get(9)?.parse().ok()? })
}

/// The bytes of an address as numbers of 32 bits in the machine's own order.
fn address(hex: &str) -> Option<IpAddr> {
    let number = |at: usize| u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    if hex.len() == 8 {
        return Some(IpAddr::V4(Ipv4Addr::from(number(0)?)));
    }
    let mut bytes = [0; 16];
    for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
        part.copy_from_slice(&number(at)?);
    }
    Some(IpAddr::V6(Ipv6Addr::from(bytes)))
}

/// The name and the id of the process that holds a socket, where one can be found.
pub(super) fn process_of(inode: u64) -> Option<(String, u32)> {
    let wanted = format!("socket:[{inode}]");
    let holds = |pid: u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
        let mut targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        targets.any(|target| target.as_os_str() == wanted.as_str()).then_some(pid)
    };
    let pids = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let pid = pids.into_iter().find_map(holds)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some((name.trim_end().to_owned(), pid))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn a_socket_that_waits_is_found_with_its_process() {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let all = listeners().unwrap();
        for (protocol, address) in
            [(Protocol::Tcp, four.local_addr().unwrap()), (Protocol::Udp, datagrams.local_addr().unwrap())]
        {
            let same = |each: &&Listener| {
                each.protocol == protocol && each.address == address.ip() && each.port == address.port()
            };
            let found = all.iter().find(same).unwrap_or_else(|| panic!("no {protocol} {address} in {all:?}"));
            assert_eq!(process_of(found.inode).unwrap().1, std::process::id());
        }
    }

    #[test]
    fn only_sockets_that_wait_count() {
        let line =
            "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 f";
        let found = read(line, Protocol::Tcp, "0A").unwrap();
        assert_eq!((found.address, found.port, found.inode), (Ipv4Addr::UNSPECIFIED.into(), 22, 4242));
        assert_eq!(read(&line.replace(" 0A ", " 01 "), Protocol::Tcp, "0A"), None);
    }
}
