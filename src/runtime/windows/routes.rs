//! Ranges of addresses that this Windows has a way to. Knows no network of ours.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ptr,
};

use windows_sys::Win32::{
    NetworkManagement::IpHelper::{FreeMibTable, GetIpForwardTable2, MIB_IPFORWARD_ROW2, MIB_IPFORWARD_TABLE2},
    Networking::WinSock::{AF_INET, AF_INET6, AF_UNSPEC, SOCKADDR_INET},
};

use crate::model::Net;

/// All ranges with the number of the interface that leads there; single addresses are left out.
///
/// # Errors
/// What the system says.
#[allow(unsafe_code, reason = "routes have a C interface only")]
pub(super) fn ranges() -> io::Result<Vec<(Net, u32)>> {
    let mut table: *mut MIB_IPFORWARD_TABLE2 = ptr::null_mut();
    // SAFETY: the place for the answer lives over the call.
    let number = unsafe { GetIpForwardTable2(AF_UNSPEC, &raw mut table) };
    if number != 0 {
        return Err(io::Error::from_raw_os_error(number.cast_signed()));
    }
    // SAFETY: the call gave a table with as many rows as it says, which begin where its first is.
    let rows = unsafe {
        let first = (&raw const (*table).Table).cast::<MIB_IPFORWARD_ROW2>();
        std::slice::from_raw_parts(first, (*table).NumEntries as usize)
    };
    let found = rows.iter().filter_map(range).collect();
    // SAFETY: the table is ours, and not used any more.
    unsafe { FreeMibTable(table.cast_const().cast()) };
    Ok(found)
}

fn range(row: &MIB_IPFORWARD_ROW2) -> Option<(Net, u32)> {
    let address = address(&row.DestinationPrefix.Prefix)?;
    let prefix = row.DestinationPrefix.PrefixLength;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    (prefix < whole && !address.is_multicast()).then(|| (Net::new(address, prefix), row.InterfaceIndex))
}

#[allow(unsafe_code, reason = "an address is a union")]
fn address(raw: &SOCKADDR_INET) -> Option<IpAddr> {
    // SAFETY: every kind begins with its family.
    match unsafe { raw.si_family } {
        // SAFETY: its family says that it is one; any four bytes are a number.
        AF_INET => Some(Ipv4Addr::from(u32::from_be(unsafe { raw.Ipv4.sin_addr.S_un.S_addr })).into()),
        // SAFETY: its family says that it is one; any 16 bytes are an address.
        AF_INET6 => Some(Ipv6Addr::from(unsafe { raw.Ipv6.sin6_addr.u.Byte }).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_ranges_and_no_single_addresses() {
        let all = ranges().unwrap();
        assert!(!all.is_empty());
        assert!(all.iter().all(|(net, _)| net.prefix() < 128 && !net.address().is_multicast()), "{all:?}");
    }
}
