//! What an image's settings and what was asked for together make of a new container. Pure; knows no image store.

use super::{
    Result, RuntimeError, document::Process, guest::Guest, health, image::Settings, records::container::Settled,
};
use crate::model::{ContainerSpec, PortMapping, Protocol, Signal};

/// Asks a process to end (signal(7)).
const SIGTERM: i32 = 15;

/// Merges both, for a container with this system inside.
///
/// # Errors
/// When there is nothing to run, or what was asked for makes no sense.
pub fn settle(image: &Settings, spec: &ContainerSpec, guest: Guest) -> Result<Settled> {
    let invalid = |why: String| RuntimeError::Invalid { tried: format!("make a container of `{}`", spec.image), why };
    let (args, entrypoint) = words(image, spec);
    if args.first().is_none_or(String::is_empty) {
        return Err(invalid("no command was given, and the image has none".into()));
    }
    let cwd = spec.workdir.clone().unwrap_or_else(|| image.working_dir.clone());
    let cwd = if cwd.is_empty() { guest.root().to_owned() } else { cwd };
    if !guest.is_whole(&cwd) {
        return Err(invalid(format!("the working directory `{cwd}` is no absolute path")));
    }
    let asked = spec.life.stop_signal.as_ref().or(image.stop_signal.as_ref()).filter(|name| !name.is_empty());
    let stop_signal = asked.map_or(Ok(SIGTERM), |name| signal(name).ok_or_else(|| invalid(no_signal(name))))?;
    Ok(Settled {
        process: Process {
            args,
            env: environment(image, spec, guest),
            // What a Dockerfile calls `/app` is for Windows `C:\app`.
            cwd: if guest == Guest::Windows { guest.spelled(&cwd) } else { cwd },
            user: spec.user.clone().unwrap_or_else(|| image.user.clone()),
            tty: spec.tty,
            stdin: spec.stdin,
            privileged: spec.privileged,
        },
        entrypoint,
        health: health::merged(image.health().as_ref(), spec.life.health.as_ref()),
        stop_signal,
        exposed: exposed(image),
        labels: image.labels.clone().into_iter().chain(spec.labels.clone()).collect(),
        volumes: volumes(image, spec, guest),
    })
}

fn no_signal(name: &str) -> String {
    format!("`{name}` is no signal: take a name such as TERM or a number")
}

/// All words, and how many of them are the entry point. A new entry point without a command forgets the image's.
fn words(image: &Settings, spec: &ContainerSpec) -> (Vec<String>, usize) {
    let own = spec.entrypoint.clone().filter(|words| !words.is_empty());
    // An empty word stands for no entry point at all, as for `docker run --entrypoint ""`.
    let entrypoint = match &own {
        Some(words) if words.iter().all(String::is_empty) => Vec::new(),
        Some(words) => words.clone(),
        None => image.entrypoint.clone().unwrap_or_default(),
    };
    let command = if !spec.command.is_empty() {
        spec.command.clone()
    } else if own.is_some() {
        Vec::new()
    } else {
        image.cmd.clone().unwrap_or_default()
    };
    let count = entrypoint.len();
    (entrypoint.into_iter().chain(command).collect(), count)
}

/// The image's, then what was asked for over it, each name once.
fn environment(image: &Settings, spec: &ContainerSpec, guest: Guest) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let name_of = |entry: &str| entry.split('=').next().unwrap_or_default().to_owned();
    for entry in guest.variables(spec.tty).into_iter().chain(image.env.clone()).chain(spec.env.clone()) {
        let name = name_of(&entry);
        let entry = if entry.contains('=') { entry } else { format!("{entry}=") };
        match all.iter_mut().find(|known| guest.is_same_variable(&name_of(known), &name)) {
            Some(known) => *known = entry,
            None => all.push(entry),
        }
    }
    all
}

fn exposed(image: &Settings) -> Vec<PortMapping> {
    let ports = image.exposed_ports.iter().filter_map(|port| {
        let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let container_port = number.parse().ok()?;
        Some(PortMapping { host_ip: None, host_port: None, container_port, protocol: Protocol::of(protocol)? })
    });
    ports.collect()
}

/// Paths of the image's volumes at which nothing else is mounted.
fn volumes(image: &Settings, spec: &ContainerSpec, guest: Guest) -> Vec<String> {
    let is_taken = |path: &String| spec.mounts.iter().any(|mount| guest.is_same(&mount.target, path));
    let wanted = image.volumes.iter().map(|path| guest.spelled(path));
    let mut free: Vec<_> = wanted.filter(|path| path != guest.root() && !is_taken(path)).collect();
    free.sort_unstable();
    free.dedup();
    free
}

/// The number of a signal by its name, with or without `SIG`, or as a number; real-time ones among them, which programs
/// such as systemd end at.
pub fn signal(name: &str) -> Option<i32> {
    /// The first and the last real-time signal that glibc leaves to programs (signal(7)).
    const REAL_TIME: (i32, i32) = (34, 64);
    if let Ok(known) = name.parse::<Signal>() {
        return Some(known.number().into());
    }
    let in_range = |number: &i32| (REAL_TIME.0..=REAL_TIME.1).contains(number);
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let from = |base: i32, rest: &str| if rest.is_empty() { Some(base) } else { base.checked_add(rest.parse().ok()?) };
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => from(REAL_TIME.0, rest),
        (_, Some(rest)) => from(REAL_TIME.1, rest),
        _ => name.parse().ok(),
    };
    number.filter(in_range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mount, MountKind};

    fn image(config: &str) -> Settings {
        serde_json::from_str(config).unwrap()
    }

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn args(image: &Settings, entrypoint: Option<&[&str]>, command: &[&str]) -> Vec<String> {
        let spec =
            ContainerSpec { entrypoint: entrypoint.map(list), command: list(command), ..ContainerSpec::default() };
        settle(image, &spec, Guest::Linux).unwrap().process.args
    }

    #[test]
    fn words_are_merged_as_docker_does() {
        let image = image(r#"{"Entrypoint":["/entry"],"Cmd":["serve"]}"#);
        assert_eq!(args(&image, None, &[]), ["/entry", "serve"]);
        assert_eq!(args(&image, None, &["sh"]), ["/entry", "sh"]);
        assert_eq!(args(&image, Some(&["/own"]), &[]), ["/own"]);
        assert_eq!(args(&image, Some(&[""]), &["sh"]), ["sh"]);
        let nothing = settle(&Settings::default(), &ContainerSpec::default(), Guest::Linux).unwrap_err();
        assert!(nothing.to_string().contains("no command"), "{nothing}");
    }

    #[test]
    fn every_variable_has_one_value_and_the_asked_one_wins() {
        let image = image(r#"{"Env":["PATH=/bin","A=1"],"Cmd":["x"],"Labels":{"a":"1","b":"1"}}"#);
        let labels = [("b".to_owned(), "2".to_owned())].into();
        let spec = ContainerSpec { env: list(&["A=2", "B"]), tty: true, labels, ..ContainerSpec::default() };
        let settled = settle(&image, &spec, Guest::Linux).unwrap();
        assert_eq!(settled.process.env, ["PATH=/bin", "TERM=xterm", "A=2", "B="]);
        assert_eq!(settled.labels.into_values().collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn windows_has_its_own_paths_and_takes_names_of_variables_as_they_come() {
        let image = image(
            r#"{"Env":["Path=C:\\bin"],"Cmd":["cmd"],"WorkingDir":"/app","Volumes":{"c:\\Data":{},"C:/own":{},"C:\\":{}}}"#,
        );
        let mounts = vec![Mount::new(MountKind::Volume, "own", r"C:\OWN", false)];
        let spec = ContainerSpec { env: list(&["PATH=C:\\x"]), tty: true, mounts, ..ContainerSpec::default() };
        let settled = settle(&image, &spec, Guest::Windows).unwrap();
        assert_eq!((settled.process.env, settled.process.cwd), (list(&["PATH=C:\\x"]), r"C:\app".to_owned()));
        assert_eq!(settled.volumes, list(&[r"C:\Data"]));
        let relative = ContainerSpec { workdir: Some("app".into()), ..spec };
        assert!(settle(&image, &relative, Guest::Windows).is_err());
    }

    #[test]
    fn nulls_ports_volumes_and_checks_of_an_image_are_read() {
        let image = image(
            r#"{"Cmd":["x"],"Entrypoint":null,"Labels":null,"ExposedPorts":{"80/tcp":{},"53/udp":{}},
            "Volumes":{"/data/":{},"/own":{},"/":{}},"StopSignal":"SIGQUIT",
            "Healthcheck":{"Test":["CMD","t"],"Interval":5000000000}}"#,
        );
        let own = Mount::new(MountKind::Tmpfs, "", "/own", false);
        let settled =
            settle(&image, &ContainerSpec { mounts: vec![own], ..ContainerSpec::default() }, Guest::Linux).unwrap();
        assert_eq!(settled.exposed.iter().map(ToString::to_string).collect::<Vec<_>>(), ["53/udp", "80/tcp"]);
        assert_eq!((settled.volumes, settled.stop_signal), (list(&["/data"]), 3));
        assert_eq!(settled.health.and_then(|check| check.interval), Some(std::time::Duration::from_secs(5)));
    }

    #[test]
    fn signals_have_names_and_numbers() {
        for (name, number) in
            [("SIGTERM", 15), ("term", 15), ("9", 9), ("USR1", 10), ("SIGRTMIN+3", 37), ("RTMAX-1", 63)]
        {
            assert_eq!(signal(name), Some(number), "{name}");
        }
        assert!(signal("SIGNOT").is_none() && signal("0").is_none() && signal("RTMAX+1").is_none());
    }
}
