//! A table of nftables of our own, written over netlink in transactions. Knows neither links nor the database.
//!
//! | room | subject |
//! |---|---|
//! | `attr` | attributes as netlink has them |
//! | `expr` | rules as rows of expressions |
//! | `message` | tables, chains, rules, sets, elements |
//! | `skeleton` | the chains that are always there |
//! | `sets` | what changes while containers come and go |
//! | `filter` | rules that people make |
//!
//! Chains never change while containers come and go: what does are elements of sets and maps, so that a port is
//! published in microseconds and two monitors never get in each other's way.

mod attr;
mod expr;
mod filter;
mod message;
mod sets;
mod skeleton;
#[cfg(test)]
mod tests;

use std::io;

use rustix::io::Errno;

pub(super) use attr::Attrs;
pub(super) use expr::number as number_of;
pub(super) use filter::comment_of;
pub(super) use message::{INET, IPV4, IPV6};
pub(super) use sets::{Element, Set};

use super::network::netlink::{Message, Netlink, Refused};
use crate::runtime::host::Applied;

/// One of our tables, for IPv4 and IPv6.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    /// Opened when it is needed first.
    netlink: Option<Netlink>,
}

impl Table {
    /// The table of that name, in the namespace of the thread that uses it first.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.into(), netlink: None }
    }

    /// Whether it is there, with the chains of this version.
    pub(super) fn is_current(&mut self) -> Result<bool, Refused> {
        let question = skeleton::version(&self.name);
        let found = self.netlink()?.ask(question);
        found.map(|_| true).or_else(|refused| if refused.is(Errno::NOENT) { Ok(false) } else { Err(refused) })
    }

    /// Makes it, without an element; does nothing when somebody else has made it meanwhile.
    pub(super) fn make(&mut self) -> Result<(), Refused> {
        match self.commit(skeleton::make(&self.name)) {
            Err(refused) if refused.is(Errno::EXIST) => Ok(()),
            result => result,
        }
    }

    /// Puts it in place of one of another version.
    pub(super) fn replace(&mut self) -> Result<(), Refused> {
        self.commit(skeleton::replace(&self.name))
    }

    /// Takes it away if it has no network any more, and nobody changes anything meanwhile.
    pub(super) fn remove_if_empty(&mut self) -> Result<(), Refused> {
        let generation = self.netlink()?.ask(message::get_generation())?.iter().find_map(message::generation);
        if !self.elements(Set::Bridges)?.is_empty() {
            return Ok(());
        }
        let mut framed = vec![message::begin(generation)];
        framed.extend(skeleton::remove(&self.name));
        framed.push(message::end());
        match self.netlink()?.run(&framed) {
            // Somebody has changed something: whether it is still empty is for the next to see.
            Err(refused) if refused.code == message::CHANGED => Ok(()),
            result => result,
        }
    }

    /// Changes elements in one transaction: first those that go, then those that come. Makes the table where needed.
    ///
    /// # Errors
    /// `EEXIST` when one that comes is there already and is not `shared`; `ENOENT` when one that goes is not there.
    pub(super) fn change(&mut self, gone: &[Element], come: &[Element], shared: bool) -> Result<(), Refused> {
        let all = || {
            let mut all = sets::delete(&self.name, gone);
            all.extend(sets::add(&self.name, come, shared));
            all
        };
        if gone.is_empty() && come.is_empty() {
            return Ok(());
        }
        let messages = all();
        match self.commit(messages.clone()) {
            Err(refused) if refused.is(Errno::NOENT) && gone.is_empty() => {
                self.make()?;
                self.commit(messages)
            }
            result => result,
        }
    }

    /// The elements of a set; none where there is no table.
    fn elements(&mut self, set: Set) -> Result<Vec<Element>, Refused> {
        let question = sets::dump(&self.name, set);
        match self.netlink()?.ask(question) {
            Ok(answers) => Ok(answers.iter().flat_map(|answer| sets::read(set, answer)).collect()),
            Err(refused) if refused.is(Errno::NOENT) => Ok(Vec::new()),
            Err(refused) => Err(refused),
        }
    }

    /// The elements of several.
    pub(super) fn all(&mut self, sets: &[Set]) -> Result<Vec<Element>, Refused> {
        let mut all = Vec::new();
        for set in sets {
            all.extend(self.elements(*set)?);
        }
        Ok(all)
    }

    /// Makes these the rules that people have made, in one transaction.
    pub(super) fn filter(&mut self, rules: &[Applied]) -> Result<(), Refused> {
        let messages = filter::apply(&self.name, rules);
        match self.commit(messages.clone()) {
            Err(refused) if refused.is(Errno::NOENT) => {
                self.make()?;
                self.commit(messages)
            }
            result => result,
        }
    }

    /// Whether somebody's table has this chain.
    pub(super) fn has_chain(&mut self, family: u8, table: &str, chain: &str) -> bool {
        let question = message::get_chain(family, table, chain);
        self.netlink().is_ok_and(|netlink| netlink.ask(question).is_ok())
    }

    fn netlink(&mut self) -> io::Result<&mut Netlink> {
        Ok(match &mut self.netlink {
            Some(netlink) => netlink,
            none => none.insert(Netlink::netfilter()?),
        })
    }

    /// Sends these as one transaction.
    fn commit(&mut self, messages: Vec<Message>) -> Result<(), Refused> {
        let framed: Vec<_> =
            std::iter::once(message::begin(None)).chain(messages).chain(std::iter::once(message::end())).collect();
        self.netlink()?.run(&framed)
    }
}
