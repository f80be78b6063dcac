//! Layers laid over each other by the kernel.

use super::*;
use crate::{
    model::PathChangeKind::{self, Added, Changed, Removed},
    runtime::{
        host::Storage as _,
        linux::storage::overlay::{Stack, Way},
    },
};

/// Mounts of the host below a test's folder.
fn mounts(room: &Path) -> usize {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    table.lines().filter(|line| line.contains(room.to_str().unwrap())).count()
}

fn stack(room: &Path, count: usize) -> Vec<PathBuf> {
    (0..count)
        .map(|n| layer(room, &n.to_string(), &[], &[file("top", &n.to_string()), file(&n.to_string(), "")]))
        .collect()
}

#[test]
fn many_layers_are_mounted_and_the_host_is_as_before() {
    let Some(room) = room() else { return };
    let layers = stack(room.path(), 300);
    let (container, root) = (room.path().join("c"), room.path().join("root"));
    for count in [0, 1, 50, 300] {
        storage().mount(&layers[..count], &container, &root).unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), if count == 0 { 0 } else { count + 1 });
        if count > 0 {
            assert_eq!(fs::read_to_string(root.join("top")).unwrap(), (count - 1).to_string());
        }
        storage().unmount(&root).unwrap();
        storage().unmount(&root).unwrap();
        assert_eq!(mounts(room.path()), 0);
        storage().remove_layer(&container).unwrap();
    }
    let too_many: Vec<_> = (0..501).map(|n| PathBuf::from(format!("/{n}"))).collect();
    let refused = storage().mount(&too_many, &container, &root).unwrap_err().to_string();
    assert!(refused.contains("501 layers"), "{refused}");
}

#[test]
fn every_way_to_tell_the_kernel_gives_the_same_root() {
    let Some(room) = room() else { return };
    let layers = stack(room.path(), 120);
    for way in [Way::Folders, Way::Paths, Way::Line] {
        let (container, root) = (room.path().join(format!("{way:?}")), room.path().join("root"));
        Stack::prepare(&layers, &container, &root).unwrap().mount(way).unwrap();
        assert_eq!(fs::read_to_string(root.join("top")).unwrap(), "119", "{way:?}");
        fs::write(root.join("new"), "x").unwrap();
        storage().unmount(&root).unwrap();
        assert_eq!(fs::read_to_string(container.join("upper/new")).unwrap(), "x", "{way:?}");
        assert_eq!(mounts(room.path()), 0);
    }
}

#[test]
fn a_mount_in_use_and_one_that_a_crash_left_are_taken_away() {
    let Some(room) = room() else { return };
    let layers = stack(room.path(), 2);
    let (container, root) = (room.path().join("c"), room.path().join("root"));
    storage().mount(&layers, &container, &root).unwrap();
    storage().mount(&layers, &container, &root).unwrap();
    assert_eq!(mounts(room.path()), 1, "a second mount must not lie on the first");
    let held = fs::File::open(root.join("top")).unwrap();
    storage().unmount(&root).unwrap();
    assert_eq!(mounts(room.path()), 0);
    drop(held);
    storage().unmount(&room.path().join("never")).unwrap();
}

#[test]
fn a_mount_that_fails_says_why_and_leaves_nothing() {
    let Some(room) = room() else { return };
    let missing = [room.path().join("layers/none")];
    let refused = storage().mount(&missing, &room.path().join("c"), &room.path().join("root")).unwrap_err();
    assert!(refused.to_string().contains("No such file"), "{refused}");
    assert_eq!(mounts(room.path()), 0);
}

/// A lower and an upper layer's content, used by the next two tests.
fn below(room: &Path) -> Vec<PathBuf> {
    let low = [
        folder("etc"),
        file("etc/passwd", "root"),
        file("etc/gone", "x"),
        folder("opt"),
        file("opt/a", "a"),
        folder("opt/sub"),
        file("opt/sub/b", "b"),
        folder("same"),
        file("same/x", "x"),
        file("kind", "file"),
    ];
    let mid = [file("etc/.wh.gone", ""), folder("etc"), file("etc/mid", "mid"), file("never", "")];
    let low = layer(room, "low", &[], &low);
    let mid = layer(room, "mid", std::slice::from_ref(&low), &mid);
    vec![low, mid]
}

fn work(root: &Path) {
    fs::write(root.join("etc/passwd"), "changed").unwrap();
    fs::write(root.join("new"), "new").unwrap();
    fs::hard_link(root.join("new"), root.join("newer")).unwrap();
    fs::remove_file(root.join("etc/mid")).unwrap();
    fs::remove_dir_all(root.join("opt")).unwrap();
    fs::create_dir_all(root.join("opt/sub")).unwrap();
    fs::write(root.join("opt/sub/c"), "c").unwrap();
    fs::remove_file(root.join("kind")).unwrap();
    fs::create_dir(root.join("kind")).unwrap();
    fs::write(root.join("passing"), "x").unwrap();
    fs::remove_file(root.join("passing")).unwrap();
}

#[test]
fn changes_are_told_path_by_path() {
    let Some(room) = room() else { return };
    let layers = below(room.path());
    let (container, root) = (room.path().join("c"), room.path().join("root"));
    assert_eq!(storage().changes(&layers, &container).unwrap(), [], "before it was ever mounted");
    storage().mount(&layers, &container, &root).unwrap();
    assert!(!root.join("etc/gone").exists(), "a whiteout in a layer hides");
    assert_eq!(storage().changes(&layers, &container).unwrap(), [], "nothing has happened yet");
    work(&root);
    let changes = storage().changes(&layers, &container).unwrap();
    storage().unmount(&root).unwrap();
    let told: Vec<(PathChangeKind, &str)> = changes.iter().map(|change| (change.kind, change.path.as_str())).collect();
    let expected = [
        (Changed, "/etc"),
        (Removed, "/etc/mid"),
        (Changed, "/etc/passwd"),
        (Changed, "/kind"),
        (Added, "/new"),
        (Added, "/newer"),
        (Changed, "/opt"),
        (Removed, "/opt/a"),
        (Changed, "/opt/sub"),
        (Removed, "/opt/sub/b"),
        (Added, "/opt/sub/c"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_packed_writable_layer_shows_what_the_container_saw() {
    let Some(room) = room() else { return };
    let mut layers = below(room.path());
    let (container, root) = (room.path().join("c"), room.path().join("root"));
    storage().mount(&layers, &container, &root).unwrap();
    work(&root);
    let saw = seen(&root);
    let (mut packed, mut again) = (Vec::new(), Vec::new());
    storage().pack(&container, &mut packed).unwrap();
    storage().pack(&container, &mut again).unwrap();
    storage().unmount(&root).unwrap();
    assert!(packed == again, "packed twice, it must be the same");
    let committed = room.path().join("layers/committed");
    storage().unpack(&mut &packed[..], &layers, &committed).unwrap();
    layers.push(committed);
    storage().mount(&layers, &room.path().join("other"), &root).unwrap();
    let sees = seen(&root);
    storage().unmount(&root).unwrap();
    assert_eq!(sees, saw);
    assert_eq!(mounts(room.path()), 0);
}

#[test]
fn a_root_is_root_s_and_everybody_s_to_enter_whatever_its_image_says() {
    let Some(room) = room() else { return };
    let mut shut = folder("./");
    (shut.0.meta.mode, shut.0.meta.uid) = (0o2700, 1000);
    let layers = [layer(room.path(), "0", &[], &[shut, file("in", "x")])];
    let root = room.path().join("root");
    storage().mount(&layers, &room.path().join("c"), &root).unwrap();
    let about = fs::metadata(&root).unwrap();
    storage().unmount(&root).unwrap();
    // What `docker run` shows of such an image (20.10, overlay2).
    assert_eq!((about.mode() & 0o7777, about.uid(), about.gid()), (0o755, 0, 0));
}
