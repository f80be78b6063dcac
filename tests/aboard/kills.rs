//! The program is killed at any moment of what it does; the next one heals, and nothing is left.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use longshore::runtime::{
    self, Runtime,
    image::Access,
    layout::Layout,
    linux::{self, compute::Compute},
    records::{attachment, container},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};

use crate::{
    shore::PATIENCE,
    support::engines::{self, IMAGE},
};

/// How often something is killed; as many as this says where more are wanted: hundreds.
const ROUNDS: &str = "LONGSHORE_FAULT_ROUNDS";
const FEW: u32 = 20;
/// Where chance begins, so that a round that fails can be had again.
pub(crate) const SEED: u64 = 0x6c6f_6e67_7368_6f72;
/// The container of each round, and its port.
const NAME: &str = "struck";
const PORT: &str = "127.0.0.1::80";

/// Chance that is the same each time (xorshift, Marsaglia 2003).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// How often something is killed.
pub(crate) fn rounds() -> u32 {
    env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(FEW)
}

/// Kills a process after this time, unless it has ended.
pub(crate) fn strike(mut program: Child, after: Duration) {
    let end = pidfd_open(Pid::from_child(&program), PidfdFlags::empty()).unwrap();
    let after = Timespec::try_from(after).unwrap();
    poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&after)).unwrap();
    let _ = program.kill();
    program.wait().unwrap();
}

/// A data root of its own, on which the real program works.
struct Scene {
    folder: PathBuf,
    image: String,
}

impl Scene {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(["--embedded", "--data-root"]).arg(&self.folder).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Does it, and says whether it went well.
    fn does(&self, words: &[&str]) -> bool {
        self.command(words).status().unwrap().success()
    }

    /// Begins it and kills it after this time.
    fn is_struck_at(&self, words: &[&str], after: Duration) {
        strike(self.command(words).spawn().unwrap(), after);
    }

    /// The next console.
    fn open(&self) -> Runtime {
        let layout = Layout::at(&self.folder);
        let monitors = Compute::with_program(env!("CARGO_BIN_EXE_longshore").into());
        let platform = linux::with_compute(&layout, monitors);
        Runtime::open(layout, platform, Access::default()).unwrap()
    }

    fn folders(&self) -> Vec<PathBuf> {
        let roots = [self.folder.join("containers"), self.folder.join("run/containers")];
        roots.iter().flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten()).map(|e| e.path()).collect()
    }

    /// Waits until no monitor is at work any more: it goes on by itself when its console is killed.
    fn is_quiet(&self, runtime: &Runtime) {
        let begun = Instant::now();
        while self.folders().iter().any(|folder| runtime.platform().compute.is_watched(folder)) {
            assert!(begun.elapsed() < PATIENCE, "a monitor does not end");
            std::thread::yield_now();
        }
    }
}

/// What kills at any point have made, and the next console has not taken away.
fn left_of(scene: &Scene, runtime: &Runtime) -> Vec<String> {
    let mut left: Vec<String> = scene.folders().iter().map(|folder| folder.display().to_string()).collect();
    let rows = runtime.db().look(container::all).unwrap();
    left.extend(rows.iter().map(|record| format!("row {} {}", record.name, record.state)));
    let claims = runtime.db().look(attachment::claims).unwrap();
    left.extend(claims.iter().map(|claim| format!("port {}", claim.host_port)));
    let root = scene.folder.display().to_string();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    left.extend(mounts.lines().filter(|line| line.contains(&root)).map(str::to_owned));
    left
}

/// The kernel's part, by the ids of containers that were.
fn left_in_kernel(ids: &[String]) -> Vec<String> {
    let aliases = fs::read_dir("/sys/class/net").unwrap().flatten();
    let aliases = aliases.filter_map(|link| fs::read_to_string(link.path().join("ifalias")).ok());
    let rules = Command::new("nft").args(["list", "ruleset"]).output().unwrap();
    let mut text: Vec<String> = aliases.collect();
    text.extend(String::from_utf8_lossy(&rules.stdout).lines().map(str::to_owned));
    let trees = fs::read_dir("/sys/fs/cgroup").unwrap().flatten();
    for tree in trees.map(|tree| tree.path().join("longshore")).chain([Path::new("/sys/fs/cgroup/longshore").into()]) {
        text.extend(fs::read_dir(tree).into_iter().flatten().flatten().map(|group| group.path().display().to_string()));
    }
    text.retain(|line| ids.iter().any(|id| line.contains(id)));
    text
}

/// Makes all folders as old as if their makers had died long ago.
fn age(folders: &[PathBuf]) {
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    for folder in folders {
        if let Ok(file) = fs::File::open(folder) {
            file.set_modified(long_ago).unwrap();
        }
    }
}

#[test]
fn wherever_the_program_is_killed_the_next_one_heals() {
    let Some(registry) = engines::registry().filter(|_| runtime::is_root()) else { return };
    let folder = env::temp_dir().join(engines::unique("lsk"));
    let scene = Scene { folder, image: format!("{registry}/{IMAGE}") };
    let create = ["create", "--name", NAME, "-p", PORT, &scene.image, "sleep", "600"];
    let steps: [&[&str]; 5] =
        [&["pull", &scene.image], &create, &["start", NAME], &["stop", "-t", "0", NAME], &["rm", "-f", NAME]];
    // How long each takes undisturbed bounds when it is killed.
    let usual = steps.map(|step| {
        let begun = Instant::now();
        assert!(scene.does(step), "{step:?}");
        begun.elapsed()
    });
    let (mut chance, mut ids) = (Chance(SEED), Vec::new());
    for round in 0..rounds() {
        let struck = usize::try_from(chance.below(5)).unwrap();
        if struck == 0 {
            scene.open().images().remove(&scene.image, false).unwrap();
        }
        let after = usual[struck].mul_f64(chance.below(1000) as f64 / 900.0);
        for (at, step) in steps.iter().enumerate() {
            if at != struck {
                // One that follows on a step that was killed may have nothing to do.
                let went_well = scene.does(step);
                assert!(went_well || at > struck, "round {round}: {step:?} with {struck} to be killed after {after:?}");
                continue;
            }
            scene.is_struck_at(step, after);
            if at == 0 {
                assert!(scene.does(step), "round {round}: the image cannot be pulled any more after {after:?}");
            }
        }
        let runtime = scene.open();
        ids.extend(runtime.db().look(container::all).unwrap().iter().map(|record| record.id.to_string()));
        ids.extend(scene.folders().iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())));
        drop(runtime);
        scene.does(&["rm", "-f", NAME]);
        let runtime = scene.open();
        scene.is_quiet(&runtime);
        age(&scene.folders());
        let healed = scene.open();
        let left = [left_of(&scene, &healed), left_in_kernel(&ids)].concat();
        assert!(left.is_empty(), "round {round}: step {struck} was killed after {after:?} of {usual:?}: {left:#?}");
    }
    clear(&scene);
}

fn clear(scene: &Scene) {
    let runtime = scene.open();
    for network in runtime.networks().unwrap() {
        runtime.platform().network.remove(&network.id, &network.bridge().unwrap_or_default()).unwrap();
    }
    runtime.images().remove(&scene.image, false).unwrap();
    drop(runtime);
    for folder in ["layers", "blobs/sha256"] {
        let left: Vec<_> = fs::read_dir(scene.folder.join(folder)).into_iter().flatten().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
    fs::remove_dir_all(&scene.folder).unwrap();
}
