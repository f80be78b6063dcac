//! What a system uses, as HCS counts it. Pure.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What a container has used since its start. Members end in their unit; `100ns` is a ten-millionth of a second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Statistics {
    /// When it was counted.
    pub timestamp: Option<DateTime<Utc>>,
    /// When it was started.
    pub container_start_time: Option<DateTime<Utc>>,
    /// How long it runs.
    #[serde(rename = "Uptime100ns")]
    pub uptime_100ns: u64,
    /// Processors.
    pub processor: ProcessorUse,
    /// Memory.
    pub memory: MemoryUse,
    /// Disks.
    pub storage: StorageUse,
}

/// Processor time, summed over all processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProcessorUse {
    /// All of it.
    #[serde(rename = "TotalRuntime100ns")]
    pub total_100ns: u64,
    /// Outside of the kernel.
    #[serde(rename = "RuntimeUser100ns")]
    pub user_100ns: u64,
    /// In the kernel.
    #[serde(rename = "RuntimeKernel100ns")]
    pub kernel_100ns: u64,
}

/// Memory. The limit is held against what is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MemoryUse {
    /// Committed.
    #[serde(rename = "MemoryUsageCommitBytes")]
    pub commit_bytes: u64,
    /// The most that ever was committed.
    #[serde(rename = "MemoryUsageCommitPeakBytes")]
    pub commit_peak_bytes: u64,
    /// Resident and its own.
    #[serde(rename = "MemoryUsagePrivateWorkingSetBytes")]
    pub private_working_set_bytes: u64,
}

/// Disks. Operations are counted in pieces of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StorageUse {
    /// Reads.
    pub read_count_normalized: u64,
    /// Bytes read.
    pub read_size_bytes: u64,
    /// Writes.
    pub write_count_normalized: u64,
    /// Bytes written.
    pub write_size_bytes: u64,
}

/// A process of a container. Under process isolation its number is that on the host. What HCS does not tell, such as
/// command line, parent and session, is asked of the kernel by this number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProcessDetails {
    /// Its number.
    #[serde(rename = "ProcessId")]
    pub process_id: u32,
    /// Its program's file, without the folder.
    #[serde(rename = "ImageName")]
    pub image_name: String,
    /// When it began: with the number it is one process and no later one of the same number.
    #[serde(rename = "CreateTimestamp")]
    pub create_timestamp: Option<DateTime<Utc>>,
    /// Processor time outside of the kernel.
    #[serde(rename = "UserTime100ns")]
    pub user_100ns: u64,
    /// Processor time in the kernel.
    #[serde(rename = "KernelTime100ns")]
    pub kernel_100ns: u64,
    /// Memory committed.
    #[serde(rename = "MemoryCommitBytes")]
    pub commit_bytes: u64,
    /// Memory resident and its own.
    #[serde(rename = "MemoryWorkingSetPrivateBytes")]
    pub private_working_set_bytes: u64,
    /// Memory resident and shared with others.
    #[serde(rename = "MemoryWorkingSetSharedBytes")]
    pub shared_working_set_bytes: u64,
}
