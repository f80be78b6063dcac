//! What Windows tells of a file beside its streams: attributes and four times (`FILE_BASIC_INFO`). Knows no file.

/// The file is a folder (`FILE_ATTRIBUTE_DIRECTORY`).
pub const DIRECTORY: u32 = 0x10;
/// The file has holes (`FILE_ATTRIBUTE_SPARSE_FILE`).
pub const SPARSE: u32 = 0x200;
/// The file leads elsewhere (`FILE_ATTRIBUTE_REPARSE_POINT`).
pub const REPARSE_POINT: u32 = 0x400;
/// Seconds from 1601, with which Windows begins to count, to 1970.
pub const EPOCH: i64 = 11_644_473_600;

/// Parts of a second that Windows counts in.
const TICKS: i64 = 10_000_000;

/// A time as Windows has it: 100 ns since the beginning of 1601, UTC. 0 says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(pub u64);

impl FileTime {
    /// Of seconds since 1970 and nanoseconds of the second; what Windows cannot tell becomes the nearest it can.
    pub fn of((seconds, nanos): (i64, u32)) -> Self {
        let ticks = seconds.saturating_add(EPOCH).saturating_mul(TICKS).saturating_add(i64::from(nanos / 100));
        // 0 and negative numbers mean something else to Windows.
        Self(u64::try_from(ticks).unwrap_or_default().max(1))
    }

    /// Seconds since 1970 and nanoseconds of the second.
    pub fn parts(self) -> (i64, u32) {
        let ticks = i64::try_from(self.0).unwrap_or(i64::MAX);
        (ticks / TICKS - EPOCH, (ticks % TICKS) as u32 * 100)
    }
}

/// Attributes and times of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicInfo {
    /// `FILE_ATTRIBUTE_…` bits.
    pub attributes: u32,
    /// When it was made.
    pub created: FileTime,
    /// When it was read last.
    pub accessed: FileTime,
    /// When its content was written last.
    pub written: FileTime,
    /// When anything of it was changed last.
    pub changed: FileTime,
}

impl BasicInfo {
    /// Whether it is a folder, be it one that leads elsewhere.
    pub fn is_folder(&self) -> bool {
        self.attributes & DIRECTORY != 0
    }
}
