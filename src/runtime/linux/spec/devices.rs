//! Devices of a container: which nodes it has and what it may do with them. Knows no `/dev`.

use std::path::PathBuf;

use oci_spec::{
    OciSpecError,
    runtime::{LinuxDevice, LinuxDeviceBuilder, LinuxDeviceCgroup, LinuxDeviceCgroupBuilder, LinuxDeviceType},
};

use super::Host;
use crate::runtime::linux::cgroup::Allowed;

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
const ALLOWED: [(char, Option<u32>, Option<u32>, &str); 10] = [
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

/// All that a container with these nodes may do with devices.
pub(crate) fn allowed(nodes: &[Node]) -> Vec<Allowed> {
    let always = ALLOWED.into_iter().map(|(letter, major, minor, access)| Allowed {
        block: letter == 'b',
        major,
        minor,
        access: access.to_owned(),
    });
    let own = nodes.iter().map(|node| Allowed {
        block: node.block,
        major: Some(node.number.0),
        minor: Some(node.number.1),
        access: node.access.clone(),
    });
    always.chain(own).collect()
}

/// What may be done with devices: nothing, but for what is listed.
pub(super) fn rules(privileged: bool, host: &Host) -> Result<Vec<LinuxDeviceCgroup>, OciSpecError> {
    let all = LinuxDeviceCgroupBuilder::default().allow(privileged).typ(LinuxDeviceType::A).access("rwm").build()?;
    let listed = if privileged { Vec::new() } else { allowed(&host.devices) };
    [Ok(all)].into_iter().chain(listed.iter().map(rule)).collect()
}

fn rule(allowed: &Allowed) -> Result<LinuxDeviceCgroup, OciSpecError> {
    let access = allowed.access.as_str();
    let mut builder = LinuxDeviceCgroupBuilder::default().allow(true).typ(kind(allowed.block)).access(access);
    if let Some(major) = allowed.major {
        builder = builder.major(i64::from(major));
    }
    if let Some(minor) = allowed.minor {
        builder = builder.minor(i64::from(minor));
    }
    builder.build()
}

const fn kind(block: bool) -> LinuxDeviceType {
    if block { LinuxDeviceType::B } else { LinuxDeviceType::C }
}
