//! The main process of a container as the OCI spec says it. Knows no user database.

use oci_spec::{
    OciSpecError,
    runtime::{PosixRlimit, PosixRlimitBuilder, PosixRlimitType, Process, ProcessBuilder, UserBuilder},
};

use super::{Host, capabilities, hostname};
use crate::{
    model::Ulimit,
    runtime::document::{self, Order},
};

/// Where programs are looked for when the image does not say; Docker's default.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) fn of(order: &Order, host: &Host) -> Result<Process, OciSpecError> {
    let user = UserBuilder::default()
        .uid(host.identity.uid)
        .gid(host.identity.gid)
        .additional_gids(host.identity.groups.clone())
        .build()?;
    let granted = capabilities::granted(&order.spec.security, order.spec.privileged, host.capabilities);
    let limits = rlimits(&order.spec.tuning.ulimits, &host.rlimits, host.may_raise());
    let mut process = ProcessBuilder::default()
        .terminal(order.process.tty)
        .user(user)
        .args(order.process.args.clone())
        .env(environment(&order.process, &hostname(order), &host.identity.home))
        .cwd(if order.process.cwd.is_empty() { "/" } else { &order.process.cwd })
        .capabilities(capabilities::with_ours(granted, host.capabilities)?)
        .rlimits(limits.into_iter().map(|(name, soft, hard)| rlimit(&name, soft, hard)).collect::<Result<Vec<_>, _>>()?)
        .build()?;
    // Said with `false`, libcontainer would take its presence for `true` in one place: it is said or left out.
    let no_new_privileges = order.spec.security.options.iter().any(|option| is_no_new_privileges(option));
    process.set_no_new_privileges(no_new_privileges.then_some(true));
    process.set_oom_score_adj(oom_score_adj(order, host));
    Ok(process)
}

/// As Docker reads it: `no-new-privileges`, with `:true` or `=true` behind it or nothing.
pub(crate) fn is_no_new_privileges(option: &str) -> bool {
    let rest = option.strip_prefix("no-new-privileges");
    matches!(rest, Some("" | ":true" | "=true"))
}

/// Without the right to lower it the kernel refuses the whole start: then it stays at what longshore itself has.
fn oom_score_adj(order: &Order, host: &Host) -> Option<i32> {
    let asked = order.spec.tuning.oom_score_adj?;
    Some(if host.may_raise() { asked } else { asked.max(host.oom_score_adj) })
}

/// Its environment: what was asked for, and what every container has where it is not said otherwise.
pub(crate) fn environment(process: &document::Process, hostname: &str, home: &str) -> Vec<String> {
    let mut all: Vec<(String, String)> = vec![("PATH".into(), PATH.into()), ("HOSTNAME".into(), hostname.into())];
    if process.tty {
        all.push(("TERM".into(), "xterm".into()));
    }
    all.push(("HOME".into(), home.into()));
    // A name without a value takes the variable away, as Docker has it.
    for line in &process.env {
        let (name, value) = line.split_once('=').map_or((line.as_str(), None), |(name, value)| (name, Some(value)));
        let place = all.iter().position(|(known, _)| known == name);
        match (place, value) {
            (Some(at), Some(value)) => all[at].1 = value.to_owned(),
            (None, Some(value)) => all.push((name.to_owned(), value.to_owned())),
            (Some(at), None) => drop(all.remove(at)),
            (None, None) => {}
        }
    }
    all.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Name, soft and hard limit of each: clamped to what longshore itself has where it may not raise them, since the
/// kernel would refuse the whole start otherwise.
pub(crate) fn rlimits(asked: &[Ulimit], own: &[(String, u64)], may_raise: bool) -> Vec<(String, u64, u64)> {
    let infinite = |limit: i64| u64::try_from(limit).unwrap_or(u64::MAX);
    let clamp = |ulimit: &Ulimit| {
        let most = own.iter().find(|(name, _)| *name == ulimit.name).map(|(_, hard)| *hard);
        let most = most.filter(|_| !may_raise).unwrap_or(u64::MAX);
        let hard = infinite(ulimit.hard).min(most);
        (ulimit.name.clone(), infinite(ulimit.soft).min(hard), hard)
    };
    asked.iter().map(clamp).collect()
}

fn rlimit(name: &str, soft: u64, hard: u64) -> Result<PosixRlimit, OciSpecError> {
    // One that nobody knows is refused before an order is written.
    let kind = match name {
        "core" => PosixRlimitType::RlimitCore,
        "cpu" => PosixRlimitType::RlimitCpu,
        "data" => PosixRlimitType::RlimitData,
        "fsize" => PosixRlimitType::RlimitFsize,
        "locks" => PosixRlimitType::RlimitLocks,
        "memlock" => PosixRlimitType::RlimitMemlock,
        "msgqueue" => PosixRlimitType::RlimitMsgqueue,
        "nice" => PosixRlimitType::RlimitNice,
        "nofile" => PosixRlimitType::RlimitNofile,
        "nproc" => PosixRlimitType::RlimitNproc,
        "rss" => PosixRlimitType::RlimitRss,
        "rtprio" => PosixRlimitType::RlimitRtprio,
        "rttime" => PosixRlimitType::RlimitRttime,
        "sigpending" => PosixRlimitType::RlimitSigpending,
        "stack" => PosixRlimitType::RlimitStack,
        other => return Err(OciSpecError::Other(format!("there is no limit `{other}`"))),
    };
    PosixRlimitBuilder::default().typ(kind).soft(soft).hard(hard).build()
}
