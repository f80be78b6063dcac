//! Which capabilities a container has. Knows their names and numbers, not how they are set.

use oci_spec::{
    OciSpecError,
    runtime::{Capabilities, Capability, LinuxCapabilities, LinuxCapabilitiesBuilder},
};

use crate::model::Security;

/// Capabilities by their numbers (linux/capability.h).
const NAMES: [(&str, Capability); 41] = [
    ("CHOWN", Capability::Chown),
    ("DAC_OVERRIDE", Capability::DacOverride),
    ("DAC_READ_SEARCH", Capability::DacReadSearch),
    ("FOWNER", Capability::Fowner),
    ("FSETID", Capability::Fsetid),
    ("KILL", Capability::Kill),
    ("SETGID", Capability::Setgid),
    ("SETUID", Capability::Setuid),
    ("SETPCAP", Capability::Setpcap),
    ("LINUX_IMMUTABLE", Capability::LinuxImmutable),
    ("NET_BIND_SERVICE", Capability::NetBindService),
    ("NET_BROADCAST", Capability::NetBroadcast),
    ("NET_ADMIN", Capability::NetAdmin),
    ("NET_RAW", Capability::NetRaw),
    ("IPC_LOCK", Capability::IpcLock),
    ("IPC_OWNER", Capability::IpcOwner),
    ("SYS_MODULE", Capability::SysModule),
    ("SYS_RAWIO", Capability::SysRawio),
    ("SYS_CHROOT", Capability::SysChroot),
    ("SYS_PTRACE", Capability::SysPtrace),
    ("SYS_PACCT", Capability::SysPacct),
    ("SYS_ADMIN", Capability::SysAdmin),
    ("SYS_BOOT", Capability::SysBoot),
    ("SYS_NICE", Capability::SysNice),
    ("SYS_RESOURCE", Capability::SysResource),
    ("SYS_TIME", Capability::SysTime),
    ("SYS_TTY_CONFIG", Capability::SysTtyConfig),
    ("MKNOD", Capability::Mknod),
    ("LEASE", Capability::Lease),
    ("AUDIT_WRITE", Capability::AuditWrite),
    ("AUDIT_CONTROL", Capability::AuditControl),
    ("SETFCAP", Capability::Setfcap),
    ("MAC_OVERRIDE", Capability::MacOverride),
    ("MAC_ADMIN", Capability::MacAdmin),
    ("SYSLOG", Capability::Syslog),
    ("WAKE_ALARM", Capability::WakeAlarm),
    ("BLOCK_SUSPEND", Capability::BlockSuspend),
    ("AUDIT_READ", Capability::AuditRead),
    ("PERFMON", Capability::Perfmon),
    ("BPF", Capability::Bpf),
    ("CHECKPOINT_RESTORE", Capability::CheckpointRestore),
];

/// What a container has where nobody says otherwise; Docker's list.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// Needed by our own executor for its last steps: to load a filter without `no_new_privs`, and to take these two
/// away again.
const FOR_US: [&str; 2] = ["SYS_ADMIN", "SETPCAP"];

/// Capabilities as bits by their numbers.
pub(crate) type Bits = u64;

/// What a container has: the default, more and less, as `docker run` counts them; never more than `available`.
pub(crate) fn granted(security: &Security, privileged: bool, available: Bits) -> Bits {
    let all = (1 << NAMES.len()) - 1;
    if privileged {
        return all & available;
    }
    let named = |list: &[String]| list.iter().fold(0, |bits, name| if is_all(name) { all } else { bits | bit(name) });
    let (add, drop) = (named(&security.cap_add), named(&security.cap_drop));
    let default = DEFAULT.iter().fold(0, |bits, name| bits | bit(name));
    // Who drops all keeps what is added by name; who adds all loses what is dropped by name.
    let granted = match (security.cap_add.iter().any(|n| is_all(n)), security.cap_drop.iter().any(|n| is_all(n))) {
        (true, _) => all & !security.cap_drop.iter().fold(0, |bits, name| bits | bit(name)),
        (false, true) => add,
        (false, false) => (default & !drop) | add,
    };
    granted & available
}

fn is_all(name: &str) -> bool {
    name.eq_ignore_ascii_case("ALL")
}

/// The bit of a name with or without `CAP_`; none for a name nobody knows.
pub(crate) fn bit(name: &str) -> Bits {
    let upper = name.to_ascii_uppercase();
    let plain = upper.strip_prefix("CAP_").unwrap_or(&upper);
    NAMES.iter().position(|(known, _)| *known == plain).map_or(0, |at| 1 << at)
}

/// For the spec: what is granted and what our executor needs on top.
pub(super) fn with_ours(granted: Bits, available: Bits) -> Result<LinuxCapabilities, OciSpecError> {
    let ours = FOR_US.iter().fold(granted, |bits, name| bits | bit(name)) & available;
    let set: Capabilities = NAMES
        .iter()
        .enumerate()
        .filter(|(at, _)| ours & (1 << at) != 0)
        .map(|(_, (_, capability))| *capability)
        .collect();
    LinuxCapabilitiesBuilder::default()
        .bounding(set.clone())
        .effective(set.clone())
        .permitted(set)
        // What a program inherits by itself would outlive a change of user.
        .inheritable(Capabilities::new())
        .ambient(Capabilities::new())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: Bits = u64::MAX;

    fn security(add: &[&str], drop: &[&str]) -> Security {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Security { cap_add: owned(add), cap_drop: owned(drop), ..Security::default() }
    }

    #[test]
    fn the_default_is_docker_s() {
        // CapBnd of a process that dockerd 20.10 started.
        assert_eq!(granted(&security(&[], &[]), false, EVERYTHING), 0xa804_25fb);
    }

    #[test]
    fn adding_and_dropping_counts_as_docker_counts() {
        let grant = |add: &[&str], drop: &[&str]| granted(&security(add, drop), false, EVERYTHING);
        assert_eq!(grant(&["net_admin"], &["ALL"]), 1 << 12);
        assert_eq!(grant(&["CAP_SYS_TIME"], &[]), 0xa804_25fb | 1 << 25);
        assert_eq!(grant(&["ALL"], &["CHOWN"]), ((1 << 41) - 1) & !1);
        assert_eq!(grant(&[], &["MKNOD"]), 0xa004_25fb);
        assert_eq!(granted(&security(&[], &["ALL"]), true, EVERYTHING), (1 << 41) - 1);
    }

    #[test]
    fn nobody_is_given_what_we_do_not_have() {
        assert_eq!(granted(&security(&["ALL"], &[]), false, 0b1), 0b1);
    }
}
