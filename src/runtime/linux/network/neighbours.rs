//! Others' packet filters on the host that would drop what our networks pass on: Docker's, ufw's, firewalld's. Each is
//! asked in its own way to let our bridges through; knows nothing of our own rules.
//!
//! A packet must be let through by every base chain it meets, so that an `accept` of ours cannot help. Only plain rules
//! by interface go in: others would make the tools of `iptables` refuse the whole chain.

use std::{fs, io, process::Command, process::Stdio};

use crate::runtime::linux::nft::{INET, IPV4, IPV6, Table};

/// Chains that are called before something is dropped, by the tool that writes them. Docker keeps the first for users;
/// ufw drops what is passed on unless told otherwise.
const CHAINS: [(&str, &str); 4] = [
    ("iptables", "DOCKER-USER"),
    ("iptables", "ufw-before-forward"),
    ("ip6tables", "DOCKER-USER"),
    ("ip6tables", "ufw6-before-forward"),
];
/// How often a rule is deleted that is still there.
const TRIES: u32 = 10;
/// firewalld's own table in nftables, and its zone that lets everything through.
const FIREWALLD: &str = "firewalld";
const ZONE: &str = "trusted";
/// Lists the tables of an iptables that does not use nftables.
const LEGACY: [(&str, &str); 2] =
    [("iptables", "/proc/thread-self/net/ip_tables_names"), ("ip6tables", "/proc/thread-self/net/ip6_tables_names")];

/// Asks all that are there to let a bridge through. What refuses is told in the log: containers of this bridge may then
/// not reach the outside, but they run.
pub(super) fn let_through(table: &mut Table, bridge: &str) {
    for (tool, chain) in present(table) {
        for way in ["-i", "-o"] {
            let rule = [chain, way, bridge, "-j", "ACCEPT"];
            if run(tool, &[&["-w", "-C"], &rule[..]].concat()).is_err() {
                let added = run(tool, &[&["-w", "-I"], &rule[..]].concat());
                tell(added, tool, bridge);
            }
        }
    }
    if is_firewalld_there(table) {
        let interface = format!("--change-interface={bridge}");
        tell(run("firewall-cmd", &["--quiet", &format!("--zone={ZONE}"), &interface]), "firewall-cmd", bridge);
    }
}

/// Takes those rules back.
pub(super) fn forget(table: &mut Table, bridge: &str) {
    for (tool, chain) in present(table) {
        for way in ["-i", "-o"] {
            take_out(tool, &[chain, way, bridge, "-j", "ACCEPT"]);
        }
    }
    if is_firewalld_there(table) {
        let interface = format!("--remove-interface={bridge}");
        let _ = run("firewall-cmd", &["--quiet", &format!("--zone={ZONE}"), &interface]);
    }
}

/// Deletes a rule until there is none like it. The iptables that writes to nftables has no lock: it fails when another
/// process changes the ruleset at the same time, and two that found no rule both added it.
fn take_out(tool: &str, rule: &[&str]) {
    for _ in 0..TRIES {
        // One that is gone already needs no word.
        let _ = run(tool, &[&["-w", "-D"], rule].concat());
        if run(tool, &[&["-w", "-C"], rule].concat()).is_err() {
            return;
        }
    }
    tracing::warn!(tool, ?rule, "a rule of ours stays in another packet filter");
}

/// Loads the kernel's module by which bridges call the filters of IP, which is no link's or rule's to ask for.
pub(super) fn load_bridge_filter() {
    const MODULE: &str = "br_netfilter";
    if let Err(error) = run("modprobe", &[MODULE]) {
        tracing::warn!(MODULE, %error, "rules do not hold between containers of one network");
    }
}

/// The chains that there are. Asks the kernel and no tool, since most hosts have none of them and a tool takes
/// milliseconds.
fn present(table: &mut Table) -> Vec<(&'static str, &'static str)> {
    let mut is_there = |(tool, chain): &(&str, &str)| {
        let family = if *tool == "iptables" { IPV4 } else { IPV6 };
        table.has_chain(family, "filter", chain) || (is_legacy(tool) && run(tool, &["-w", "-n", "-L", chain]).is_ok())
    };
    CHAINS.into_iter().filter(|each| is_there(each)).collect()
}

fn is_legacy(tool: &str) -> bool {
    let names = LEGACY.iter().find(|(of, _)| *of == tool).and_then(|(_, path)| fs::read_to_string(path).ok());
    names.is_some_and(|names| names.lines().any(|table| table == "filter"))
}

fn is_firewalld_there(table: &mut Table) -> bool {
    table.has_chain(INET, FIREWALLD, "filter_FORWARD")
}

fn tell(done: io::Result<()>, tool: &str, bridge: &str) {
    if let Err(error) = done {
        tracing::warn!(tool, bridge, %error, "another packet filter may drop what containers send");
    }
}

fn run(tool: &str, arguments: &[&str]) -> io::Result<()> {
    let mut command = Command::new(tool);
    let output = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
