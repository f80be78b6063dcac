//! Which rules a packet would meet, and how its way would end: the kernel's walk over the chains, played through.
//! Asks no kernel and sends no packet.

mod meets;

use super::{
    filter::{Chain, Family, Hook, Line, bases},
    net::socket,
    rules::{dnat_socket, id},
    scene::Scene,
};
use crate::model::{Action, Explanation, Fate, Packet, Step};
use meets::{By, Sure, Traveller, meets};

/// Most jumps within jumps; the kernel's own bound (linux/netfilter/nf_tables.h, NFT_JUMP_STACK_SIZE).
const DEEPEST: usize = 16;

/// Plays the packet through. `None` when it comes from a container that has no address to send from.
pub(crate) fn explain(packet: &Packet, chains: &[Chain], scene: &Scene) -> Option<Explanation> {
    let traveller = depart(packet, scene)?;
    let mut way = Way { chains, scene, traveller, steps: Vec::new(), may_stop: false, stop: None };
    let fate = way.travel(matches!(packet, Packet::Out { .. }));
    Some(Explanation { steps: way.steps, fate })
}

fn depart(packet: &Packet, scene: &Scene) -> Option<Traveller> {
    Some(match packet {
        Packet::In { protocol, remote, port } => Traveller {
            protocol: *protocol,
            v6: remote.is_some_and(|address| address.is_ipv6()),
            source: *remote,
            destination: None,
            port: *port,
            comes_by: By::Outside,
            goes_by: By::Unknown,
            translated: false,
        },
        Packet::Out { protocol, container, remote, port } => {
            let by = |address| scene.bridge(address).map(|bridge| By::Bridge(bridge.to_owned()));
            let source = scene.addresses(container).find(|ours| ours.is_ipv4() == remote.is_ipv4())?;
            Traveller {
                protocol: *protocol,
                v6: remote.is_ipv6(),
                source: Some(source),
                destination: Some(*remote),
                port: *port,
                comes_by: by(source).unwrap_or(By::Unknown),
                goes_by: by(*remote).unwrap_or(By::Outside),
                translated: false,
            }
        }
    })
}

/// A packet under way, and what it met.
struct Way<'a> {
    chains: &'a [Chain],
    scene: &'a Scene,
    traveller: Traveller,
    steps: Vec<Step>,
    /// Whether a rule that may match would have stopped it, or sent it on to where nobody can tell.
    may_stop: bool,
    /// Set once a rule stops it: whether nothing before might have saved it.
    stop: Option<Sure>,
}

/// How a chain was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// At its end or by a `return`: the caller goes on.
    Back,
    /// The packet may go on to the next base chain.
    Through,
    /// Its way is at an end.
    Stopped,
}

impl Way<'_> {
    fn travel(&mut self, outward: bool) -> Fate {
        self.pass(Hook::Prerouting);
        let forwarded = outward || self.traveller.translated;
        if forwarded && !outward {
            let bridge = self.traveller.destination.and_then(|address| self.scene.bridge(address));
            self.traveller.goes_by = bridge.map_or(By::Unknown, |bridge| By::Bridge(bridge.to_owned()));
        }
        for hook in if forwarded { &[Hook::Forward, Hook::Postrouting][..] } else { &[Hook::Input] } {
            self.pass(*hook);
        }
        match (self.stop, self.may_stop, self.traveller.destination) {
            (Some(Sure::Yes), ..) => Fate::Stopped,
            (Some(_), ..) | (None, true, _) => Fate::Depends,
            (None, false, Some(address)) if forwarded => Fate::Arrives(socket(address, self.traveller.port)),
            _ => Fate::AtHost,
        }
    }

    /// All base chains at one point; a packet that one lets through can still be stopped by the next.
    fn pass(&mut self, hook: Hook) {
        let families = if self.traveller.v6 { [Family::Ip6, Family::Inet] } else { [Family::Ip, Family::Inet] };
        for (_, chain) in bases(self.chains).into_iter().filter(|(at, _)| *at == hook) {
            if self.stop.is_none() && families.contains(&chain.place.family) {
                let mut saved = Sure::No;
                self.chain(chain, Sure::Yes, &mut saved, 0);
            }
        }
    }

    /// One chain. `sure` says whether the packet is in it at all; `saved` whether an earlier rule of the same base
    /// chain may have let it through.
    fn chain(&mut self, chain: &Chain, mut sure: Sure, saved: &mut Sure, depth: usize) -> Left {
        let cases = |rule| cases(rule).iter().map(move |case| (rule, case));
        for (rule, line) in chain.lines.iter().flat_map(cases) {
            let meets = |line: &Line| meets(&line.when, &self.traveller, self.scene);
            let matched = meets(rule).min(meets(line)).min(sure);
            if matched == Sure::No || line.then.0 == Action::Continue && line.maps_to.is_empty() {
                continue;
            }
            self.note(chain, line, matched);
            let left = self.obey(chain, line, matched, saved, depth);
            match (left, matched) {
                (Some(left), Sure::Yes) => return left,
                // It may have left here, so what follows may not come to pass.
                (Some(Left::Back), _) => sure = Sure::Maybe,
                _ => {}
            }
        }
        Left::Back
    }

    /// Does what a rule says; `None` when the next rule follows.
    fn obey(&mut self, chain: &Chain, line: &Line, matched: Sure, saved: &mut Sure, depth: usize) -> Option<Left> {
        match &line.then.0 {
            Action::Return => Some(Left::Back),
            Action::Accept | Action::Masquerade => {
                *saved = (*saved).max(matched);
                Some(Left::Through)
            }
            Action::Drop | Action::Reject => {
                match matched {
                    Sure::Yes => self.stop = Some(if *saved == Sure::No { Sure::Yes } else { Sure::Maybe }),
                    _ => self.may_stop = true,
                }
                Some(Left::Stopped)
            }
            Action::Dnat(_) => {
                // Which address of the host it was sent to is not known: one that leads on is taken.
                self.translate(line);
                Some(Left::Through)
            }
            Action::Jump(_) | Action::Continue => self.jump(chain, line, matched, saved, depth),
        }
    }

    fn jump(&mut self, chain: &Chain, line: &Line, matched: Sure, saved: &mut Sure, depth: usize) -> Option<Left> {
        let certain = if line.maps_to.is_empty() { matched } else { Sure::Maybe };
        let targets: Vec<&str> = line.targets().filter(|_| depth < DEEPEST).collect();
        for name in targets {
            let place = chain.place.beside(name);
            let Some(next) = self.chains.iter().find(|chain| chain.place == place) else { continue };
            let left = self.chain(next, certain, saved, depth + 1);
            if left != Left::Back {
                return Some(left);
            }
        }
        None
    }

    fn translate(&mut self, line: &Line) {
        let Some((address, port)) = dnat_socket(line) else {
            self.may_stop |= line.when.more;
            return;
        };
        self.traveller.destination = Some(address);
        self.traveller.port = port.unwrap_or(self.traveller.port);
        self.traveller.translated = true;
    }

    fn note(&mut self, chain: &Chain, line: &Line, matched: Sure) {
        self.steps.push(Step {
            rule: id(chain, line),
            chain: chain.place.to_string(),
            action: line.then.0.clone(),
            text: line.text.clone(),
            certain: matched == Sure::Yes,
        });
    }
}

/// What a rule may do: itself, or what each case of its map says.
fn cases(rule: &Line) -> &[Line] {
    rule.cases.as_deref().unwrap_or(std::slice::from_ref(rule))
}

#[cfg(test)]
mod tests;
