//! The form that makes a container, with the docker command that would do the same. Makes nothing itself.

pub(super) mod parse;

use super::{actions::check_name, limits};
use crate::{
    app::{cmd::Cmd, desk::Desk, view::Outcome},
    model::{Container, ContainerSpec, Limits, PortMapping, Refusal, RestartPolicy, run_command},
    views::overlay::{Field, Form, Values, words},
};

/// The form, with the selected container's image.
pub(super) fn form(selected: Option<&Container>, desk: &Desk) -> Result<Outcome, Refusal> {
    desk.may_change()?;
    Ok(Outcome::Open(Box::new(of_image(selected.map_or("", |row| row.image.as_str()), desk))))
}

/// The form for a container of this image.
pub(crate) fn of_image(image: &str, desk: &Desk) -> Form {
    let check = |values: &Values, desk: &Desk| {
        let spec = spec(values)?;
        if let Some(name) = spec.name.as_deref().filter(|name| desk.store.containers.values().any(|c| c.name == *name))
        {
            return Err(("name", format!("another container is called `{name}`")));
        }
        if let Some(taken) = conflict(&spec.ports, desk).filter(|_| spec.start) {
            return Err(("ports", taken));
        }
        Ok(Outcome::Do(vec![Cmd::Create(Box::new(spec))]))
    };
    let command = |values: &Values, _: &Desk| match spec(values) {
        Ok(spec) => run_command(&spec),
        Err((_, why)) => why,
    };
    Form::new("New container", "Create", fields(image, desk), check).showing("docker command", command)
}

fn fields(image: &str, desk: &Desk) -> Vec<Field> {
    let mut all = vec![
        Field::line("image", "image", "the image's name with its tag, or its id").with(image),
        Field::line("name", "name", "its name; empty to have one made up").checked(check_name),
        Field::line("command", "command", "what to run instead of the image's command")
            .checked(|text| words::split(text).map(drop)),
        Field::line("env", "environment", "KEY=value, blanks between; quotes keep blanks in a value")
            .checked(|text| parse::env(text).map(drop)),
        Field::line(
            "ports",
            "ports",
            "8080:80/tcp, 127.0.0.1:53:53/udp, 8000-8003:80-83; 80 alone lets the engine choose",
        )
        .checked(|text| parse::ports(text).map(drop)),
        Field::line(
            "mounts",
            "volumes",
            "name:/path, /host/path:/path:ro, or /path alone for a new volume; commas between",
        )
        .checked(|text| parse::mounts(text).map(drop)),
        Field::choice("network", "network", "the network it is in; blank turns", networks(desk)),
        limits::restart_field(RestartPolicy::No),
    ];
    all.extend(limits::fields(&Limits::default()));
    all.extend([
        Field::tick("tty", "terminal", "whether it has a terminal, for shells and other programs that talk", false),
        Field::tick("rm", "auto-remove", "whether it is removed when it ends", false),
        Field::tick("start", "start at once", "whether it is started as soon as it is made", true),
    ]);
    all
}

/// The engine's own choice.
const DEFAULT_NETWORK: &str = "default";

/// Networks to choose from; where they were not read, those that every engine has.
fn networks(desk: &Desk) -> Vec<String> {
    let mut names: Vec<String> = desk.store.networks.values().map(|n| n.name.clone()).collect();
    if names.is_empty() {
        names = ["bridge", "host", "none"].map(str::to_owned).into();
    }
    names.sort();
    names.insert(0, DEFAULT_NETWORK.into());
    names
}

/// What the fields say, or the field that is wrong and why.
fn spec(values: &Values) -> Result<ContainerSpec, (&'static str, String)> {
    let at = |name: &'static str| move |why: String| (name, why);
    let image = values.some("image").ok_or(("image", "every container is made from an image".to_owned()))?;
    if image.contains(char::is_whitespace) {
        return Err(("image", "an image's name has no blanks".into()));
    }
    let limits = limits::read(values)?;
    if values.is_on("rm") && limits.restart != RestartPolicy::No {
        return Err(("restart", "what is removed when it ends cannot be started again: restart must be no".into()));
    }
    Ok(ContainerSpec {
        image,
        name: values.some("name"),
        command: words::split(values.get("command")).map_err(at("command"))?,
        env: parse::env(values.get("env")).map_err(at("env"))?,
        ports: parse::ports(values.get("ports")).map_err(at("ports"))?,
        mounts: parse::mounts(values.get("mounts")).map_err(at("mounts"))?,
        network: values.some("network").filter(|name| name != DEFAULT_NETWORK),
        limits,
        tty: values.is_on("tty"),
        stdin: values.is_on("tty"),
        auto_remove: values.is_on("rm"),
        start: values.is_on("start"),
        ..ContainerSpec::default()
    })
}

/// The first wanted port that a running container has already, in a sentence.
pub(crate) fn conflict(wanted: &[PortMapping], desk: &Desk) -> Option<String> {
    let running = desk.store.containers.values().filter(|row| row.state.is_up());
    let taken = running.flat_map(|row| row.ports.iter().map(move |port| (row, port)));
    taken.into_iter().find_map(|(row, port)| {
        let wanted = wanted.iter().find(|wanted| clash(wanted, port))?;
        Some(format!("port {}/{} of the host leads to `{}` already", wanted.host_port?, wanted.protocol, row.name))
    })
}

fn clash(a: &PortMapping, b: &PortMapping) -> bool {
    let every = |ip: &Option<String>| matches!(ip.as_deref(), None | Some("" | "0.0.0.0" | "::"));
    let same_address = every(&a.host_ip) || every(&b.host_ip) || a.host_ip == b.host_ip;
    a.host_port.is_some() && a.host_port == b.host_port && a.protocol == b.protocol && same_address
}
