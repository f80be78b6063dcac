//! Filling a new volume with what the image has at its place. Knows no container.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, chown, lchown, symlink},
    path::Path,
};

use super::inside::{Inside, path_of};

/// Copies what is at `target` inside into the volume's folder, unless there is something in it already.
pub(super) fn fill(inside: &Inside, target: &Path, volume: &Path) -> io::Result<()> {
    if fs::read_dir(volume)?.next().is_some() {
        return Ok(());
    }
    match inside.folder(target) {
        Ok(folder) => copy_folder(&path_of(&folder), volume),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        Err(error) => Err(error),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let meta = fs::symlink_metadata(&path)?;
        if meta.is_dir() {
            fs::create_dir(&copy)?;
            copy_folder(&path, &copy)?;
        } else if meta.is_symlink() {
            symlink(fs::read_link(&path)?, &copy)?;
            lchown(&copy, Some(meta.uid()), Some(meta.gid()))?;
        } else if meta.is_file() {
            fs::copy(&path, &copy)?;
            chown(&copy, Some(meta.uid()), Some(meta.gid()))?;
            // After the owner: changing it takes the set-user-id bit away.
            fs::set_permissions(&copy, meta.permissions())?;
            fs::File::options().write(true).open(&copy)?.set_modified(meta.modified()?)?;
        }
        // Devices, pipes and sockets are not an image's data.
    }
    let meta = fs::metadata(from)?;
    chown(to, Some(meta.uid()), Some(meta.gid()))?;
    fs::set_permissions(to, meta.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_volume_gets_what_the_image_has_and_a_used_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (root, volume) = (folder.path().join("root"), folder.path().join("volume"));
        fs::create_dir_all(root.join("data/sub")).unwrap();
        fs::create_dir(&volume).unwrap();
        fs::write(root.join("data/sub/run"), "#!").unwrap();
        fs::set_permissions(root.join("data/sub/run"), fs::Permissions::from_mode(0o750)).unwrap();
        symlink("sub/run", root.join("data/link")).unwrap();
        let inside = Inside::at(&root).unwrap();
        fill(&inside, Path::new("/data"), &volume).unwrap();
        assert_eq!(fs::read_to_string(volume.join("link")).unwrap(), "#!");
        assert_eq!(fs::metadata(volume.join("sub/run")).unwrap().mode() & 0o777, 0o750);
        fs::remove_file(volume.join("link")).unwrap();
        fill(&inside, Path::new("/data"), &volume).unwrap();
        assert!(!volume.join("link").exists());
        fill(&inside, Path::new("/nowhere"), &volume).unwrap();
    }
}
