//! What a test adds to the host's network: rules, tables, another machine. Each goes away with its value.
//! Knows nothing of longshore and of containers.

#![allow(dead_code, reason = "each test binary compiles this module and uses the part it needs")]

use std::{net::IpAddr, process::Command};

use super::engines::{output_of, unique};

/// A rule in Docker's chain for people's rules; goes with the test.
pub(crate) struct UserRule(Vec<String>);

impl UserRule {
    /// Before all others.
    pub(crate) fn insert(rule: &[&str]) -> Self {
        let rule: Vec<String> = rule.iter().map(|&word| word.to_owned()).collect();
        output_of(Command::new("iptables").args(["--wait", "-I", "DOCKER-USER"]).args(&rule));
        Self(rule)
    }
}

impl Drop for UserRule {
    fn drop(&mut self) {
        let _ = Command::new("iptables").args(["--wait", "-D", "DOCKER-USER"]).args(&self.0).output();
    }
}

/// Another machine, as far as this host's firewall can tell: a network namespace behind a cable of its own.
pub(crate) struct Outside {
    namespace: String,
    /// The host's end of the cable.
    pub(crate) interface: String,
    /// Of the machine.
    pub(crate) address: IpAddr,
}

impl Outside {
    /// Addresses are from TEST-NET-2 (RFC 5737).
    pub(crate) fn create() -> Self {
        let namespace = unique("outside");
        // Names of interfaces have at most 15 letters.
        let interface = format!("lsout{}", std::process::id());
        let outside = Self { namespace, interface, address: IpAddr::from([198, 51, 100, 9]) };
        let (name, cable) = (&outside.namespace, &outside.interface);
        for step in [
            format!("netns add {name}"),
            format!("link add {cable} type veth peer name eth0 netns {name}"),
            format!("address add 198.51.100.1/24 dev {cable}"),
            format!("link set {cable} up"),
            format!("-n {name} address add 198.51.100.9/24 dev eth0"),
            format!("-n {name} link set eth0 up"),
        ] {
            output_of(Command::new("ip").args(step.split(' ')));
        }
        outside
    }

    /// Whether a connection to that port of the host comes about.
    pub(crate) fn reaches(&self, port: u16) -> bool {
        let open = format!("exec 3<>/dev/tcp/198.51.100.1/{port}");
        let from_outside = ["netns", "exec", &self.namespace, "timeout", "5", "bash", "-c", &open];
        Command::new("ip").args(from_outside).output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // The cable goes with the namespace, but not at once: the next test may want its address.
        let _ = Command::new("ip").args(["link", "delete", &self.interface]).output();
        let _ = Command::new("ip").args(["netns", "delete", &self.namespace]).output();
    }
}

/// A table of nft; goes with the test.
pub(crate) struct Table(pub(crate) String);

impl Table {
    /// In family `inet`, under a name of its own.
    pub(crate) fn create(chains: &str) -> Self {
        let name = unique("longshoretest").replace('-', "_");
        output_of(Command::new("nft").arg(format!("table inet {name} {{ {chains}; }}")));
        Self(name)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let _ = Command::new("nft").args(["delete", "table", "inet", &self.0]).output();
    }
}
