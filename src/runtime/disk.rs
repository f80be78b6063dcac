//! Counts bytes on disk. Knows not what they are for.

use std::{fs, path::Path};

use crate::model::Bytes;

/// Bytes in the files below a folder; 0 where there is none. What cannot be read does not count.
pub fn size(folder: &Path) -> Bytes {
    let mut todo = vec![folder.to_owned()];
    let mut sum = 0_u64;
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(about) if about.is_dir() => todo.push(entry.path()),
                Ok(about) if about.is_file() => sum = sum.saturating_add(about.len()),
                _ => {}
            }
        }
    }
    Bytes(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [0; 100]).unwrap();
        fs::write(folder.path().join("d"), [0; 11]).unwrap();
        assert_eq!(size(folder.path()), Bytes(111));
        assert_eq!(size(&folder.path().join("none")), Bytes(0));
    }
}
