//! NAT and firewall: mappings as the engine knows them, sessions and rules as the host tells them. Knows no kernel.

use async_trait::async_trait;

use super::EmbeddedEngine;
use crate::{
    backend::{
        Containers, EngineError, NatTable, Networks, Result, Rules, derive,
        local::{LocalHost, read_host},
    },
    model::{
        Action, Container, ContainerId, Direction, Explanation, FilterRule, Firewall, Mapping, Nat, Network, Owner,
        Packet, PortMapping, Rule, RuleId, RuleScope, text::clean,
    },
    runtime::{Runtime, document::windows_firewall::HostRule, records::rule::Record},
};

/// Why nothing was read of the host.
const UNREAD: &str = "the tables of this host cannot be read";

impl EmbeddedEngine {
    async fn wiring(&self) -> Result<(Vec<Container>, Vec<Network>)> {
        tokio::try_join!(self.containers(), self.networks())
    }

    /// Asks the host in a thread of its own; `Err` with the reason when it may not be read.
    async fn host_tells<T: Send + 'static>(
        &self,
        containers: &[Container],
        networks: &[Network],
        read: impl FnOnce(&dyn LocalHost, &[Container], &[Network]) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let unsupported =
            || EngineError::Unsupported { tried: "read the host's tables".into(), why: UNREAD.to_owned() };
        let host = self.host.clone().ok_or_else(unsupported)?;
        let (containers, networks) = (containers.to_vec(), networks.to_vec());
        read_host(host, containers, networks, read).await.unwrap_or_else(|| Err(unsupported()))
    }
}

#[async_trait]
impl NatTable for EmbeddedEngine {
    async fn nat(&self) -> Result<Nat> {
        let (containers, networks) = self.wiring().await?;
        let told = self.host_tells(&containers, &networks, |host, c, n| host.nat(c, n)).await;
        let why = told.as_ref().err().map(ToString::to_string);
        let mut nat = derive::nat(&containers, &networks, why.as_deref().unwrap_or_default());
        // Nothing is derived: the engine made these mappings itself.
        nat.derived = None;
        nat.sessions_hidden = why;
        if let Ok(told) = told {
            nat.sessions = told.sessions;
            nat.sessions_hidden = told.sessions_hidden;
            let others: Vec<_> = told.mappings.into_iter().filter(|other| !is_known(&nat.mappings, other)).collect();
            nat.mappings.extend(others);
        }
        derive::find_conflicts(&mut nat.mappings);
        Ok(nat)
    }

    async fn publish(&self, id: &ContainerId, port: &PortMapping) -> Result<Vec<u16>> {
        let (id, port) = (id.clone(), port.clone());
        self.blocking("publish a port", move |runtime| {
            let id = runtime.record(&id, "publish a port of")?.id;
            runtime.publish(&id, &port)
        })
        .await
    }

    async fn unpublish(&self, id: &ContainerId, port: &PortMapping) -> Result<()> {
        let (id, port) = (id.clone(), port.clone());
        self.blocking("end the publishing of a port", move |runtime| {
            let id = runtime.record(&id, "end the publishing of a port of")?.id;
            runtime.unpublish(&id, &port)
        })
        .await
    }
}

/// Whether a mapping that the host tells of is one that the engine has told already.
fn is_known(known: &[Mapping], other: &Mapping) -> bool {
    let is_same = |one: &Mapping| {
        one.port.host_port == other.port.host_port
            && one.port.protocol == other.port.protocol
            && one.port.container_port == other.port.container_port
    };
    known.iter().any(is_same)
}

/// The host's rules, before them one for each published port: the kernel has them as elements of a map, where its
/// list of rules does not name them.
fn with_ports(told: Firewall, containers: &[Container], networks: &[Network]) -> Firewall {
    let own = derive::firewall(containers, networks, "").rules.into_iter().filter(|rule| rule.container.is_some());
    let is_told = |own: &Rule| {
        told.rules.iter().any(|rule| {
            let stops = matches!(rule.action, Action::Drop | Action::Reject);
            !stops && rule.container == own.container && rule.ports == own.ports
        })
    };
    let own: Vec<_> = own.filter(|rule| !is_told(rule)).map(|rule| Rule { owner: Owner::Longshore, ..rule }).collect();
    let mut rules: Vec<_> = own.into_iter().chain(told.rules).collect();
    for (at, rule) in rules.iter_mut().enumerate() {
        rule.order = at + 1;
    }
    Firewall { rules, ..told }
}

/// The same with the engine's own rules under their numbers. One about a container that does not run is not in force,
/// whatever the host still has of it.
fn with_own(mut told: Firewall, own: &[Record], runtime: &Runtime, containers: &[Container]) -> Firewall {
    for known in own {
        let enabled = has_subject(known, containers);
        let ours = derive::own_rule(known.id, &known.scope, &known.rule, containers);
        let mut of_it =
            told.rules.iter_mut().filter(|rule| runtime.is_rule(known.id, &rule.chain, &rule.name)).peekable();
        let is_told = of_it.peek().is_some();
        for rule in of_it {
            let Rule { name, direction, container, container_name, number, .. } = ours.clone();
            *rule = Rule { name, direction, container, container_name, number, enabled, ..rule.clone() };
        }
        if !is_told {
            // Where the host is not asked, its word is missing and not the rule.
            let enabled = enabled && told.derived.is_some();
            told.rules.push(Rule { enabled, order: told.rules.len() + 1, ..ours });
        }
    }
    told
}

/// A rule of the firewall of a Windows host.
fn of_windows(rule: &HostRule, order: usize) -> Rule {
    let text = |text: &str| clean(text).into_owned();
    let protocol = match rule.protocol {
        None => "any".to_owned(),
        Some(1) => "icmp".to_owned(),
        Some(6) => "tcp".to_owned(),
        Some(17) => "udp".to_owned(),
        Some(58) => "icmpv6".to_owned(),
        Some(number) => number.to_string(),
    };
    Rule {
        id: RuleId::new(format!("windows {}", text(&rule.id))),
        order,
        name: text(&rule.name),
        direction: if rule.inbound { Direction::In } else { Direction::Out },
        action: if rule.allow { Action::Accept } else { Action::Drop },
        protocol,
        ports: text(&rule.ports),
        remote: text(&rule.remote),
        chain: if rule.profiles.is_empty() { "all profiles".into() } else { text(&rule.profiles) },
        enabled: rule.active,
        owner: if rule.is_of_network_service() { Owner::Hns } else { Owner::Other },
        container: None,
        container_name: None,
        packets: None,
        bytes: None,
        text: text(&rule.text),
        number: None,
    }
}

/// Whether there are packets that a rule can be about: a container that does not run has no addresses.
fn has_subject(known: &Record, containers: &[Container]) -> bool {
    match &known.scope {
        RuleScope::Container(id) => containers.iter().any(|container| container.id == *id && container.state.is_up()),
        RuleScope::Network(_) => true,
    }
}

#[async_trait]
impl Rules for EmbeddedEngine {
    async fn firewall(&self) -> Result<Firewall> {
        let (containers, networks) = self.wiring().await?;
        let own = self.blocking("read the firewall's rules", Runtime::rules).await?;
        let told = match self.host_tells(&containers, &networks, |host, c, n| host.firewall(c, n)).await {
            Ok(told) => with_ports(told, &containers, &networks),
            Err(why) => derive::firewall(&containers, &networks, &why.to_string()),
        };
        let mut told = with_own(told, &own, &self.runtime, &containers);
        let of_host = self.blocking("read the rules of the host", Runtime::host_rules).await.unwrap_or_else(|why| {
            told.derived.get_or_insert_with(|| why.to_string());
            Vec::new()
        });
        let before = told.rules.len();
        told.rules.extend(of_host.iter().enumerate().map(|(at, rule)| of_windows(rule, before + at + 1)));
        Ok(told)
    }

    async fn add_rule(&self, scope: &RuleScope, rule: &FilterRule) -> Result<()> {
        let (scope, rule) = (scope.clone(), rule.clone());
        self.blocking("add the firewall rule", move |runtime| runtime.add_rule(&scope, &rule).map(drop)).await
    }

    async fn remove_rule(&self, number: i64) -> Result<()> {
        self.blocking("remove the firewall rule", move |runtime| runtime.remove_rule(number)).await
    }

    async fn explain(&self, packet: &Packet) -> Result<Explanation> {
        let (containers, networks) = self.wiring().await?;
        let asked = packet.clone();
        self.host_tells(&containers, &networks, move |host, c, n| host.explain(&asked, c, n)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_a_windows_host_is_told_with_whose_it_is_and_cannot_be_removed() {
        let read = |text| of_windows(&HostRule::of("{a}", text).unwrap(), 7);
        let rule = read("v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort=53|Profile=Public|Name=a\u{1b}[2J|");
        assert_eq!(
            (rule.order, rule.direction, rule.action, rule.owner),
            (7, Direction::In, Action::Drop, Owner::Other)
        );
        assert_eq!((rule.protocol.as_str(), rule.ports.as_str(), rule.chain.as_str()), ("udp", "53", "Public"));
        assert!(
            rule.enabled && rule.number.is_none() && !rule.name.contains('\u{1b}') && !rule.text.contains('\u{1b}')
        );
        let rule = read("v2.31|Action=Allow|Active=FALSE|Dir=Out|Name=HNS Container Networking - DNS|");
        assert_eq!((rule.owner, rule.enabled, rule.protocol.as_str()), (Owner::Hns, false, "any"));
    }
}
