//! The engine aboard for tests: folders, images and monitors of this run's own, gone with its last test. Knows
//! no single test.

#![allow(dead_code, reason = "each test binary compiles this module and uses the part it needs")]

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use longshore::{
    backend::{Containers, Engine, Images, Networks, Reporter, Volumes, embedded::EmbeddedEngine},
    host,
    model::{ContainerId, NetworkId, RemoveContainer, VolumeName},
    runtime::{self, Platform, Runtime, image::Access, layout::Layout},
};
use tokio::sync::Mutex;

use crate::support::engines::{IMAGE, IMAGE_ON_TOP, unique};

/// The arena of the tests that run now.
static CURRENT: Mutex<Weak<Arena>> = Mutex::const_new(Weak::new());

/// Folders with the images that tests need.
pub(crate) struct Arena {
    folder: PathBuf,
}

impl Arena {
    /// The arena of the tests that run now, or a new one; `None`, with the reason said, for everybody but root.
    pub(crate) async fn enter(registry: &str) -> Option<Arc<Self>> {
        let mut current = CURRENT.lock().await;
        if let Some(arena) = current.upgrade() {
            return Some(arena);
        }
        let arena = Arc::new(Self::empty()?);
        #[cfg(windows)]
        crate::windows_images::publish(registry);
        let engine = arena.open();
        for image in [IMAGE, IMAGE_ON_TOP] {
            let there = format!("{registry}/{image}");
            engine.pull(&there, &Reporter::new().0).await.unwrap();
            let id = engine.images().await.unwrap().into_iter().find(|known| known.tags.contains(&there)).unwrap().id;
            engine.tag(&id, image).await.unwrap();
            engine.remove_image(&there, false).await.unwrap();
        }
        *current = Arc::downgrade(&arena);
        Some(arena)
    }

    /// An arena without images, for one test; `None`, with the reason said, for everybody but root.
    pub(crate) fn empty() -> Option<Self> {
        if !runtime::is_root() {
            let message = "SKIPPED: the engine aboard needs root";
            assert!(
                std::env::var("LONGSHORE_CI").as_deref() != Ok("1"),
                "{message}, and LONGSHORE_CI=1 forbids to skip"
            );
            let _ = writeln!(std::io::stderr(), "{message}");
            return None;
        }
        // Short: a socket's path may have 107 bytes.
        Some(Self { folder: std::env::temp_dir().join(unique("lsa")) })
    }

    /// Its data root.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// One more console's view of it.
    pub(crate) fn open(&self) -> EmbeddedEngine {
        EmbeddedEngine::over(Arc::new(self.runtime()), host::local().ok())
    }

    /// The same without the traits of an engine over it.
    pub(crate) fn runtime(&self) -> Runtime {
        runtime_at(&self.folder)
    }

    /// Does what a docker command that removes something would.
    pub(crate) fn remove(&self, command: &[String]) {
        let engine = self.open();
        let words: Vec<&str> = command.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
        on_a_thread_of_its_own(async move {
            match words[..] {
                ["rm", name] => {
                    let how = RemoveContainer { volumes: true, force: true };
                    let _ = engine.remove(&ContainerId::new(name), how).await;
                }
                ["rmi", name] => drop(engine.remove_image(name, false).await),
                ["volume", "rm", name] => drop(engine.remove_volume(&VolumeName::new(name)).await),
                ["network", "rm", name] => drop(engine.remove_network(&NetworkId::new(name)).await),
                _ => panic!("no such command: {words:?}"),
            }
        });
    }
}

/// The engine over these folders.
pub(crate) fn runtime_at(folder: &Path) -> Runtime {
    let layout = Layout::at(folder);
    let platform = platform(&layout, env!("CARGO_BIN_EXE_longshore").into());
    Runtime::open(layout, platform, Access::default()).unwrap()
}

/// What this system gives, with monitors of this program.
#[cfg(target_os = "linux")]
fn platform(layout: &Layout, program: PathBuf) -> Platform {
    runtime::linux::with_compute(layout, runtime::linux::compute::Compute::with_program(program))
}

/// What this system gives, with monitors of this program.
#[cfg(windows)]
fn platform(layout: &Layout, program: PathBuf) -> Platform {
    runtime::windows::with_program(layout, program).unwrap()
}

/// A test's runtime cannot be waited on in a `drop`.
fn on_a_thread_of_its_own(work: impl Future<Output = ()> + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(work);
        });
    });
}

impl Drop for Arena {
    fn drop(&mut self) {
        let engine = self.open();
        on_a_thread_of_its_own(async move {
            clear(&engine).await;
        });
        let runtime = self.runtime();
        for network in runtime.networks().unwrap_or_default() {
            let bridge = network.bridge().unwrap_or_default();
            let _ = runtime.platform().network.remove(&network.id, &bridge);
        }
        drop(runtime);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes all that a test may have left, so that the host is as before.
async fn clear(engine: &dyn Engine) {
    for container in engine.containers().await.unwrap_or_default() {
        let _ = engine.remove(&container.id, RemoveContainer { volumes: true, force: true }).await;
    }
    let _ = engine.prune_networks().await;
}
