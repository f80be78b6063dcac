//! Restores of volumes that are broken off at any moment lose nothing: what is in the volume is the old or the new.

use std::{
    env, fs,
    io::{self, Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use longshore::{
    backend::Containers,
    model::{ContainerSpec, Mount, MountKind, VolumeName, VolumeSpec},
    runtime::Runtime,
};

use crate::{
    arena::{self, Arena},
    kills::{Chance, SEED, rounds, strike},
    shore::Shore,
    support::engines::unique,
};

/// Says to the process what it is to restore, and from which tar.
const ORDER: &str = "LONGSHORE_TEST_RESTORES";
/// Files in each tar: enough for a restore to take its time.
const FILES: usize = 400;

/// A tar in which every file says `word`.
fn tar(word: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for at in 0..FILES {
        let mut header = tar::Header::new_gnu();
        header.set_size(word.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("in/{at}"), word.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

/// The word that all files of a volume say.
fn word(runtime: &Runtime, name: &VolumeName) -> String {
    let folder = runtime.volume_folder(name).join("in");
    let words: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert_eq!(words.len(), FILES, "a volume is not whole");
    assert!(words.iter().all(|word| *word == words[0]), "a volume is half the old and half the new");
    words[0].clone()
}

/// What lies beside a volume's files, but for the lock.
fn beside(runtime: &Runtime, name: &VolumeName) -> Vec<String> {
    let entries = fs::read_dir(runtime.layout().volume(name)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| !matches!(name.as_str(), "_data" | "restoring")).collect()
}

fn volume(runtime: &Runtime) -> VolumeName {
    let spec = VolumeSpec { name: Some(unique("swapped")), ..VolumeSpec::default() };
    runtime.create_volume(&spec).unwrap()
}

/// Not a test but the process that is killed.
#[test]
fn restores_when_it_is_told_to() {
    let Ok(order) = env::var(ORDER) else { return };
    let [root, name, from] = order.split(' ').collect::<Vec<_>>()[..] else { panic!("{order}") };
    let mut from = fs::File::open(from).unwrap();
    arena::runtime_at(Path::new(root)).restore_volume(&VolumeName::new(name), &mut from).unwrap();
}

#[test]
fn a_restore_that_is_killed_at_any_moment_loses_nothing() {
    let Some(arena) = Arena::empty() else { return };
    let runtime = arena.runtime();
    let name = volume(&runtime);
    let words = ["one", "two"];
    let tars = words.map(|word| arena.folder().join(word));
    for (path, word) in tars.iter().zip(words) {
        fs::write(path, tar(word)).unwrap();
    }
    let restore = |from: &Path| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "restores::restores_when_it_is_told_to"]);
        let order = format!("{} {name} {}", arena.folder().display(), from.display());
        command.env(ORDER, order).stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    // The first is slower.
    let usual = [0, 1].map(|at: usize| {
        let begun = Instant::now();
        assert!(restore(&tars[at]).wait().unwrap().success());
        assert_eq!(word(&runtime, &name), words[at]);
        begun.elapsed()
    });
    let (usual, mut chance, mut arrived) = (usual[1], Chance(SEED), 0);
    let rounds = rounds();
    for round in 0..rounds {
        let before = word(&runtime, &name);
        let next = usize::from(before == words[0]);
        strike(restore(&tars[next]), usual.mul_f64(chance.below(1000) as f64 / 900.0));
        let healed = arena.runtime();
        assert_eq!(beside(&healed, &name), [""; 0], "round {round}");
        let after = word(&healed, &name);
        assert!(words.contains(&after.as_str()), "round {round}: {after}");
        arrived += u32::from(after != before);
    }
    assert!(arrived < rounds, "none was killed in time");
    let _ = writeln!(io::stderr(), "{arrived} of {rounds} restores arrived before they were killed");
    runtime.remove_volume(&name).unwrap();
}

#[test]
fn what_a_swap_in_steps_left_comes_back() {
    let Some(arena) = Arena::empty() else { return };
    let runtime = arena.runtime();
    let name = volume(&runtime);
    runtime.restore_volume(&name, &mut &tar("old")[..]).unwrap();
    let folder = runtime.layout().volume(&name);
    fs::rename(folder.join("_data"), folder.join("restore-x.old")).unwrap();
    fs::create_dir(folder.join("restore-x")).unwrap();
    let healed = arena.runtime();
    assert_eq!(word(&healed, &name), "old");
    assert_eq!(beside(&healed, &name), [""; 0]);
}

/// A tar in whose middle something happens.
struct Amid<'a, F: FnOnce()> {
    tar: &'a [u8],
    left: usize,
    happens: Option<F>,
}

impl<F: FnOnce()> Read for Amid<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.tar.len() < self.left
            && let Some(happens) = self.happens.take()
        {
            happens();
        }
        let most = buffer.len().min(4096);
        self.tar.read(&mut buffer[..most])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_volume_is_restored_is_seen_before_it_changes() {
    let Some(shore) = Shore::new().await else { return };
    let runtime = Arc::clone(shore.runtime());
    let name = volume(&runtime);
    shore.remove_later(&["volume", "rm", name.as_str()]);
    let (old, new) = (tar("old"), tar("new"));
    runtime.restore_volume(&name, &mut &old[..]).unwrap();
    let spec = ContainerSpec {
        mounts: vec![Mount::new(MountKind::Volume, name.as_str(), "/data", false)],
        start: false,
        ..shore.spec("restored-meanwhile", "sleep 600")
    };
    let user = shore.run(&spec).await;
    let half = new.len() / 2;

    // A second restore, a removal and a next console do not come between.
    let happens = || {
        let again = runtime.restore_volume(&name, &mut &old[..]).unwrap_err();
        assert!(again.to_string().contains("being restored already"), "{again}");
        let removed = runtime.remove_volume(&name).unwrap_err();
        assert!(removed.to_string().contains("being restored"), "{removed}");
        drop(shore.another());
        assert_eq!(beside(&runtime, &name).len(), 1, "a next console has taken it away");
    };
    runtime.restore_volume(&name, &mut Amid { tar: &new, left: half, happens: Some(happens) }).unwrap();
    assert_eq!(word(&runtime, &name), "new");

    let happens = || runtime.start(&user).unwrap();
    let error = runtime.restore_volume(&name, &mut Amid { tar: &old, left: half, happens: Some(happens) }).unwrap_err();
    assert!(error.to_string().contains("runs and has it mounted"), "{error}");
    assert_eq!((word(&runtime, &name).as_str(), beside(&runtime, &name).len()), ("new", 0));
    Containers::stop(&shore.engine, &user, Duration::ZERO).await.unwrap();

    // Whoever mounts its folder by path uses it too.
    let path = runtime.volume_folder(&name).display().to_string();
    let spec = ContainerSpec {
        mounts: vec![Mount::new(MountKind::Bind, path, "/data", false)],
        ..shore.spec("restored-by-path", "sleep 600")
    };
    shore.run(&spec).await;
    let error = runtime.restore_volume(&name, &mut &old[..]).unwrap_err();
    assert!(error.to_string().contains("runs and has it mounted"), "{error}");
}
