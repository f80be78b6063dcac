//! From the flags of `run` and `create` to what the new container shall be. Knows no engine.

mod fields;
#[cfg(test)]
mod tests;

use super::{
    flags::{Amounts, ContainerFlags, LifeFlags, Places, Rights},
    words::{self, BadValue, Read},
};
use crate::model::{
    ContainerSpec, HealthCheck, Life, Limits, Mount, MountKind, Naming, PortMapping, RestartPolicy, Security, Signal,
    Tuning, short,
};

/// What of this machine flags refer to.
pub(crate) struct Outside<'a> {
    /// The value of a variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file.
    pub(crate) file: &'a dyn Fn(&std::path::Path) -> std::io::Result<String>,
    /// The directory that relative paths start from.
    pub(crate) folder: std::path::PathBuf,
}

/// What a new container shall be, and the networks that it joins beside its first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) spec: ContainerSpec,
    pub(crate) more_networks: Vec<String>,
}

/// What the flags, the image and the command behind them ask for.
///
/// # Errors
/// The first value that makes no sense, or two flags that exclude each other.
pub(crate) fn wanted(flags: &ContainerFlags, words: &[String], outside: &Outside<'_>) -> Read<Wanted> {
    let Some((image, command)) = words.split_first() else {
        return Err(BadValue("name an image".to_owned()));
    };
    let limits = limits(&flags.amounts, flags.life.restart.as_deref())?;
    if flags.rm && limits.restart != RestartPolicy::No {
        return Err(BadValue("--restart and --rm exclude each other".to_owned()));
    }
    let networks = fields::networks(&flags.places)?;
    let mut naming = naming(&flags.places);
    let (network, more_networks) = match networks.split_first() {
        Some((first, more)) => {
            naming.aliases.extend(first.aliases.iter().cloned());
            naming.addresses.extend(first.addresses.iter().cloned());
            naming.mac = naming.mac.or_else(|| first.mac.clone());
            (Some(first.name.clone()), more.iter().map(|network| network.name.clone()).collect())
        }
        None => (None, Vec::new()),
    };
    let spec = ContainerSpec {
        image: image.clone(),
        platform: flags.platform.clone(),
        name: flags.name.clone(),
        command: command.to_vec(),
        entrypoint: flags.entrypoint.as_ref().map(|program| vec![program.clone()]),
        env: env(flags, outside)?,
        workdir: flags.workdir.clone(),
        user: flags.user.clone(),
        hostname: flags.hostname.clone(),
        ports: ports(&flags.places)?,
        publish_all: flags.places.publish_all,
        mounts: mounts(&flags.places, outside)?,
        network,
        limits,
        tty: flags.tty,
        stdin: flags.interactive,
        stdin_once: false,
        auto_remove: flags.rm,
        privileged: flags.rights.privileged,
        labels: words::pairs(&with_files(&flags.label, &flags.label_file, outside)?)?,
        start: false,
        life: life(&flags.life)?,
        security: security(&flags.rights, &flags.group_add, outside)?,
        naming,
        tuning: tuning(&flags.amounts, &flags.places)?,
    };
    Ok(Wanted { spec, more_networks })
}

/// Processors at most: as they are, or as a share of a period (CFS bandwidth control of Linux, cgroups(7)).
fn cpus(amounts: &Amounts) -> Read<Option<f64>> {
    let period = amounts.cpu_period.filter(|period| *period != 0).unwrap_or(100_000);
    if !(1_000..=1_000_000).contains(&period) {
        return Err(BadValue(format!("--cpu-period {period}: take 1000 to 1000000 microseconds")));
    }
    match amounts.cpu_quota {
        // What is not limited is what nobody asked for.
        None | Some(..=0) => Ok(amounts.cpus),
        Some(quota @ 1..1_000) => Err(BadValue(format!("--cpu-quota {quota}: take 1000 microseconds or more"))),
        Some(quota) => Ok(Some(quota as f64 / period as f64)),
    }
}

fn env(flags: &ContainerFlags, outside: &Outside<'_>) -> Read<Vec<String>> {
    words::environment(with_files(&flags.env, &flags.env_file, outside)?, outside.variable)
}

/// The lines of files, then the entries themselves, which count more.
fn with_files(entries: &[String], files: &[std::path::PathBuf], outside: &Outside<'_>) -> Read<Vec<String>> {
    let mut all = Vec::new();
    for file in files {
        let text = (outside.file)(file).map_err(|why| BadValue(format!("cannot read {}: {why}", file.display())))?;
        all.extend(words::lines(&text));
    }
    all.extend(entries.iter().cloned());
    Ok(all)
}

fn ports(places: &Places) -> Read<Vec<PortMapping>> {
    let mut all = Vec::new();
    for word in &places.publish {
        all.extend(short::ports(word).map_err(|bad| BadValue(bad.to_string()))?);
    }
    for word in &places.expose {
        let exposed = short::ports(word).map_err(|bad| BadValue(bad.to_string()))?;
        let published = |port: &PortMapping| {
            let same =
                |other: &PortMapping| (other.container_port, other.protocol) == (port.container_port, port.protocol);
            all.iter().any(same)
        };
        let bare = |port: PortMapping| PortMapping { host_ip: None, host_port: None, ..port };
        let new: Vec<_> = exposed.into_iter().filter(|port| !published(port)).map(bare).collect();
        all.extend(new);
    }
    Ok(all)
}

fn mounts(places: &Places, outside: &Outside<'_>) -> Read<Vec<Mount>> {
    let mut all = Vec::new();
    for word in &places.volume {
        // A path from here, which only this machine can make whole.
        let whole = if word.starts_with('.') { format!("{}/{word}", outside.folder.display()) } else { word.clone() };
        let mut mount = short::mount(&whole).map_err(|bad| BadValue(bad.to_string()))?;
        mount.options.create_source = mount.kind == MountKind::Bind;
        all.push(mount);
    }
    for line in &places.mount {
        all.push(fields::mount(line)?);
    }
    Ok(all)
}

fn naming(places: &Places) -> Naming {
    Naming {
        aliases: places.network_alias.clone(),
        addresses: places.ip.iter().chain(&places.ip6).cloned().collect(),
        mac: places.mac_address.clone(),
        dns: places.dns.clone(),
        dns_search: places.dns_search.clone(),
        dns_options: places.dns_option.clone(),
        hosts: places.add_host.iter().map(|line| host_line(line)).collect(),
    }
}

/// `name:address`; docker takes `name=address` as well.
fn host_line(line: &str) -> String {
    match line.split_once('=') {
        Some((name, address)) if !name.contains(':') => format!("{name}:{address}"),
        _ => line.to_owned(),
    }
}

/// The limits alone, also for `update`.
pub(crate) fn limits(amounts: &Amounts, restart: Option<&str>) -> Read<Limits> {
    let bytes = |text: &Option<String>| text.as_deref().map(words::bytes).transpose();
    let restart = restart.unwrap_or_default().parse::<RestartPolicy>().map_err(|bad| BadValue(bad.to_string()))?;
    Ok(Limits {
        memory: bytes(&amounts.memory)?,
        memory_swap: bytes(&amounts.memory_swap)?,
        cpus: cpus(amounts)?,
        pids: amounts.pids_limit,
        restart,
    })
}

fn life(flags: &LifeFlags) -> Read<Life> {
    if let Some(signal) = &flags.stop_signal {
        signal.parse::<Signal>().map_err(|bad| BadValue(bad.to_string()))?;
    }
    Ok(Life {
        stop_signal: flags.stop_signal.clone(),
        grace: flags.stop_timeout.map(std::time::Duration::from_secs),
        init: flags.init,
        health: health(flags)?,
    })
}

fn health(flags: &LifeFlags) -> Read<Option<HealthCheck>> {
    let time = |text: &Option<String>| text.as_deref().map(words::time).transpose();
    let check = HealthCheck {
        test: flags.health_cmd.iter().flat_map(|line| ["CMD-SHELL".to_owned(), line.clone()]).collect(),
        interval: time(&flags.health_interval)?,
        timeout: time(&flags.health_timeout)?,
        start_period: time(&flags.health_start_period)?,
        retries: flags.health_retries,
    };
    let chosen = check != HealthCheck::default();
    if flags.no_healthcheck && chosen {
        return Err(BadValue("--no-healthcheck excludes the other --health flags".to_owned()));
    }
    let off = || HealthCheck { test: vec!["NONE".to_owned()], ..HealthCheck::default() };
    Ok(if flags.no_healthcheck { Some(off()) } else { chosen.then_some(check) })
}

fn security(rights: &Rights, groups: &[String], outside: &Outside<'_>) -> Read<Security> {
    Ok(Security {
        cap_add: words::capabilities(&rights.cap_add),
        cap_drop: words::capabilities(&rights.cap_drop),
        options: rights.security_opt.iter().map(|option| security_option(option, outside)).collect::<Read<_>>()?,
        groups: groups.to_vec(),
        read_only_root: rights.read_only,
        devices: rights.device.iter().map(|text| words::device(text)).collect::<Read<_>>()?,
        pid_mode: rights.pid.clone(),
        ipc_mode: rights.ipc.clone(),
        uts_mode: rights.uts.clone(),
        cgroupns_mode: rights.cgroupns.clone(),
        userns_mode: rights.userns.clone(),
        isolation: rights.isolation.unwrap_or_default(),
    })
}

/// A profile for seccomp is a file of this machine; engines take what is in it.
fn security_option(option: &str, outside: &Outside<'_>) -> Read<String> {
    match option.strip_prefix("seccomp=") {
        None | Some("unconfined" | "builtin") => Ok(option.to_owned()),
        Some(file) => {
            let text = (outside.file)(file.as_ref()).map_err(|why| BadValue(format!("cannot read {file}: {why}")))?;
            Ok(format!("seccomp={}", text.trim()))
        }
    }
}

fn tuning(amounts: &Amounts, places: &Places) -> Read<Tuning> {
    let bytes = |text: &Option<String>| text.as_deref().map(words::bytes).transpose();
    let tmpfs = |text: &String| {
        let (path, options) = text.split_once(':').unwrap_or((text, ""));
        (path.to_owned(), options.to_owned())
    };
    Ok(Tuning {
        cpuset: amounts.cpuset_cpus.clone(),
        cpu_shares: amounts.cpu_shares,
        blkio_weight: amounts.blkio_weight,
        memory_reservation: bytes(&amounts.memory_reservation)?,
        oom_score_adj: amounts.oom_score_adj,
        shm_size: bytes(&amounts.shm_size)?,
        ulimits: amounts.ulimit.iter().map(|text| words::ulimit(text)).collect::<Read<_>>()?,
        tmpfs: places.tmpfs.iter().map(tmpfs).collect(),
        sysctls: words::pairs(&amounts.sysctl)?,
    })
}
