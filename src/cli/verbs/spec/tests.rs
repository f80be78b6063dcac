use std::{io, path::Path, time::Duration};

use clap::Parser;

use super::*;
use crate::model::{Bytes, Propagation, run_command};

#[derive(Debug, Parser)]
#[command(disable_help_flag = true)]
struct Line {
    #[command(flatten)]
    flags: ContainerFlags,
    #[arg(trailing_var_arg = true, required = true)]
    words: Vec<String>,
}

fn read(line: &str) -> Read<Wanted> {
    let words = std::iter::once("run").chain(line.split(' ').filter(|word| !word.is_empty()));
    let line = Line::try_parse_from(words).expect("clap takes it");
    let outside = Outside {
        variable: &|name| (name == "LANG").then(|| "C".to_owned()),
        file: &|path: &Path| match path.to_str() {
            Some("vars") => Ok("A=file\n#no\nLANG\n".to_owned()),
            Some("profile") => Ok("{}\n".to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        },
        folder: "/here".into(),
    };
    wanted(&line.flags, &line.words, &outside)
}

fn spec(line: &str) -> ContainerSpec {
    read(line).expect("it makes sense").spec
}

fn why(line: &str) -> String {
    read(line).expect_err("it makes no sense").0
}

#[test]
fn what_stands_behind_the_image_is_the_command() {
    let spec = spec("-it --rm --name x alpine ls -l --rm -e A");
    assert_eq!((spec.image.as_str(), spec.command.join(" ").as_str()), ("alpine", "ls -l --rm -e A"));
    assert!(spec.tty && spec.stdin && spec.auto_remove && spec.env.is_empty());
    assert_eq!(spec.name.as_deref(), Some("x"));
}

#[test]
fn variables_come_from_files_and_from_the_shell_and_flags_count_last() {
    assert_eq!(spec("--env-file vars -e B=2 -e NONE a").env, ["A=file", "LANG=C", "B=2"]);
    assert!(why("--env-file nothing a").starts_with("cannot read nothing"));
}

#[test]
fn mounts_have_two_forms() {
    let mounts = spec("-v data:/d:ro -v ./x:/y --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777 a").mounts;
    assert_eq!(mounts[0], Mount::new(MountKind::Volume, "data", "/d", true));
    assert_eq!((mounts[1].source.as_str(), mounts[1].options.create_source), ("/here/./x", true));
    assert_eq!((mounts[2].options.size, mounts[2].options.mode), (Some(Bytes::mib(1)), Some(0o1777)));
    let bind = &spec("--mount type=bind,src=/a,target=/b,ro,bind-propagation=rshared a").mounts[0];
    assert!(bind.read_only && !bind.options.create_source && bind.options.propagation == Some(Propagation::RShared));
    assert!(why("--mount type=bind,src=/a a").contains("has no target"));
    assert!(why("--mount type=nfs,target=/a a").contains("`nfs` is no type of a mount"));
}

#[test]
fn ports_are_published_or_exposed() {
    let ports = spec("-p 8080-8081:80-81 -p 53/udp --expose 81 --expose 9000 a").ports;
    let told: Vec<_> = ports.iter().map(|port| (port.host_port, port.container_port, port.is_published())).collect();
    let expected = [(Some(8080), 80, true), (Some(8081), 81, true), (None, 53, true), (None, 9000, false)];
    assert_eq!(told, expected);
}

#[test]
fn the_first_network_is_the_container_s_own() {
    let wanted = read("--network name=a,alias=x,ip=10.0.0.9 --network b --network-alias y a").unwrap();
    assert_eq!(wanted.spec.network.as_deref(), Some("a"));
    assert_eq!(wanted.spec.naming.aliases, ["y", "x"]);
    assert_eq!(wanted.spec.naming.addresses, ["10.0.0.9"]);
    assert_eq!(wanted.more_networks, ["b"]);
}

#[test]
fn a_health_check_is_of_the_shell_and_can_be_turned_off() {
    let check = spec("--health-cmd true --health-interval 5s a").life.health.unwrap();
    assert_eq!((check.test, check.interval), (vec!["CMD-SHELL".into(), "true".into()], Some(Duration::from_secs(5))));
    assert_eq!(spec("--no-healthcheck a").life.health.unwrap().test, ["NONE"]);
    assert!(why("--no-healthcheck --health-cmd x a").contains("excludes"));
}

#[test]
fn what_excludes_each_other_is_told() {
    assert!(why("--rm --restart always a").contains("exclude each other"));
    assert!(why("--restart sometimes a").contains("`sometimes`"));
    assert!(why("--stop-signal NOPE a").contains("`NOPE` is no signal"));
    assert!(why("--memory lots a").contains("`lots`"));
}

#[test]
fn no_limit_is_minus_one() {
    let limits = spec("-m 64m --memory-swap -1 --pids-limit -1 a").limits;
    assert_eq!(
        (limits.memory, limits.memory_swap, limits.pids),
        (Some(Bytes::mib(64)), Some(Bytes::UNLIMITED), Some(-1))
    );
}

#[test]
fn a_profile_is_sent_by_its_text() {
    let options = spec("--security-opt seccomp=profile --security-opt no-new-privileges a").security.options;
    assert_eq!(options, ["seccomp={}", "no-new-privileges"]);
}

#[test]
fn the_command_that_is_shown_means_the_same() {
    let line = "-t -i --rm -P --name n --hostname h -u 1:2 -w /w -m 64m --memory-swap -1 --cpus 1.5 --pids-limit 9 \
                --entrypoint e -e A=1 -l k=v -p 127.0.0.1:1:2/udp --expose 3 -v /a:/b:ro,rslave -v data:/d:nocopy \
                --mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777 --tmpfs /r:size=2m --network net \
                --network-alias x --ip 10.0.0.2 --mac-address 02:42:ac:11:00:02 --dns 1.1.1.1 --dns-search a.b \
                --dns-option ndots:2 --add-host h:1.2.3.4 --stop-signal SIGQUIT --stop-timeout 7 --init \
                --health-cmd t --health-interval 5s --health-timeout 1500ms --health-start-period 1m \
                --health-retries 4 --privileged --cap-add NET_ADMIN --cap-drop ALL --security-opt no-new-privileges \
                --group-add g --read-only --device /dev/a:/dev/b:r --pid host --ipc host --uts host \
                --cgroupns host --userns host --cpuset-cpus 0-1 --cpu-shares 512 --blkio-weight 300 \
                --memory-reservation 32m --oom-score-adj -5 --shm-size 1m --ulimit nofile=1:2 --sysctl a.b=c \
                --platform linux/amd64 image word";
    let meant = spec(line);
    let shown = run_command(&meant);
    let words: Vec<_> = shown.split(' ').skip(2).map(|word| word.trim_matches('\'')).collect();
    assert_eq!(spec(&words.join(" ")), meant, "{shown}");
}
