//! HCS against its stand-in. Each test has a world of its own: the DLL is loaded from a copy.

mod ends;
mod failures;
mod life;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use windows_sys::core::{PCWSTR, PWSTR};

use super::{Hcs, Pipes, Process, Result, System, operation::take_text};
use crate::runtime::{
    document::{
        Process as Asked,
        hcs::{
            Version, owner,
            process::ProcessParameters,
            system::{ComputeSystem, Container, Layer, Storage},
        },
    },
    windows::{
        load::{Shelf, TEST_DLLS},
        table::table,
        wide::Wide,
    },
};

/// What must have happened by then, or never will.
pub(in crate::runtime::windows) const SOON: Duration = Duration::from_secs(20);

table! {
    /// The stand-in's own functions.
    struct Control: "computecore.dll" of Containers;
    required {
        inject: c"FakeInject" = fn(PCWSTR, u32, u32, u32),
        dump: c"FakeDump" = fn(*mut PWSTR),
        delay: c"FakeDelay" = fn(u32),
        mute: c"FakeMute" = fn(),
        spurious: c"FakeSpurious" = fn(u32),
        disconnect: c"FakeDisconnect" = fn(),
        exit: c"FakeExit" = fn(PCWSTR, u32, u32),
    }
    optional {}
}

/// A world with nothing in it.
pub(in crate::runtime::windows) struct World {
    pub(in crate::runtime::windows) hcs: Hcs,
    control: Control,
}

/// A fresh copy of the stand-in, in a folder of its own.
fn copy() -> PathBuf {
    let built =
        std::env::var_os(TEST_DLLS).expect("scripts/windows/test.sh builds the stand-ins and names their folder");
    let built = Path::new(&built);
    let folder = tempfile::Builder::new().prefix("world-").tempdir_in(built).unwrap().keep();
    fs::copy(built.join("computecore.dll"), folder.join("computecore.dll")).unwrap();
    folder
}

#[allow(unsafe_code, reason = "calls into the stand-in")]
impl World {
    pub(in crate::runtime::windows) fn new() -> Self {
        let shelf = Shelf::of_folder(copy());
        Self { hcs: Hcs::load(&shelf).unwrap(), control: Control::load(&shelf).unwrap() }
    }

    /// The next call at this point fails, by itself or by its operation.
    pub(in crate::runtime::windows) fn inject(&self, point: &str, code: u32, at_once: bool) {
        // SAFETY: the text ends with a zero and lives over the call.
        unsafe { (self.control.inject)(Wide::new(point).as_ptr(), code, 1, at_once.into()) }
    }

    pub(in crate::runtime::windows) fn delay(&self, milliseconds: u32) {
        // SAFETY: takes a number.
        unsafe { (self.control.delay)(milliseconds) }
    }

    pub(in crate::runtime::windows) fn mute(&self) {
        // SAFETY: takes nothing.
        unsafe { (self.control.mute)() }
    }

    fn spurious(&self) {
        // SAFETY: takes a number.
        unsafe { (self.control.spurious)(1) }
    }

    pub(in crate::runtime::windows) fn disconnect(&self) {
        // SAFETY: takes nothing.
        unsafe { (self.control.disconnect)() }
    }

    fn exit(&self, process: &Process, code: u32) {
        self.exit_of(ID, process.pid(), code);
    }

    /// A process of a container ends by itself.
    pub(in crate::runtime::windows) fn exit_of(&self, id: &str, pid: u32, code: u32) {
        // SAFETY: the text ends with a zero and lives over the call.
        unsafe { (self.control.exit)(Wide::new(id).as_ptr(), pid, code) }
    }

    fn dump(&self) -> Value {
        let mut text = std::ptr::null_mut();
        // SAFETY: the pointer lives over the call.
        unsafe { (self.control.dump)(&mut text) };
        serde_json::from_str(&take_text(text).unwrap()).unwrap()
    }

    /// How many handles are open.
    pub(in crate::runtime::windows) fn handles(&self) -> u64 {
        self.dump()["Handles"].as_u64().unwrap()
    }

    /// Waits until everything is closed and ended; nothing must have been done wrong on the way.
    pub(in crate::runtime::windows) fn is_empty(&self) {
        let begun = Instant::now();
        loop {
            let dump = self.dump();
            assert_eq!(dump["Faults"], serde_json::json!([]), "{dump}");
            if dump["Handles"] == 0 && dump["Systems"] == serde_json::json!([]) {
                return;
            }
            assert!(begun.elapsed() < SOON, "something is left: {dump}");
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// A container that runs.
    fn running(&self) -> System {
        let mut system = self.hcs.create(ID, &document()).unwrap();
        system.listen().unwrap();
        system.start().unwrap();
        system
    }

    /// Ends a container and lets go of it.
    fn end(&self, system: System) {
        self.hcs.force(&system).unwrap();
        drop(system);
        self.is_empty();
    }
}

const ID: &str = "9F86D081884C";

pub(in crate::runtime::windows) fn document() -> ComputeSystem {
    let layer = Layer { id: "a1000000-0000-5000-8000-000000000000".into(), path: "C:\\ls\\layers\\a1".into() };
    let volume = "\\\\?\\Volume{1f0c2a6e-0000-0000-0000-000000000000}\\".into();
    ComputeSystem {
        owner: owner(Path::new("C:\\ls")),
        schema_version: Version::OLDEST,
        should_terminate_on_last_handle_closed: false,
        container: Container { storage: Storage { layers: vec![layer], path: volume }, ..Container::default() },
    }
}

/// Starts what the stand-in knows by its name.
fn run(system: &System, line: &str) -> Result<(Process, Pipes)> {
    let args = line.split(' ').map(String::from).collect();
    system.create_process(&ProcessParameters::of(&Asked { args, stdin: true, ..Asked::default() }))
}
