//! A virtual machine's files, taken over from the layer below. Knows no tar.

use std::{
    fs, io,
    os::windows::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::backup::{self, Backup};
use crate::runtime::{
    backup_stream::{BasicInfo, REPARSE_POINT},
    layer_transport::CHANGED_BY_SET_UP,
};

/// Where they lie in a layer.
const FILES: [&str; 2] = ["UtilityVM", "Files"];

/// Makes the files of `below` also those of `layer`: by hard links, but what is a folder, leads elsewhere or will be
/// changed, which is copied with all that belongs to it.
pub(super) fn take_over(below: &Path, layer: &Path) -> io::Result<()> {
    let (from, to) = (below.join(FILES[0]), layer.join(FILES[0]));
    fs::create_dir(&to)?;
    let mut folders = vec![(from.join(FILES[1]), to.join(FILES[1]))];
    let mut times: Vec<(PathBuf, BasicInfo)> = Vec::new();
    let changed: Vec<_> = CHANGED_BY_SET_UP.iter().map(|path| from.join(FILES[1]).join(path)).collect();
    while let Some((from, to)) = folders.pop() {
        times.push((to.clone(), copy(&from, &to)?));
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (path, place) = (entry.path(), to.join(entry.file_name()));
            let attributes = entry.metadata()?.file_attributes();
            let info = BasicInfo { attributes, ..BasicInfo::default() };
            let is_link = attributes & REPARSE_POINT != 0;
            if info.is_folder() && !is_link {
                folders.push((path, place));
            } else if is_link || changed.contains(&path) {
                copy(&path, &place)?;
            } else {
                fs::hard_link(&path, &place)?;
            }
        }
    }
    // What was made in a folder has changed its times; those further in come later in the list.
    for (folder, info) in times.iter().rev() {
        backup::set_info(&backup::open_to_write(folder, false)?, info)?;
    }
    Ok(())
}

/// Copies a file, or a folder without what is in it; gives its attributes and times.
fn copy(from: &Path, to: &Path) -> io::Result<BasicInfo> {
    let source = backup::open_to_read(from)?;
    let info = backup::info(&source)?;
    if info.is_folder() {
        fs::create_dir(to)?;
    }
    let target = backup::open_to_write(to, !info.is_folder())?;
    backup::set_info(&target, &info)?;
    io::copy(&mut Backup::from(source, true), &mut Backup::to(target, true))?;
    Ok(info)
}
