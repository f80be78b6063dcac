//! The finer flags of `docker run`, for what was chosen. Knows no quoting.

use std::time::Duration;

use super::{amount, mount_type};
use crate::model::{ContainerSpec, HealthCheck, Mount, MountKind};

/// A flag with its value.
type Flag = (&'static str, String);

/// Flags without a value.
pub(super) fn flags(spec: &ContainerSpec) -> impl Iterator<Item = String> + use<> {
    let off = spec.life.health.as_ref().is_some_and(is_off);
    let flags = [(spec.life.init, "--init"), (spec.security.read_only_root, "--read-only"), (off, "--no-healthcheck")];
    flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned())
}

fn is_off(check: &HealthCheck) -> bool {
    *check == HealthCheck::default() || check.test.first().is_some_and(|word| word == "NONE")
}

/// Flags with a value.
pub(super) fn options(spec: &ContainerSpec) -> Vec<Flag> {
    let (life, security, naming, tuning) = (&spec.life, &spec.security, &spec.naming, &spec.tuning);
    let single = [
        ("--stop-signal", life.stop_signal.clone()),
        ("--stop-timeout", life.grace.map(|grace| grace.as_secs().to_string())),
        ("--pid", security.pid_mode.clone()),
        ("--ipc", security.ipc_mode.clone()),
        ("--uts", security.uts_mode.clone()),
        ("--cgroupns", security.cgroupns_mode.clone()),
        ("--userns", security.userns_mode.clone()),
        ("--isolation", security.isolation.word().map(str::to_owned)),
        ("--mac-address", naming.mac.clone()),
        ("--cpuset-cpus", tuning.cpuset.clone()),
        ("--cpu-shares", tuning.cpu_shares.map(|weight| weight.to_string())),
        ("--blkio-weight", tuning.blkio_weight.map(|weight| weight.to_string())),
        ("--memory-reservation", tuning.memory_reservation.map(amount)),
        ("--oom-score-adj", tuning.oom_score_adj.map(|score| score.to_string())),
        ("--shm-size", tuning.shm_size.map(amount)),
    ];
    let many = [
        ("--cap-add", &security.cap_add),
        ("--cap-drop", &security.cap_drop),
        ("--security-opt", &security.options),
        ("--group-add", &security.groups),
        ("--network-alias", &naming.aliases),
        ("--dns", &naming.dns),
        ("--dns-search", &naming.dns_search),
        ("--dns-option", &naming.dns_options),
        ("--add-host", &naming.hosts),
    ];
    let mut all: Vec<Flag> = single.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    all.extend(many.into_iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value.clone()))));
    let address = |address: &String| (if address.contains(':') { "--ip6" } else { "--ip" }, address.clone());
    all.extend(naming.addresses.iter().map(address));
    let device = |d: &crate::model::Device| ("--device", format!("{}:{}:{}", d.host, d.container, d.access));
    all.extend(security.devices.iter().map(device));
    all.extend(tuning.ulimits.iter().map(|l| ("--ulimit", format!("{}={}:{}", l.name, l.soft, l.hard))));
    all.extend(tuning.sysctls.iter().map(|(key, value)| ("--sysctl", format!("{key}={value}"))));
    let tmpfs = |(path, options): (&String, &String)| {
        ("--tmpfs", if options.is_empty() { path.clone() } else { format!("{path}:{options}") })
    };
    all.extend(tuning.tmpfs.iter().map(tmpfs));
    all.extend(life.health.iter().filter(|check| !is_off(check)).flat_map(health));
    all
}

fn health(check: &HealthCheck) -> Vec<Flag> {
    let words = match check.test.split_first() {
        Some((first, [line])) if first == "CMD-SHELL" => Some(line.clone()),
        // The command line has only the shell's form.
        Some((_, words)) => Some(words.iter().map(|word| super::quoted(word)).collect::<Vec<_>>().join(" ")),
        None => None,
    };
    let times = [
        ("--health-interval", check.interval.map(time)),
        ("--health-timeout", check.timeout.map(time)),
        ("--health-start-period", check.start_period.map(time)),
        ("--health-retries", check.retries.map(|n| n.to_string())),
    ];
    let words = words.map(|words| ("--health-cmd", words));
    words.into_iter().chain(times.into_iter().filter_map(|(name, value)| Some((name, value?)))).collect()
}

/// As Go reads it.
fn time(time: Duration) -> String {
    if time.subsec_nanos() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ns", time.as_nanos()) }
}

/// `--volume` where a folder may have to be made, for `--mount` makes none; `--mount` otherwise.
pub(super) fn mount(mount: &Mount) -> Flag {
    if mount.kind == MountKind::Bind && mount.options.create_source {
        let mode = mount.read_only.then(|| "ro".to_owned());
        let options: Vec<_> = mode.into_iter().chain(mount.options.propagation.map(|p| p.word().to_owned())).collect();
        let options = if options.is_empty() { String::new() } else { format!(":{}", options.join(",")) };
        return ("--volume", format!("{}:{}{options}", mount.source, mount.target));
    }
    ("--mount", mount_words(mount))
}

fn mount_words(mount: &Mount) -> String {
    let options = &mount.options;
    let mut fields = vec![format!("type={}", mount_type(mount.kind))];
    if !mount.source.is_empty() {
        fields.push(csv(format!("source={}", mount.source)));
    }
    fields.push(csv(format!("target={}", mount.target)));
    if mount.read_only {
        fields.push("readonly".to_owned());
    }
    if options.no_copy {
        fields.push("volume-nocopy".to_owned());
    }
    fields.extend(options.propagation.map(|p| format!("bind-propagation={}", p.word())));
    fields.extend(options.size.map(|size| format!("tmpfs-size={}", size.0)));
    fields.extend(options.mode.map(|mode| format!("tmpfs-mode={mode:o}")));
    fields.join(",")
}

/// `--mount` takes a line of CSV (RFC 4180).
fn csv(field: String) -> String {
    if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}
