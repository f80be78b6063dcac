//! Sockets of this Windows on which processes wait. Knows no port of ours.

use std::{
    ffi::c_void,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ptr,
};

use windows_sys::Win32::{
    Foundation::ERROR_INSUFFICIENT_BUFFER,
    NetworkManagement::IpHelper::{
        GetExtendedTcpTable, GetExtendedUdpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, MIB_UDP6ROW_OWNER_PID,
        MIB_UDPROW_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER, UDP_TABLE_OWNER_PID,
    },
    Networking::WinSock::{AF_INET, AF_INET6},
};

use crate::{model::Protocol, runtime::net::ports::Listener};

/// Times that a table which has grown meanwhile is asked for again.
const TRIES: u32 = 8;

/// All of TCP that listen and all of UDP; each has its process's id for a number.
///
/// # Errors
/// What the system says.
pub(super) fn listeners() -> io::Result<Vec<Listener>> {
    let mut all = Vec::new();
    all.extend(rows::<MIB_TCPROW_OWNER_PID>(AF_INET, tcp)?.iter().map(|row| {
        let address = Ipv4Addr::from(u32::from_be(row.dwLocalAddr)).into();
        listener(Protocol::Tcp, address, row.dwLocalPort, row.dwOwningPid)
    }));
    all.extend(rows::<MIB_TCP6ROW_OWNER_PID>(AF_INET6, tcp)?.iter().map(|row| {
        let address = Ipv6Addr::from(row.ucLocalAddr).into();
        listener(Protocol::Tcp, address, row.dwLocalPort, row.dwOwningPid)
    }));
    all.extend(rows::<MIB_UDPROW_OWNER_PID>(AF_INET, udp)?.iter().map(|row| {
        let address = Ipv4Addr::from(u32::from_be(row.dwLocalAddr)).into();
        listener(Protocol::Udp, address, row.dwLocalPort, row.dwOwningPid)
    }));
    all.extend(rows::<MIB_UDP6ROW_OWNER_PID>(AF_INET6, udp)?.iter().map(|row| {
        let address = Ipv6Addr::from(row.ucLocalAddr).into();
        listener(Protocol::Udp, address, row.dwLocalPort, row.dwOwningPid)
    }));
    Ok(all)
}

/// Ports stand in the first two bytes, as they go over the wire.
fn listener(protocol: Protocol, address: IpAddr, port: u32, pid: u32) -> Listener {
    let [high, low, ..] = port.to_le_bytes();
    Listener { protocol, address, port: u16::from_be_bytes([high, low]), inode: pid.into() }
}

/// Fills a place of so many bytes with a table of addresses of a family; gives an error number of Windows.
type Fill = fn(*mut c_void, &mut u32, u16) -> u32;

#[allow(unsafe_code, reason = "sockets have a C interface only")]
fn tcp(place: *mut c_void, size: &mut u32, family: u16) -> u32 {
    // SAFETY: so many bytes may be written, and the size lives over the call.
    unsafe { GetExtendedTcpTable(place, size, 0, family.into(), TCP_TABLE_OWNER_PID_LISTENER, 0) }
}

#[allow(unsafe_code, reason = "sockets have a C interface only")]
fn udp(place: *mut c_void, size: &mut u32, family: u16) -> u32 {
    // SAFETY: so many bytes may be written, and the size lives over the call.
    unsafe { GetExtendedUdpTable(place, size, 0, family.into(), UDP_TABLE_OWNER_PID, 0) }
}

/// The rows of a table: a count of four bytes, and so many rows, whose members are four bytes wide at most.
#[allow(unsafe_code, reason = "rows are read out of a buffer")]
fn rows<R: Copy>(family: u16, fill: Fill) -> io::Result<Vec<R>> {
    let mut size = 0;
    fill(ptr::null_mut(), &mut size, family);
    for _ in 0..TRIES {
        let mut buffer = vec![0_u32; (size as usize).div_ceil(4).max(1)];
        match fill(buffer.as_mut_ptr().cast(), &mut size, family) {
            0 => {
                let room = (buffer.len() - 1) * 4 / size_of::<R>();
                let count = (buffer[0] as usize).min(room);
                // SAFETY: so many rows are inside of the buffer, of plain numbers, and as wide as its own.
                return Ok(unsafe { std::slice::from_raw_parts(buffer[1..].as_ptr().cast::<R>(), count) }.to_vec());
            }
            ERROR_INSUFFICIENT_BUFFER => {}
            number => return Err(io::Error::from_raw_os_error(number.cast_signed())),
        }
    }
    Err(io::Error::from_raw_os_error(ERROR_INSUFFICIENT_BUFFER.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_listens_is_found() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let all = listeners().unwrap();
        for (protocol, local) in [(Protocol::Tcp, tcp.local_addr()), (Protocol::Udp, udp.local_addr())] {
            let local = local.unwrap();
            // Wine does not know whose it is.
            let is_it = |one: &Listener| (one.protocol, one.address, one.port) == (protocol, local.ip(), local.port());
            assert!(all.iter().any(is_it), "{protocol} {local} is not in {all:?}");
        }
    }
}
