//! Two views of one packet filter made into one: tables that iptables made are taken from `iptables-save`, which
//! knows their extensions, all others from `nft`. Knows no container and starts no program.

use std::collections::HashMap;

use super::filter::{Chain, Place};

/// Merges. A rule that both tell of is kept once, in the words of iptables and with the handle that nft knows.
pub(crate) fn merge(nft: Vec<Chain>, iptables: Vec<Chain>) -> Vec<Chain> {
    let mut merged = iptables;
    let index: HashMap<Place, usize> = merged.iter().enumerate().map(|(i, chain)| (chain.place.clone(), i)).collect();
    for theirs in nft {
        match index.get(&theirs.place).and_then(|i| merged.get_mut(*i)) {
            Some(ours) => take_handles(ours, &theirs),
            None => merged.push(theirs),
        }
    }
    merged
}

/// The two list a chain's rules in the same order. If their numbers differ, a rule came or went between the two
/// readings, and no handle is better than a wrong one.
fn take_handles(ours: &mut Chain, theirs: &Chain) {
    // Priorities can differ from the built-in ones only where nft made the chain; the kernel's word counts.
    ours.base = theirs.base.or(ours.base);
    if ours.lines.len() != theirs.lines.len() {
        return;
    }
    for (line, told) in ours.lines.iter_mut().zip(&theirs.lines) {
        line.handle = told.handle;
    }
}
