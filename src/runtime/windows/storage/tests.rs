//! Layers and roots against the stand-ins. Each test has copies of the DLLs, and so failures of its own; what they do
//! lies in folders.

mod commit;

use std::{fs, path::Path};

use windows_sys::core::PCWSTR;

use super::*;
use crate::{
    model::PathChangeKind,
    runtime::{
        host::Files,
        tar::{Entry, Kind, Meta, tar_of},
        windows::{files::Folders, load::TEST_DLLS, table::table, wide::Wide},
    },
};

table! {
    /// The stand-in's own functions.
    struct Control: "vmcompute.dll" of Containers;
    required {
        inject: c"FakeInject" = fn(PCWSTR, u32, u32),
        faults: c"FakeFaults" = fn() -> u32,
    }
    optional {}
}

/// A host with an image of two layers.
struct World {
    room: tempfile::TempDir,
    disks: std::sync::Arc<Disks>,
    control: Control,
}

#[allow(unsafe_code, reason = "calls into the stand-in")]
impl World {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        let (disks, control) = Self::process();
        let world = Self { room, disks, control };
        let base = [("Files", Kind::Folder, ""), ("Files/Windows", Kind::Folder, ""), file("Files/Windows/a.txt", "a")];
        world.unpack("base", &[], &base).unwrap();
        let top = [("Files", Kind::Folder, ""), file("Files/app.txt", "app"), file("Files/old.txt", "old")];
        world.unpack("top", &["base"], &top).unwrap();
        world
    }

    /// What another process has, or this one after a crash.
    fn process() -> (std::sync::Arc<Disks>, Control) {
        let built = std::env::var_os(TEST_DLLS).expect("scripts/windows/test.sh names the folder of the stand-ins");
        let built = Path::new(&built);
        let folder = tempfile::Builder::new().prefix("world-").tempdir_in(built).unwrap().keep();
        for dll in ["vmcompute.dll", "virtdisk.dll"] {
            fs::copy(built.join(dll), folder.join(dll)).unwrap();
        }
        let shelf = Shelf::of_folder(folder);
        (std::sync::Arc::new(Disks::load(&shelf).unwrap()), Control::load(&shelf).unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    fn layers(&self) -> [PathBuf; 2] {
        [self.at("base"), self.at("top")]
    }

    fn unpack(&self, name: &str, below: &[&str], entries: &[(&str, Kind, &str)]) -> Result<u64> {
        let below: Vec<_> = below.iter().map(|name| self.at(name)).collect();
        self.disks.unpack(&mut &tar(entries)[..], &below, &self.at(name))
    }

    fn mount(&self) -> Result<()> {
        self.disks.mount(&self.layers(), &self.at("web"), &self.at("root"))
    }

    fn inject(&self, call: &str, code: u32, times: u32) {
        // SAFETY: the text ends with a zero and lives over the call.
        unsafe { (self.control.inject)(Wide::new(call).as_ptr(), code, times) }
    }

    /// Whether the container's disk is attached.
    fn is_active(&self) -> bool {
        scratch(&self.at("web")).join("standin-active").exists()
    }

    /// Nothing was done that Windows does not forgive.
    fn is_sound(&self) -> bool {
        // SAFETY: takes nothing and gives a number.
        unsafe { (self.control.faults)() == 0 }
    }
}

fn file(path: &'static str, content: &'static str) -> (&'static str, Kind, &'static str) {
    (path, Kind::File { size: content.len() as u64, pieces: None }, content)
}

fn tar(entries: &[(&str, Kind, &str)]) -> Vec<u8> {
    let entry = |(path, kind, content): &(&str, Kind, &str)| {
        let meta = Meta::default();
        (Entry { path: path.as_bytes().to_vec(), kind: kind.clone(), meta }, content.as_bytes().to_vec())
    };
    tar_of(&entries.iter().map(entry).collect::<Vec<_>>())
}

#[test]
fn layers_stand_on_each_other_and_say_so() {
    let world = World::new();
    assert_eq!(fs::read_to_string(world.at("base").join("Files/Windows/a.txt")).unwrap(), "a");
    assert!(world.at("base").join("blank.vhdx").is_file());
    assert_eq!(fs::read_to_string(world.at("top").join("Files/app.txt")).unwrap(), "app");
    let chain = fs::read_to_string(world.at("top").join(CHAIN)).unwrap();
    assert_eq!(chain_of(&chain).unwrap(), [world.at("base")]);
    assert_eq!(fs::read_dir(world.room.path()).unwrap().count(), 2, "something is left beside");
    assert!(world.is_sound());
}

#[test]
fn each_step_of_a_layer_that_fails_leaves_nothing() {
    let world = World::new();
    for (call, below) in [("NameToGuid", &["base"][..]), ("ImportLayer", &["base"]), ("ProcessBaseImage", &[])] {
        world.inject(call, 0x8037_0112, 1);
        let error = world.unpack("new", below, &[("Files", Kind::Folder, "")]).unwrap_err();
        assert!(error.to_string().starts_with("cannot "), "{error}");
        assert_eq!(fs::read_dir(world.room.path()).unwrap().count(), 2, "{call}");
    }
    let error = world.unpack("new", &["base"], &[file("Files/../../x", "x")]).unwrap_err();
    assert!(matches!(error, RuntimeError::Corrupt { .. }), "{error}");
    assert_eq!(fs::read_dir(world.room.path()).unwrap().count(), 2);
}

#[test]
fn a_root_is_a_volume_with_the_image_and_what_was_written_in_it() {
    let world = World::new();
    let (root, folders) = (world.at("root"), Folders::over(std::sync::Arc::clone(&world.disks)));
    world.mount().unwrap();
    let volume = world.disks.volume(&root).unwrap();
    assert!(volume.starts_with(r"\\?\Volume{") && volume.ends_with(r"}\"), "{volume}");
    assert_eq!(folders.stat(&root, "/Windows/a.txt").unwrap().size.0, 1);
    folders.copy_in(&root, "/", &mut &tar(&[file("new.txt", "new")])[..], None, false).unwrap();
    fs::remove_file(Path::new(&volume).join("old.txt")).unwrap();
    fs::write(Path::new(&volume).join("app.txt"), "other").unwrap();
    let error = world.disks.changes(&world.layers(), &world.at("web")).unwrap_err();
    assert!(error.to_string().contains("only while it is stopped"), "{error}");
    world.disks.unmount(&root).unwrap();
    assert!(!world.is_active() && world.disks.volume(&root).is_err());
    fs::remove_dir(&root).unwrap();

    let mut changes = world.disks.changes(&world.layers(), &world.at("web")).unwrap();
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    let changes: Vec<_> = changes.iter().map(|change| (change.kind, change.path.as_str())).collect();
    let expected = [
        (PathChangeKind::Changed, r"C:\app.txt"),
        (PathChangeKind::Added, r"C:\new.txt"),
        (PathChangeKind::Removed, r"C:\old.txt"),
    ];
    assert_eq!(changes, expected);
    let mut packed = Vec::new();
    world.disks.pack(&world.at("web"), &mut packed).unwrap();
    world.disks.unpack(&mut &packed[..], &world.layers(), &world.at("committed")).unwrap();
    assert_eq!(fs::read_to_string(world.at("committed").join("Files/app.txt")).unwrap(), "other");
    assert_eq!(fs::read_to_string(world.at("committed").join("Files/new.txt")).unwrap(), "new");
    world.mount().unwrap();
    assert_eq!(folders.stat(&root, "/new.txt").unwrap().size.0, 3, "what was written is lost");
    world.disks.unmount(&root).unwrap();
    assert!(world.is_sound());
}

#[test]
fn a_container_that_never_ran_changes_nothing() {
    let world = World::new();
    fs::create_dir(world.at("web")).unwrap();
    assert_eq!(world.disks.changes(&world.layers(), &world.at("web")).unwrap(), []);
    let mut packed = Vec::new();
    world.disks.pack(&world.at("web"), &mut packed).unwrap();
    assert_eq!(packed, tar(&[]));
}

#[test]
fn each_step_of_a_mount_that_fails_is_taken_back_exactly() {
    for call in ["NameToGuid", "ActivateLayer", "PrepareLayer", "GetLayerMountPath"] {
        let world = World::new();
        world.inject(call, 0x8037_0112, 1);
        world.mount().unwrap_err();
        assert!(!world.is_active(), "{call}");
        assert_eq!(fs::read_dir(world.at("root")).unwrap().count(), 0, "{call}");
        world.mount().unwrap();
        world.disks.unmount(&world.at("root")).unwrap();
        assert!(world.is_sound(), "{call}");
    }
}

#[test]
fn what_a_crash_left_mounted_is_taken_away_by_who_comes_next() {
    let mut world = World::new();
    world.mount().unwrap();
    // The lock of the process goes with it, nothing else.
    (world.disks, world.control) = World::process();
    world.mount().unwrap();
    (world.disks, world.control) = World::process();
    let elsewhere = world.at("elsewhere");
    world.disks.mount(&world.layers(), &world.at("web"), &elsewhere).unwrap();
    world.disks.unmount(&elsewhere).unwrap();
    assert!(!world.is_active());
    world.disks.unmount(&world.at("root")).unwrap();
    assert_eq!(fs::read_dir(world.at("root")).unwrap().count(), 0);
    assert!(world.is_sound());
}

#[test]
fn a_crash_between_two_steps_is_put_right() {
    let mut world = World::new();
    world.inject("GetLayerMountPath", 0x8037_0112, 1);
    // What would take the steps back does not come to it.
    for call in ["UnprepareLayer", "DeactivateLayer"] {
        world.inject(call, 0x8007_001F, u32::MAX);
    }
    world.mount().unwrap_err();
    assert!(world.is_active());
    (world.disks, world.control) = World::process();
    world.mount().unwrap();
    world.disks.unmount(&world.at("root")).unwrap();
    assert!(!world.is_active() && world.is_sound());
}

#[test]
fn a_container_is_removed_also_while_its_disk_is_attached() {
    let world = World::new();
    let folders = Folders::over(std::sync::Arc::clone(&world.disks));
    world.mount().unwrap();
    // Only the disk's own service can let go of it.
    world.inject("DeactivateLayer", 0x8007_001F, 1);
    folders.remove(&world.at("web")).unwrap();
    assert!(!world.at("web").exists());
    folders.remove(&world.at("web")).unwrap();
    world.disks.remove_layer(&world.at("top")).unwrap();
    assert!(!world.at("top").exists());
    world.disks.remove_layer(&world.at("top")).unwrap();
}

#[test]
fn a_disk_that_somebody_has_mounted_is_not_taken_from_him() {
    let world = World::new();
    world.mount().unwrap();
    let (other, _) = World::process();
    let error = other.mount(&world.layers(), &world.at("web"), &world.at("look")).unwrap_err();
    assert!(matches!(error, RuntimeError::Conflict { .. }), "{error}");
    assert!(world.is_active());
    world.disks.unmount(&world.at("root")).unwrap();
}

#[test]
fn an_export_that_is_missing_is_named() {
    let built = PathBuf::from(std::env::var_os(TEST_DLLS).unwrap());
    let folder = tempfile::Builder::new().prefix("world-").tempdir_in(&built).unwrap();
    // Another DLL by this name, which has none of the functions.
    fs::copy(built.join("virtdisk.dll"), folder.path().join("vmcompute.dll")).unwrap();
    let Err(error) = Disks::load(&Shelf::of_folder(folder.keep())) else { panic!("it was loaded") };
    assert!(error.to_string().contains("vmcompute.dll of this Windows has no ActivateLayer"), "{error}");
}
