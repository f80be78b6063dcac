//! A disk without room: what is said then, and that nothing half-made stays.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::stream;
use longshore::{
    backend::{Containers, EngineError, Images, Reporter, embedded::EmbeddedEngine},
    host,
    model::{ContainerSpec, ImportSpec},
    runtime::{
        self, Runtime,
        image::Access,
        layout::Layout,
        linux::{self, compute::Compute},
    },
};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::support::engines::{self, IMAGE};

/// Room for a database and no image.
const SMALL: u64 = 1 << 20;
/// Room for an image and a container.
const LARGE: u64 = 32 << 20;

/// A disk of its own, gone with the test.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(size: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = std::ffi::CString::new(format!("size={size}")).unwrap();
        mount("tmpfs", folder.path(), "tmpfs", MountFlags::empty(), Some(options.as_c_str())).unwrap();
        Self(folder)
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn engine(&self) -> Result<EmbeddedEngine, runtime::RuntimeError> {
        let layout = Layout::at(self.root());
        let monitors = Compute::with_program(env!("CARGO_BIN_EXE_longshore").into());
        let platform = linux::with_compute(&layout, monitors);
        Runtime::open(layout, platform, Access::default())
            .map(|runtime| EmbeddedEngine::over(Arc::new(runtime), host::local().ok()))
    }

    /// Writes until there is no room; without the file there is again.
    fn fill(&self) -> PathBuf {
        let path = self.root().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        for block in [1 << 16, 1 << 12] {
            while file.write_all(&vec![1; block]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = unmount(self.root(), UnmountFlags::DETACH);
    }
}

/// Whether all is said that helps.
fn assert_full(error: &EngineError, disk: &Disk) {
    let said = error.to_string();
    assert!(matches!(error, EngineError::Full { .. }), "{error:?}");
    assert!(said.contains("no room"), "{said}");
    assert!(said.contains(&disk.root().display().to_string()), "where? {said}");
    assert!(error.hint().is_some_and(|hint| hint.contains("prune")), "{error:?}");
}

/// A layer that is too large.
fn large_tar() -> Vec<u8> {
    let (mut tar, content) = (tar::Builder::new(Vec::new()), vec![7; 4 << 20]);
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "large", content.as_slice()).unwrap();
    tar.into_inner().unwrap()
}

fn can_run() -> bool {
    // The reason has been said by whoever looked first.
    runtime::is_root()
}

#[tokio::test]
async fn an_engine_that_cannot_write_says_that_the_disk_is_full() {
    if !can_run() {
        return;
    }
    let disk = Disk::of(SMALL);
    let filler = disk.fill();
    let error = disk.engine().err().expect("there is no room");
    assert!(error.hint().is_some_and(|hint| hint.contains("room")), "{error}");
    assert!(error.to_string().contains(&disk.root().display().to_string()), "{error}");
    fs::remove_file(filler).unwrap();
    disk.engine().unwrap();
}

#[tokio::test]
async fn a_pull_and_an_import_without_room_leave_nothing_and_say_so() {
    let Some(registry) = engines::registry().filter(|_| can_run()) else { return };
    let disk = Disk::of(SMALL);
    let engine = disk.engine().unwrap();
    let name = format!("{registry}/{IMAGE}");
    let error = engine.pull(&name, &Reporter::new().0).await.unwrap_err();
    assert_full(&error, &disk);
    assert!(engine.images().await.unwrap().is_empty());

    let archive = stream::iter([Ok(large_tar().into())]);
    let spec = ImportSpec { reference: Some("in:1".into()), ..ImportSpec::default() };
    let error = engine.import(Box::pin(archive), &spec).await.unwrap_err();
    assert_full(&error, &disk);
    assert!(engine.images().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_container_without_room_is_not_half_made() {
    let Some(registry) = engines::registry().filter(|_| can_run()) else { return };
    let disk = Disk::of(LARGE);
    let engine = disk.engine().unwrap();
    let name = format!("{registry}/{IMAGE}");
    engine.pull(&name, &Reporter::new().0).await.unwrap();
    let filler = disk.fill();
    let spec = ContainerSpec { image: name, name: Some("no-room".into()), ..ContainerSpec::default() };
    let error = engine.create(&spec).await.unwrap_err();
    assert_full(&error, &disk);
    assert!(engine.containers().await.unwrap().is_empty());
    fs::remove_file(filler).unwrap();
    engine.create(&spec).await.unwrap();
}
