use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};

use super::*;

/// Windows' service as §10.7 of the reference has it.
#[derive(Default)]
struct Fake {
    state: Mutex<State>,
    preparing: AtomicBool,
}

#[derive(Default)]
struct State {
    calls: Vec<String>,
    active: BTreeSet<PathBuf>,
    prepared: BTreeSet<PathBuf>,
    /// How many times a call fails, and how.
    fails: BTreeMap<&'static str, (u32, u32)>,
}

fn error<T>(number: u32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(number.cast_signed()))
}

impl Fake {
    fn failing(call: &'static str, times: u32, number: u32) -> Layers<Self> {
        let fake = Self::default();
        fake.state.lock().unwrap().fails.insert(call, (times, number));
        Layers::new(fake, Duration::ZERO)
    }

    fn call(&self, name: &'static str, then: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(name.into());
        if let Some((times, number)) = state.fails.get_mut(name)
            && *times > 0
        {
            *times -= 1;
            return error(*number);
        }
        then(&mut state)
    }
}

impl LayerService for Fake {
    fn name_to_guid(&self, name: &str) -> io::Result<Guid> {
        Ok(Guid::named("layer", name))
    }

    fn copy_disk(&self, _: &Path, _: &Path) -> io::Result<()> {
        self.call("copy", |_| Ok(()))
    }

    fn activate(&self, folder: &Path) -> io::Result<()> {
        self.call("activate", |state| if state.active.insert(folder.into()) { Ok(()) } else { error(0x8007_0020) })
    }

    fn prepare(&self, folder: &Path, below: &LayerData) -> io::Result<()> {
        assert!(!self.preparing.swap(true, Ordering::SeqCst), "two layers are prepared at once");
        thread::yield_now();
        let done = self.call("prepare", |state| {
            assert!(below.layers()[0].path.ends_with("top") && below.layers().len() == 2);
            if !state.active.contains(folder) {
                return error(0x8007_0015);
            }
            state.prepared.insert(folder.into());
            Ok(())
        });
        self.preparing.store(false, Ordering::SeqCst);
        done
    }

    fn mount_path(&self, folder: &Path) -> io::Result<String> {
        self.call("path", |state| if state.prepared.contains(folder) { Ok(()) } else { error(0x8007_0490) })?;
        Ok(r"\\?\Volume{1}".into())
    }

    fn unprepare(&self, folder: &Path) -> io::Result<()> {
        self.call("unprepare", |state| if state.prepared.remove(folder) { Ok(()) } else { error(0x8007_0490) })
    }

    fn deactivate(&self, folder: &Path) -> io::Result<()> {
        self.call("deactivate", |state| if state.active.remove(folder) { Ok(()) } else { error(0x8007_0490) })
    }

    fn destroy(&self, folder: &Path) -> io::Result<()> {
        self.call("destroy", |state| if state.active.contains(folder) { error(DENIED) } else { Ok(()) })
    }

    fn detach(&self, disk: &Path) -> io::Result<()> {
        assert!(disk.ends_with(SCRATCH));
        self.call("detach", |_| Ok(()))
    }
}

fn layers() -> [PathBuf; 2] {
    ["base", "top"].map(PathBuf::from)
}

fn calls(layers: &Layers<Fake>) -> String {
    std::mem::take(&mut layers.service().state.lock().unwrap().calls).join(" ")
}

#[test]
fn a_layer_becomes_a_volume_and_none_again() {
    let windows = Layers::new(Fake::default(), Duration::ZERO);
    let web = Path::new("web");
    assert_eq!(windows.mount(&layers(), web).unwrap(), r"\\?\Volume{1}\");
    assert_eq!(calls(&windows), "copy activate prepare path");
    for _ in 0..2 {
        windows.unmount(web).unwrap();
    }
    assert!(windows.service().state.lock().unwrap().active.is_empty());
    assert!(matches!(windows.mount(&[], web), Err(RuntimeError::Invalid { .. })));
}

#[test]
fn a_step_that_fails_is_taken_back_exactly() {
    for (step, expected) in [
        ("copy", "copy"),
        ("activate", "copy activate"),
        ("prepare", "copy activate prepare deactivate"),
        ("path", "copy activate prepare path unprepare deactivate"),
    ] {
        let windows = Fake::failing(step, 1, 0x8037_0112);
        let error = windows.mount(&layers(), Path::new("web")).unwrap_err();
        assert!(error.to_string().starts_with("cannot mount the layer `web`"), "{error}");
        assert_eq!(calls(&windows), expected);
    }
}

#[test]
fn a_disk_that_is_not_ready_is_waited_for_but_not_for_ever() {
    let windows = Fake::failing("prepare", TRIES - 1, NOT_READY[1]);
    windows.mount(&layers(), Path::new("web")).unwrap();
    assert_eq!(calls(&windows).matches("prepare").count(), TRIES as usize);
    let windows = Fake::failing("prepare", TRIES, NOT_READY[0]);
    windows.mount(&layers(), Path::new("web")).unwrap_err();
    assert!(windows.service().state.lock().unwrap().active.is_empty());
}

#[test]
fn layers_are_prepared_one_at_a_time() {
    let windows = Layers::new(Fake::default(), Duration::ZERO);
    thread::scope(|scope| {
        for n in 0..8 {
            let windows = &windows;
            scope.spawn(move || windows.mount(&layers(), Path::new(&format!("web{n}"))).unwrap());
        }
    });
    assert_eq!(windows.service().state.lock().unwrap().prepared.len(), 8);
}

#[test]
fn what_a_crash_left_mounted_is_removed_all_the_same() {
    let windows = Layers::new(Fake::default(), Duration::ZERO);
    windows.mount(&layers(), Path::new("web")).unwrap();
    calls(&windows);
    windows.remove(Path::new("web")).unwrap();
    assert_eq!(calls(&windows), "destroy unprepare deactivate detach destroy");
    let windows = Fake::failing("destroy", 9, DENIED);
    assert!(windows.remove(Path::new("web")).is_err());
    Fake::failing("destroy", 1, MISSING[1]).remove(Path::new("web")).unwrap();
}

#[test]
fn every_step_of_an_unmount_is_taken() {
    let windows = Layers::new(Fake::default(), Duration::ZERO);
    windows.mount(&layers(), Path::new("web")).unwrap();
    windows.service().state.lock().unwrap().fails.insert("unprepare", (1, 0x8007_001F));
    let error = windows.unmount(Path::new("web")).unwrap_err();
    assert!(error.to_string().starts_with("cannot unmount the layer `web`"), "{error}");
    assert!(windows.service().state.lock().unwrap().active.is_empty());
}

#[test]
fn a_layer_is_opened_for_an_export_and_closed_whatever_comes_of_it() {
    let windows = Layers::new(Fake::default(), Duration::ZERO);
    let seen = windows.opened(&layers(), Path::new("web"), |below| Ok(below.layers().len()));
    assert_eq!(seen.unwrap(), 2);
    assert_eq!(calls(&windows), "activate prepare unprepare deactivate");
    windows.opened(&layers(), Path::new("web"), |_| error::<()>(DENIED)).unwrap_err();
    assert_eq!(calls(&windows), "activate prepare unprepare deactivate");
    for (step, expected) in
        [("prepare", "activate prepare deactivate"), ("unprepare", "activate prepare unprepare unprepare deactivate")]
    {
        let windows = Fake::failing(step, 1, 0x8037_0112);
        windows.opened(&layers(), Path::new("web"), |_| Ok(())).unwrap_err();
        assert_eq!(calls(&windows), expected, "{step}");
        assert!(windows.service().state.lock().unwrap().active.is_empty(), "{step}");
    }
}
