//! Tars of other programs, and other programs' view of ours.

use std::{os::unix::fs::FileExt, process::Command};

use super::*;
use crate::runtime::host::{Files as _, Storage as _};

/// A tree with all that tars have extensions for.
fn tree(at: &Path) -> PathBuf {
    let tree = at.join("tree");
    let long = tree.join("l".repeat(90)).join("o".repeat(90)).join("n".repeat(90));
    fs::create_dir_all(&long).unwrap();
    fs::write(long.join("file"), "deep").unwrap();
    fs::hard_link(long.join("file"), tree.join("alias")).unwrap();
    std::os::unix::fs::symlink("t".repeat(150), tree.join("link")).unwrap();
    let holes = fs::File::create(tree.join("holes")).unwrap();
    // More pieces than an old GNU header holds, and than one block after it.
    for n in 0..40_u64 {
        holes.write_all_at(&[b'x'; 4096], n * 65_536).unwrap();
    }
    holes.set_len(4 << 20).unwrap();
    fs::File::create(tree.join("only-holes")).unwrap().set_len(1 << 20).unwrap();
    rustix::fs::setxattr(tree.join("alias"), "user.test", b"a\nb\0c", rustix::fs::XattrFlags::empty()).unwrap();
    tree
}

fn gnu_tar(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new("tar").args(arguments).arg("-C").arg(folder).args(["-cf", "-", "."]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn all_forms_of_gnu_tar_are_understood() {
    let Some(room) = room() else { return };
    let tree = tree(room.path());
    let forms: [&[&str]; 5] = [
        &["--format=gnu", "--sparse"],
        &["--format=pax", "--xattrs", "--sparse", "--sparse-version=0.0"],
        &["--format=pax", "--xattrs", "--sparse", "--sparse-version=0.1"],
        &["--format=pax", "--xattrs", "--sparse", "--sparse-version=1.0"],
        &["--format=pax", "--xattrs"],
    ];
    for form in forms {
        let target = room.path().join("layers").join(form.join(""));
        storage().unpack(&mut &gnu_tar(form, &tree)[..], &[], &target).unwrap();
        let (mut ours, mut theirs) = (seen(&target), seen(&tree));
        if !form.contains(&"--xattrs") {
            let strip = |seen: &mut BTreeMap<String, String>| {
                seen.values_mut().for_each(|line| *line = without_second_of_time(&line.replace(USER_TEST, "")));
            };
            strip(&mut ours);
            strip(&mut theirs);
        }
        if !form.contains(&"--sparse") {
            let fill = |line: &mut String| *line = line.replace("sparse=true", "sparse=false");
            theirs.values_mut().for_each(fill);
        }
        assert_eq!(ours, theirs, "{form:?}");
    }
}

/// As [`attributes`] shows the one that [`tree`] sets.
const USER_TEST: &str = r#"("user.test", [97, 10, 98, 0, 99])"#;

/// GNU's own form knows whole seconds only.
fn without_second_of_time(line: &str) -> String {
    let mut parts: Vec<_> = line.split(' ').map(str::to_owned).collect();
    for part in &mut parts {
        if part.ends_with(')') && part.trim_end_matches(')').parse::<u32>().is_ok() {
            *part = "_)".to_owned();
        }
    }
    parts.join(" ")
}

#[test]
fn gnu_tar_understands_ours() {
    let Some(room) = room() else { return };
    let tree = tree(room.path());
    let packed = room.path().join("packed.tar");
    storage().export(&tree, &mut fs::File::create(&packed).unwrap()).unwrap();
    assert!(fs::metadata(&packed).unwrap().len() < 1 << 20, "holes are not written");
    let back = room.path().join("back");
    fs::create_dir(&back).unwrap();
    let status =
        Command::new("tar").args(["--xattrs", "--same-owner", "-xpf"]).arg(&packed).arg("-C").arg(&back).status();
    assert!(status.unwrap().success());
    assert_eq!(seen(&back), seen(&tree));
}

#[test]
fn capabilities_of_programs_survive() {
    let Some(room) = room() else { return };
    // cap_net_bind_service=ep, in the form of linux/capability.h (VFS_CAP_REVISION_2): with NULs, as always.
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut program = file("program", "x");
    program.0.meta = Meta { uid: 5, mode: 0o4755, ..meta(0) };
    program.0.meta.xattrs = vec![(b"security.capability".to_vec(), capability.to_vec())];
    let layer = layer(room.path(), "x", &[], &[program]);
    let kept = attributes(&layer.join("program"));
    assert_eq!(kept, [("security.capability".to_owned(), capability.to_vec())]);
    assert_eq!(fs::metadata(layer.join("program")).unwrap().mode() & 0o7777, 0o4755, "a change of owner drops it");
}
