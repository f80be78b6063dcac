//! Messages of nf_tables (linux/netfilter/nf_tables.h): tables, chains, rules. Knows neither our chains nor what a rule
//! is for.

use super::{attr::Attrs, expr::Rule};
use crate::runtime::linux::network::netlink::{APPEND, CREATE, DUMP, Message, attributes};

/// `NFNL_SUBSYS_NFTABLES` (linux/netfilter/nfnetlink.h).
const SUBSYSTEM: u16 = 10;
/// `NFNL_MSG_BATCH_BEGIN`, `NFNL_MSG_BATCH_END`.
const BEGIN: u16 = 16;
const END: u16 = 17;
/// `ERESTART` (linux/errno.h), which has no name in user space.
pub(super) const CHANGED: i32 = 85;
/// Bytes of `struct nfgenmsg`.
pub(super) const HEAD: usize = 4;

/// `NFPROTO_IPV4`, `NFPROTO_IPV6`.
pub(in crate::runtime::linux) const IPV4: u8 = 2;
pub(in crate::runtime::linux) const IPV6: u8 = 10;
/// `NFPROTO_INET`: IPv4 and IPv6 in one table.
pub(in crate::runtime::linux) const INET: u8 = 1;

/// Of `enum nf_tables_msg_types`.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    NewTable = 0,
    DeleteTable = 2,
    NewChain = 3,
    GetChain = 4,
    NewRule = 6,
    DeleteRule = 8,
    NewSet = 9,
    NewElement = 12,
    GetElement = 13,
    DeleteElement = 14,
    GetGeneration = 16,
}

/// Where a chain is called by the kernel.
pub(super) struct Hook {
    /// `filter` or `nat`.
    pub(super) kind: &'static str,
    /// `NF_INET_…` (linux/netfilter.h).
    pub(super) number: u32,
    /// Lower ones come first.
    pub(super) priority: i32,
}

/// A message about `family`.
pub(super) fn message(kind: Kind, flags: u16, family: u8, attrs: Attrs) -> Message {
    let mut body = vec![family, 0, 0, 0];
    body.extend(attrs.into_bytes());
    Message { kind: SUBSYSTEM << 8 | kind as u16, flags, body, answered: flags & DUMP != DUMP }
}

/// The begin of a transaction; of one that is to fail with [`CHANGED`] if the rules are of another generation by then.
pub(super) fn begin(generation: Option<u32>) -> Message {
    /// `NFNL_BATCH_GENID`.
    const GENERATION: u16 = 1;
    frame(BEGIN, generation.map_or_else(Attrs::new, |id| Attrs::new().number(GENERATION, id)))
}

/// Its end.
pub(super) fn end() -> Message {
    frame(END, Attrs::new())
}

fn frame(kind: u16, attrs: Attrs) -> Message {
    let [high, low] = SUBSYSTEM.to_be_bytes();
    let mut body = vec![0, 0, high, low];
    body.extend(attrs.into_bytes());
    Message { kind, flags: 0, body, answered: false }
}

/// A question for the generation of all rules of the host: a number that every transaction changes.
pub(super) fn get_generation() -> Message {
    message(Kind::GetGeneration, 0, 0, Attrs::new())
}

/// The number in the answer.
pub(super) fn generation(answer: &Message) -> Option<u32> {
    let (_, value) = attributes(answer.body.get(HEAD..)?).find(|(kind, _)| *kind == 1)?;
    Some(u32::from_be_bytes(*value.first_chunk()?))
}

/// A table, to be made or deleted.
pub(super) fn table(kind: Kind, flags: u16, name: &str) -> Message {
    message(kind, flags, INET, Attrs::new().text(1, name))
}

/// A chain.
pub(super) fn chain(table: &str, name: &str, hook: Option<&Hook>) -> Message {
    /// `NF_ACCEPT`: what meets no rule goes on.
    const ACCEPT: u32 = 1;
    let mut attrs = Attrs::new().text(1, table).text(3, name);
    if let Some(hook) = hook {
        let at = Attrs::new().number(1, hook.number).bytes(2, &hook.priority.to_be_bytes());
        attrs = attrs.nest(4, at).number(5, ACCEPT).text(7, hook.kind);
    }
    message(Kind::NewChain, CREATE, INET, attrs)
}

/// A question for a chain of that name.
pub(super) fn get_chain(family: u8, table: &str, name: &str) -> Message {
    message(Kind::GetChain, 0, family, Attrs::new().text(1, table).text(3, name))
}

/// A rule at the end of a chain.
pub(super) fn rule(table: &str, chain: &str, rule: Rule) -> Message {
    let (expressions, comment) = rule.parts();
    let attrs = Attrs::new().text(1, table).text(2, chain).nest(4, expressions);
    let attrs = comment.into_iter().fold(attrs, |attrs, bytes| attrs.bytes(7, &bytes));
    message(Kind::NewRule, CREATE | APPEND, INET, attrs)
}

/// A question for all rules of a chain, or the deletion of all of them.
pub(super) fn rules(kind: Kind, flags: u16, table: &str, chain: &str) -> Message {
    message(kind, flags, INET, Attrs::new().text(1, table).text(2, chain))
}
