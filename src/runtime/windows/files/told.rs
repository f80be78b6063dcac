//! What a tar tells of files outside of layers: attributes and times as go-winio writes them, and what other systems see
//! of them. Knows no file.

use crate::runtime::{
    backup_stream::{BasicInfo, Link},
    layer_transport::told::Told,
    tar::Entry,
};

/// The entry of a file of so many bytes, a folder or a link.
pub(super) fn entry_of(info: BasicInfo, link: Option<Link>, path: &str, size: u64) -> Entry {
    let is_folder = info.is_folder();
    let mut entry = Told { info, link, ..Told::default() }.entry(path.as_bytes().to_vec(), size);
    entry.meta.mode = if is_folder { 0o755 } else { 0o644 };
    entry
}

/// Attributes and times that an entry tells, and where it leads if it is a link; or why it is refused.
pub(super) fn told_of(entry: &Entry) -> Result<(BasicInfo, Option<Link>), String> {
    Told::of(entry).map(|told| (told.info, told.link)).map_err(|trouble| trouble.to_string())
}
