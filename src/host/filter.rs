//! A packet filter's chains as values, the same whether `nft` or `iptables-save` told of them.
//! Knows no tool's spelling and no container.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    net::IpAddr,
};

use super::net::{Net, Span};
use crate::model::Action;

/// Address family of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// IPv4 and IPv6 together.
    Inet,
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// Frames on a bridge.
    Bridge,
}

impl Family {
    /// The families of nft(8) in which packets of containers are seen; `arp` and `netdev` are not among them.
    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Inet, Self::Ip, Self::Ip6, Self::Bridge].into_iter().find(|f| f.word() == word)
    }

    /// The word of nft(8).
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Bridge => "bridge",
        }
    }
}

/// A point on a packet's way, in the order of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Hook {
    /// It has come in.
    Prerouting,
    /// It is for the host.
    Input,
    /// It goes through the host.
    Forward,
    /// It comes from the host.
    Output,
    /// It is about to go out.
    Postrouting,
}

impl Hook {
    /// From the word of nft(8), or a built-in chain's name of iptables(8).
    pub(crate) fn of(word: &str) -> Option<Self> {
        let words = [
            ("prerouting", Self::Prerouting),
            ("input", Self::Input),
            ("forward", Self::Forward),
            ("output", Self::Output),
            ("postrouting", Self::Postrouting),
        ];
        words.into_iter().find(|(w, _)| w.eq_ignore_ascii_case(word)).map(|(_, hook)| hook)
    }
}

/// Which chain of which table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The table's family.
    pub(crate) family: Family,
    /// The table's name.
    pub(crate) table: String,
    /// The chain's name.
    pub(crate) chain: String,
    /// Whether it is in the older packet filter beside nftables (`iptables-legacy`).
    pub(crate) legacy: bool,
}

impl Place {
    /// The chain of that name in the same table.
    pub(crate) fn beside(&self, chain: &str) -> Self {
        Self { chain: chain.to_owned(), table: self.table.clone(), ..*self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let legacy = if self.legacy { " (legacy)" } else { "" };
        write!(f, "{} {} {}{legacy}", self.family.word(), self.table, self.chain)
    }
}

/// A chain and its rules.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    /// Which.
    pub(crate) place: Place,
    /// Where packets come into it, if not by a jump: the point, and the priority among chains there.
    pub(crate) base: Option<(Hook, i32)>,
    /// Its rules; the last one of a base chain is its policy.
    pub(crate) lines: Vec<Line>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// The kernel's number for it in its table.
    pub(crate) handle: Option<u64>,
    /// Its place in its chain, from 1; a policy has none.
    pub(crate) number: usize,
    /// Whether it is the policy of a base chain.
    pub(crate) policy: bool,
    /// What must be so.
    pub(crate) when: Conditions,
    /// What happens then.
    pub(crate) then: Verdict,
    /// What it does case by case, where a map says that and could be read: each has its own conditions beside these,
    /// and a packet that meets none of them goes on to the next rule.
    pub(crate) cases: Option<Vec<Self>>,
    /// Other chains it can lead to besides a plain jump: those of a verdict map.
    pub(crate) maps_to: Vec<String>,
    /// Packets and bytes that matched.
    pub(crate) counter: Option<(u64, u64)>,
    /// What somebody wrote to it.
    pub(crate) comment: Option<String>,
    /// The rule in its tool's own words.
    pub(crate) text: String,
}

impl Line {
    /// Every chain it can lead to.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        let jump = match &self.then.0 {
            Action::Jump(chain) => Some(chain.as_str()),
            _ => None,
        };
        jump.into_iter().chain(self.maps_to.iter().map(String::as_str))
    }
}

/// What a rule does; unless it says so, the next rule follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict(pub(crate) Action);

impl Default for Verdict {
    fn default() -> Self {
        Self(Action::Continue)
    }
}

/// A condition that can be turned around.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test<T> {
    /// Whether it holds when the value does *not* fit.
    pub(crate) not: bool,
    /// Any of these fits.
    pub(crate) any: Vec<T>,
}

impl<T> Test<T> {
    /// Whether it holds, when `fits` says what fits.
    pub(crate) fn holds(&self, fits: impl Fn(&T) -> bool) -> bool {
        self.any.iter().any(fits) != self.not
    }

    /// The values, if it asks for them rather than for anything else.
    pub(crate) fn wanted(&self) -> &[T] {
        if self.not { &[] } else { &self.any }
    }
}

impl<T: PartialEq> Test<T> {
    /// One test that holds where both do, for values that fit only what equals them.
    pub(crate) fn and(self, other: Self) -> Self {
        let (not, any) = match (self.not, other.not) {
            (false, out) => (false, self.any.into_iter().filter(|one| other.any.contains(one) != out).collect()),
            (true, false) => return other.and(self),
            (true, true) => (true, self.any.into_iter().chain(other.any).collect()),
        };
        Self { not, any }
    }
}

impl<T: fmt::Display> fmt::Display for Test<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("!")?;
        }
        for (i, value) in self.any.iter().enumerate() {
            write!(f, "{}{value}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// What must be so for a rule to match; all of it. `None`: not asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conditions {
    /// Transport protocol, by name.
    pub(crate) protocol: Option<Test<String>>,
    /// Where the packet comes from.
    pub(crate) source: Option<Test<Net>>,
    /// Where it goes to.
    pub(crate) destination: Option<Test<Net>>,
    /// Port it goes to.
    pub(crate) ports: Option<Test<Span>>,
    /// Interface it came in by; `br-*` stands for all that begin so.
    pub(crate) comes_by: Option<Test<String>>,
    /// Interface it goes out by.
    pub(crate) goes_by: Option<Test<String>>,
    /// State of its connection, lower case.
    pub(crate) states: Option<Test<String>>,
    /// Interfaces by which it came in and goes out, together.
    pub(crate) between: Option<Test<(String, String)>>,
    /// Whether it must be a packet of IPv6, or of IPv4.
    pub(crate) v6: Option<bool>,
    /// Whether it must be one that opens a connection, or must not.
    pub(crate) opening: Option<bool>,
    /// Whether the destination must be an address of the host.
    pub(crate) to_host: bool,
    /// Whether there is a condition besides, which longshore does not read.
    pub(crate) more: bool,
}

impl Conditions {
    /// Whether every packet matches.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The addresses it names, on either side.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let sides = [&self.destination, &self.source];
        sides.into_iter().flatten().flat_map(Test::wanted).filter_map(|net| net.single())
    }
}

/// Whether an interface's name is meant by `pattern`, which may end in `*`.
pub(crate) fn is_interface(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(head) => name.starts_with(head),
        None => pattern == name,
    }
}

/// The chains that packets come into by themselves, by the order of their way and by priority within a point.
pub(crate) fn bases(chains: &[Chain]) -> Vec<(Hook, &Chain)> {
    let mut bases: Vec<(Hook, i32, &Chain)> =
        chains.iter().filter_map(|chain| chain.base.map(|(hook, priority)| (hook, priority, chain))).collect();
    bases.sort_by_key(|(hook, priority, _)| (*hook, *priority));
    bases.into_iter().map(|(hook, _, chain)| (hook, chain)).collect()
}

/// Every rule in the order in which the kernel looks at them: along a packet's way, by priority within a point,
/// and into a chain where it is first jumped to. Chains that nothing leads to come last, marked by `None`.
pub(crate) fn in_order(chains: &[Chain]) -> Vec<(Option<Hook>, &Chain, &Line)> {
    let by_place = chains.iter().map(|chain| (&chain.place, chain)).collect();
    let mut walk = Walk { by_place, seen: HashSet::new(), found: Vec::new() };
    for (hook, chain) in bases(chains) {
        walk.enter(chain, Some(hook));
    }
    for chain in chains {
        walk.enter(chain, None);
    }
    walk.found
}

struct Walk<'a> {
    by_place: HashMap<&'a Place, &'a Chain>,
    seen: HashSet<&'a Place>,
    found: Vec<(Option<Hook>, &'a Chain, &'a Line)>,
}

impl<'a> Walk<'a> {
    /// A chain is entered once, so jumps in a circle end.
    fn enter(&mut self, chain: &'a Chain, hook: Option<Hook>) {
        if !self.seen.insert(&chain.place) {
            return;
        }
        for line in &chain.lines {
            self.found.push((hook, chain, line));
            for name in line.targets() {
                if let Some(next) = self.by_place.get(&chain.place.beside(name)) {
                    self.enter(next, hook);
                }
            }
        }
    }
}
