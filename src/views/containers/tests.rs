//! What a user sees of containers and does with them.

use std::time::Duration;

use super::*;
use crate::{
    app::{
        cmd::{Cmd, PruneKind, Target},
        console::Wire,
        view::Wish,
    },
    model::{
        Attachment, Bytes, Caps, Change, ContainerId, Health, Isolation, Limits, Link, Listing, Mount, MountKind,
        PROJECT_LABEL, PortMapping, Problem, Protocol, Rate, Refusal, RestartPolicy, Sample, System,
    },
    views::{
        detail::scene::container,
        stage::{Landing, Stage},
    },
};

fn port(ip: &str, host: u16, container: u16) -> PortMapping {
    PortMapping { host_ip: Some(ip.into()), host_port: Some(host), container_port: container, protocol: Protocol::Tcp }
}

fn containers() -> Vec<Container> {
    let mut web = container("web", State::Running);
    web.ports = vec![port("0.0.0.0", 8080, 80), port("::", 8080, 80)];
    web.limits = Some(Limits { memory: Some(Bytes::mib(512)), ..Limits::default() });
    web.labels.insert(PROJECT_LABEL.into(), "shop".into());
    web.networks = vec![Attachment {
        network: "shop_default".into(),
        id: Some("n1".into()),
        address: Some("172.18.0.2".into()),
        address6: None,
        mac: Some("02:42:ac:12:00:02".into()),
        aliases: vec!["web".into(), "www".into()],
    }];
    web.mounts = vec![Mount::new(MountKind::Volume, "data", "/data", true)];
    let mut db = container("db", State::Running);
    db.health = Health::Healthy;
    db.image = "postgres:17".into();
    db.labels.insert(PROJECT_LABEL.into(), "shop".into());
    let mut sick = container("sick", State::Running);
    sick.health = Health::Unhealthy;
    let mut job = container("job-7", State::Exited(137));
    job.oom_killed = true;
    job.limits = Some(Limits::default());
    job.size_rw = Some(Bytes::mib(12));
    vec![web, db, sick, job, container("idle", State::Paused)]
}

fn sample(cpu: f64, memory: u64) -> Sample {
    Sample {
        cpu_percent: cpu,
        memory: Bytes::mib(memory),
        memory_limit: Bytes::mib(512),
        net_in: Rate(20_480.0),
        pids: 5,
        ..Sample::default()
    }
}

fn desk() -> Desk {
    let samples = [("web", 12.0, 60), ("web", 38.4, 64), ("db", 4.0, 480)];
    let samples = samples.map(|(id, cpu, memory)| Change::Sample(ContainerId::new(id), sample(cpu, memory)));
    Desk::for_test().told([Change::Listed(Listing::Containers(containers()))].into_iter().chain(samples))
}

fn stage() -> Stage {
    on(desk())
}

fn on(desk: Desk) -> Stage {
    Stage::new(desk, vec![dashboard(), Landing::of(Intent::Images), Landing::of(Intent::Volumes)])
}

/// A stage with this container selected.
fn at(name: &str) -> Stage {
    let mut stage = stage();
    stage.press(&["/", name, "enter"]);
    stage
}

fn target(name: &str, up: bool) -> Target {
    Target { id: ContainerId::new(name), name: name.into(), up }
}

const GRACE: Duration = Duration::from_secs(10);

#[test]
fn small() {
    insta::assert_snapshot!("80x24", stage().screen());
}

#[test]
fn large() {
    insta::assert_snapshot!("160x45", stage().sized(160, 45).screen());
}

#[test]
fn windows_shows_how_containers_are_kept_apart() {
    let system = System { os_type: "windows".into(), ..System::default() };
    let desk = desk().told([Change::System(Box::new(system), Caps::default())]);
    assert!(on(desk).sized(200, 24).screen().contains("ISOLATION"));
    assert!(!stage().sized(200, 24).screen().contains("ISOLATION"));
}

#[test]
fn only_what_runs_and_is_seen_is_measured() {
    let wants = stage().wants();
    let measured: Vec<&str> = wants.stats.iter().map(ContainerId::as_str).collect();
    assert_eq!(measured, ["db", "sick", "web"]);
    let caps = Caps::without([(Feature::Stats, "this engine does not measure")]);
    let desk = desk().told([Change::System(Box::default(), caps)]);
    let mut stage = on(desk);
    assert!(stage.wants().stats.is_empty());
    assert!(!stage.screen().contains("MEMORY"), "a column that nothing stands in goes");
}

#[test]
fn what_only_an_inspect_tells_is_asked_for_the_selected_one() {
    assert!(at("db").wants().asks.contains(&Ask::Container(ContainerId::new("db"))));
    assert!(!at("web").wants().asks.iter().any(|ask| matches!(ask, Ask::Container(_))), "it is known already");
}

#[test]
fn groups_are_projects() {
    let mut stage = stage();
    stage.press(&["f"]);
    let screen = stage.screen();
    assert!(screen.contains("shop  2") && screen.contains("no project  3"), "{screen}");
}

#[test]
fn what_is_under_way_is_said_in_the_row() {
    let mut desk = desk();
    let now = desk.now;
    desk.jobs.begin(Cmd::Stop(target("web", true), GRACE), "here", now).unwrap();
    assert!(on(desk).screen().contains("⠋ stopping"));
}

#[test]
fn one_key_stops_what_runs_after_a_question_and_starts_what_does_not() {
    let mut stage = at("web");
    stage.press(&["s"]);
    assert!(stage.screen().contains("Stop `web`?"));
    assert_eq!(stage.press(&["y"]).granted(), [Cmd::Stop(target("web", true), GRACE)]);
    assert_eq!(at("job-7").press(&["s"]).granted(), [Cmd::Start(target("job-7", false))]);
}

#[test]
fn with_both_sorts_marked_one_says_which_is_meant() {
    let mut stage = stage();
    stage.press(&["*", "s"]);
    assert!(stage.screen().contains("Some of the marked run"), "{}", stage.screen());
    assert_eq!(stage.press(&["enter"]).granted(), [Cmd::Start(target("job-7", false))]);
}

#[test]
fn pausing_turns_around() {
    assert_eq!(at("web").press(&["p"]).granted(), [Cmd::Pause(target("web", true))]);
    assert_eq!(at("idle").press(&["p"]).granted(), [Cmd::Unpause(target("idle", true))]);
    assert_eq!(at("job-7").press(&["p"]).refused(), "cannot pause `job-7`: it does not run");
}

#[test]
fn a_signal_is_picked_and_asked_about() {
    let mut stage = at("web");
    stage.press(&["K"]);
    assert!(stage.screen().contains("main process of `web`"));
    let granted = stage.press(&["HUP", "enter", "y"]).granted();
    assert_eq!(granted.iter().map(Cmd::title).collect::<Vec<_>>(), ["send HUP to `web`"]);
    assert_eq!(at("job-7").press(&["K"]).refused(), "cannot kill `job-7`: it does not run");
}

#[test]
fn what_runs_is_removed_by_force_and_the_question_says_so() {
    let mut stage = at("web");
    stage.press(&["x"]);
    assert!(stage.screen().contains("it runs: it is killed first"));
    let Cmd::Remove(_, how) = &stage.press(&["v", "y"]).granted()[0] else { panic!("nothing is removed") };
    assert!(how.force && how.volumes);
    let mut stage = at("job-7");
    let Cmd::Remove(_, how) = &stage.press(&["x", "y"]).granted()[0] else { panic!("nothing is removed") };
    assert!(!how.force);
}

#[test]
fn a_new_name_is_checked_as_docker_does() {
    let mut stage = at("web");
    stage.press(&["R", "ctrl-u", "-x", "enter"]);
    assert!(stage.screen().contains("a name has two letters or more"));
    stage.press(&["ctrl-u", "db", "enter"]);
    assert!(stage.screen().contains("another container is called `db`"));
    assert_eq!(
        stage.press(&["ctrl-u", "front", "enter"]).granted(),
        [Cmd::Rename(target("web", true), "front".into())]
    );
}

#[test]
fn only_changed_limits_are_sent() {
    let mut stage = at("web");
    stage.press(&["L", "ctrl-s"]);
    assert!(stage.screen().contains("nothing was changed"), "{}", stage.screen());
    let granted = stage.press(&["down", "down", "1.5", "down", "down", "ctrl-u", "always", "ctrl-s"]).granted();
    let limits = Limits { cpus: Some(1.5), restart: RestartPolicy::Always, ..Limits::default() };
    assert_eq!(granted, [Cmd::Update(target("web", true), limits)]);
}

#[test]
fn a_command_is_run_in_a_terminal() {
    let Wish::Console { wire: Wire::Exec(exec), .. } = at("web").press(&["e", " -c 'ls /'", "enter"]).wished().clone()
    else {
        panic!("no terminal was opened")
    };
    assert_eq!((exec.command, exec.tty), (vec!["sh".into(), "-c".into(), "ls /".into()], true));
    assert_eq!(at("job-7").press(&["e"]).refused(), "cannot exec in `job-7`: it does not run");
}

#[test]
fn attaching_without_a_terminal_is_asked_about() {
    assert!(matches!(at("web").press(&["a"]).wished(), Wish::Console { wire: Wire::Attach, .. }));
    let mut all = containers();
    all[0].tty = Some(false);
    let mut stage = on(Desk::for_test().told([Change::Listed(Listing::Containers(all))]));
    stage.press(&["/", "web", "enter", "a"]);
    assert!(stage.screen().contains("`web` has no terminal"));
    assert!(matches!(stage.press(&["down", "enter"]).wished(), Wish::Console { wire: Wire::Attach, .. }));
}

#[test]
fn a_prune_says_what_goes_and_how_much_is_freed() {
    let mut stage = stage();
    stage.press(&["P"]);
    let screen = stage.screen();
    assert!(screen.contains("job-7") && screen.contains("12 MiB"), "{screen}");
    let Cmd::Prune(prune) = &stage.press(&["y"]).granted()[0] else { panic!("nothing is pruned") };
    assert_eq!((prune.what, prune.targets.as_slice()), (PruneKind::Containers, &["job-7".to_owned()][..]));
    let up = Change::Listed(Listing::Containers(vec![container("web", State::Running)]));
    assert_eq!(on(Desk::for_test().told([up])).press(&["P"]).refused(), "nothing to prune: no container is stopped");
}

#[test]
fn one_jumps_to_the_image_or_picks_where_to() {
    let mut stage = at("web");
    stage.press(&["J"]);
    let screen = stage.screen();
    assert!(screen.contains("nginx:1.27") && screen.contains("shop_default") && screen.contains("data"), "{screen}");
    stage.press(&["data", "enter"]);
    assert!(stage.screen().contains("data"), "{}", stage.screen());
}

#[test]
fn a_container_is_made_and_the_docker_command_is_shown() {
    let mut stage = at("web");
    stage.press(&["n", "down", "front", "down", "down", "down", "8081:80", "ctrl-o"]);
    let screen = stage.screen();
    assert!(screen.contains("docker run --detach --name front"), "{screen}");
    let Cmd::Create(spec) = &stage.press(&["ctrl-s"]).granted()[0] else { panic!("nothing is made") };
    assert_eq!((spec.image.as_str(), spec.name.as_deref(), spec.start), ("nginx:1.27", Some("front"), true));
    assert_eq!(spec.ports, [port("", 8081, 80)]);
}

#[test]
fn a_port_that_leads_elsewhere_already_is_told() {
    let mut stage = at("web");
    stage.press(&["n", "down", "down", "down", "down", "8080:80", "ctrl-s"]);
    let screen = stage.screen();
    assert!(screen.contains("port 8080/tcp of the host leads to `web` already"), "{screen}");
}

#[test]
fn a_wrong_field_says_why_while_it_is_typed() {
    let mut stage = stage();
    stage.press(&["n", "down", "down", "down", "down", "8080:x"]);
    assert!(stage.screen().contains("`x` is no port"), "{}", stage.screen());
}

#[test]
fn nothing_is_changed_when_the_engine_is_lost_or_one_only_reads() {
    let lost = Link::Lost { problem: Problem::new("no answer"), retry_at: desk().now };
    for key in ["n", "e", "R", "L", "P"] {
        let mut stage = on(desk().told([Change::Link(lost.clone())]));
        stage.press(&["/", "web", "enter", key]);
        assert!(stage.refused().starts_with("nothing can be changed"), "{key}");
    }
}

#[test]
fn who_only_reads_sees_every_change_in_grey() {
    let desk = Desk { read_only: Some(Refusal::new("look only")), ..desk() };
    let hints = dashboard().hints(&desk);
    let clear: Vec<_> = hints.iter().filter(|hint| !hint.refused).map(|hint| hint.label).collect();
    assert_eq!(clear, ["projects", "mark", "filter", "sort", "next tab", "command"], "nothing is selected yet");
}

#[test]
fn what_cannot_be_done_is_grey() {
    let desk = desk();
    let job = desk.container("job-7");
    for intent in [Intent::Exec, Intent::Attach, Intent::Pause, Intent::Kill] {
        assert!(actions::refusal(intent, job, &desk).is_some(), "{intent:?}");
    }
    for intent in [Intent::StartStop, Intent::Remove, Intent::Rename, Intent::Limits, Intent::Logs, Intent::New] {
        assert_eq!(actions::refusal(intent, job, &desk), None, "{intent:?}");
    }
    assert!(actions::refusal(Intent::Exec, None, &desk).is_some());
}

#[test]
fn mounts_and_networks_are_pages() {
    let mut stage = at("web");
    stage.press(&["enter", "shift-tab"]);
    let network = stage.screen();
    assert!(network.contains("172.18.0.2") && network.contains("web, www") && network.contains("8080→80/tcp"));
    stage.press(&["shift-tab"]);
    let mounts = stage.screen();
    assert!(mounts.contains("/data") && mounts.contains("ro"), "{mounts}");
}

#[test]
fn what_another_program_has_made_is_looked_at_and_not_changed() {
    let theirs = Container { maker: Some("docker".into()), ..container("theirs", State::Running) };
    let mut stage = on(Desk::for_test().told([Change::Listed(Listing::Containers(vec![theirs]))]));
    let asks = stage.wants().asks;
    assert!(!asks.iter().any(|ask| matches!(ask, Ask::Container(_))), "nothing more is to be known: {asks:?}");
    let why = "`theirs`: docker has made it, and what others have made is only shown here";
    for (key, word) in [("p", "pause"), ("K", "kill"), ("e", "exec in")] {
        assert_eq!(stage.press(&[key]).refused(), format!("cannot {word} {why}"));
    }
}

#[test]
fn what_is_different_in_a_virtual_machine_is_said() {
    let machine = Container { isolation: Isolation::HyperV, ..container("vm", State::Running) };
    let mut stage = on(Desk::for_test().told([Change::Listed(Listing::Containers(vec![machine]))]));
    stage.press(&["enter", "shift-tab"]);
    assert!(stage.screen().contains("virtual machine: Windows makes no firewall rules"), "{}", stage.screen());
    stage.press(&["shift-tab"]);
    assert!(stage.screen().contains("not mounted on the host"), "{}", stage.screen());
}
