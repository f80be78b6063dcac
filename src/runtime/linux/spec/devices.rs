//! Devices of a container: which nodes it has and what it may do with them. Knows no `/dev`.

use std::path::PathBuf;

use oci_spec::{
    OciSpecError,
    runtime::{LinuxDevice, LinuxDeviceBuilder, LinuxDeviceCgroup, LinuxDeviceCgroupBuilder, LinuxDeviceType},
};

use super::Host;

/// A device node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its path inside.
    pub(crate) path: PathBuf,
    /// Whether it is a block device; a character device otherwise.
    pub(crate) block: bool,
    /// Its numbers.
    pub(crate) number: (u32, u32),
    /// Its permission bits.
    pub(crate) mode: u32,
    /// Its owner and group.
    pub(crate) owner: (u32, u32),
    /// Of `r`, `w` and `m` what may be done with it.
    pub(crate) access: String,
}

/// What every container may do with devices; Docker's list: make any node, and use those of its own `/dev`.
pub(crate) const ALLOWED: [(char, Option<u32>, Option<u32>, &str); 10] = [
    ('c', None, None, "m"),
    ('b', None, None, "m"),
    ('c', Some(1), Some(3), "rwm"), // null
    ('c', Some(1), Some(5), "rwm"), // zero
    ('c', Some(1), Some(7), "rwm"), // full
    ('c', Some(1), Some(8), "rwm"), // random
    ('c', Some(1), Some(9), "rwm"), // urandom
    ('c', Some(5), Some(0), "rwm"), // tty
    ('c', Some(5), Some(2), "rwm"), // ptmx
    ('c', Some(136), None, "rwm"),  // pts
];

/// The nodes beside those that every container has.
pub(super) fn nodes(host: &Host) -> Result<Vec<LinuxDevice>, OciSpecError> {
    let build = |node: &Node| {
        LinuxDeviceBuilder::default()
            .path(&node.path)
            .typ(kind(node.block))
            .major(i64::from(node.number.0))
            .minor(i64::from(node.number.1))
            .file_mode(node.mode)
            .uid(node.owner.0)
            .gid(node.owner.1)
            .build()
    };
    host.devices.iter().map(build).collect()
}

/// What may be done with devices: nothing, but for what is listed.
pub(super) fn rules(privileged: bool, host: &Host) -> Result<Vec<LinuxDeviceCgroup>, OciSpecError> {
    let base = LinuxDeviceCgroupBuilder::default().allow(privileged).typ(LinuxDeviceType::A).access("rwm");
    let mut all = vec![base.build()?];
    if privileged {
        return Ok(all);
    }
    for (letter, major, minor, access) in ALLOWED {
        all.push(rule(letter == 'b', major, minor, access)?);
    }
    for node in &host.devices {
        all.push(rule(node.block, Some(node.number.0), Some(node.number.1), &node.access)?);
    }
    Ok(all)
}

fn rule(block: bool, major: Option<u32>, minor: Option<u32>, access: &str) -> Result<LinuxDeviceCgroup, OciSpecError> {
    let mut builder = LinuxDeviceCgroupBuilder::default().allow(true).typ(kind(block)).access(access);
    if let Some(major) = major {
        builder = builder.major(i64::from(major));
    }
    if let Some(minor) = minor {
        builder = builder.minor(i64::from(minor));
    }
    builder.build()
}

const fn kind(block: bool) -> LinuxDeviceType {
    if block { LinuxDeviceType::B } else { LinuxDeviceType::C }
}
