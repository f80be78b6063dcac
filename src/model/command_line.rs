//! The `docker run` command that makes what the create form describes. Knows no transport and runs nothing.

mod finer;

use std::borrow::Cow;

use super::{Bytes, ContainerSpec, MountKind, PortMapping, RestartPolicy};

/// The command, each word quoted for a POSIX shell where it must be.
pub fn run_command(spec: &ContainerSpec) -> String {
    let words = words(spec);
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn words(spec: &ContainerSpec) -> Vec<String> {
    let verb: &[&str] = if spec.start { &["docker", "run", "--detach"] } else { &["docker", "create"] };
    let mut words: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
    let flag = |on: bool, name: &str| on.then(|| name.to_owned());
    words.extend(
        [
            flag(spec.tty, "--tty"),
            flag(spec.stdin, "--interactive"),
            flag(spec.auto_remove, "--rm"),
            flag(spec.publish_all, "--publish-all"),
            flag(spec.privileged, "--privileged"),
        ]
        .into_iter()
        .flatten(),
    );
    let limits = &spec.limits;
    let restart = (limits.restart != RestartPolicy::No).then(|| limits.restart.to_string());
    let options = [
        ("--platform", spec.platform.clone()),
        ("--name", spec.name.clone()),
        ("--hostname", spec.hostname.clone()),
        ("--user", spec.user.clone()),
        ("--workdir", spec.workdir.clone()),
        ("--network", spec.network.clone()),
        ("--restart", restart),
        ("--memory", limits.memory.map(amount)),
        ("--memory-swap", limits.memory_swap.map(amount)),
        ("--cpus", limits.cpus.map(|cpus| cpus.to_string())),
        ("--pids-limit", limits.pids.map(|pids| pids.to_string())),
        ("--entrypoint", spec.entrypoint.as_ref().map(|words| words.first().cloned().unwrap_or_default())),
    ];
    let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
    words.extend(finer::flags(spec));
    let ports = spec.ports.iter().map(port);
    let mounts = spec.mounts.iter().map(finer::mount);
    let envs = spec.env.iter().map(|pair| ("--env", env_entry(pair)));
    let labels = spec.labels.iter().map(|(key, value)| ("--label", format!("{key}={value}")));
    let finer = finer::options(spec);
    for (name, value) in options.chain(finer).chain(ports).chain(mounts).chain(envs).chain(labels) {
        words.extend([name.to_owned(), value]);
    }
    words.push(spec.image.clone());
    // The command line takes one word as entry point; its arguments stand before the command's.
    words.extend(spec.entrypoint.iter().flat_map(|words| words.iter().skip(1)).chain(&spec.command).cloned());
    words
}

/// An amount of memory as a flag takes it.
fn amount(bytes: Bytes) -> String {
    if bytes == Bytes::UNLIMITED { "-1".to_owned() } else { bytes.0.to_string() }
}

/// The word in `--mount type=…`; what is newer than us can only be a bind.
pub(crate) fn mount_type(kind: MountKind) -> &'static str {
    if kind == MountKind::Other { "bind" } else { kind.word() }
}

/// An environment entry; a bare key would take the variable away rather than make it empty.
pub(crate) fn env_entry(pair: &str) -> String {
    if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }
}

fn port(port: &PortMapping) -> (&'static str, String) {
    let inner = format!("{}/{}", port.container_port, port.protocol);
    if !port.is_published() {
        return ("--expose", inner);
    }
    let host_port = port.host_port.map(|p| p.to_string()).unwrap_or_default();
    let value = match port.host_ip.as_deref() {
        None | Some("") => format!("{host_port}:{inner}"),
        Some(ip) if ip.contains(':') => format!("[{ip}]:{host_port}:{inner}"),
        Some(ip) => format!("{ip}:{host_port}:{inner}"),
    };
    // Without a port on the host there is no colon before the container's.
    ("--publish", value.trim_start_matches(':').to_owned())
}

/// Quotes a word for a POSIX shell: within single quotes everything is itself but the single quote.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limits, Mount, Protocol};

    #[test]
    fn a_command_makes_what_the_form_says() {
        let spec = ContainerSpec {
            image: "nginx:1.27".into(),
            name: Some("web".into()),
            entrypoint: Some(vec!["sh".into(), "-c".into()]),
            command: vec!["echo it's $HOME".into()],
            env: vec!["EMPTY".into()],
            ports: vec![
                PortMapping {
                    host_ip: Some("::1".into()),
                    host_port: Some(80),
                    container_port: 8080,
                    protocol: Protocol::Tcp,
                },
                PortMapping {
                    host_ip: Some(String::new()),
                    host_port: None,
                    container_port: 53,
                    protocol: Protocol::Udp,
                },
            ],
            mounts: vec![Mount::new(MountKind::Bind, "/a,b", "/c", true)],
            limits: Limits { memory: Some(Bytes(64)), restart: RestartPolicy::OnFailure(3), ..Limits::default() },
            start: true,
            ..ContainerSpec::default()
        };
        assert_eq!(
            run_command(&spec),
            "docker run --detach --name web --restart on-failure:3 --memory 64 --entrypoint sh \
             --publish '[::1]:80:8080/tcp' --publish 53/udp --mount 'type=bind,\"source=/a,b\",target=/c,readonly' \
             --env EMPTY= nginx:1.27 -c 'echo it'\\''s $HOME'"
        );
    }

    #[test]
    fn what_is_not_started_is_created() {
        let spec = ContainerSpec { image: "a".into(), ..ContainerSpec::default() };
        assert_eq!(run_command(&spec), "docker create a");
    }
}
