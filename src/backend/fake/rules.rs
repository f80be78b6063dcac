//! NAT and firewall of a fake engine, derived from its ports and networks. Knows no script but the call it is.

use async_trait::async_trait;

use super::{Call, FakeEngine};
use crate::{
    backend::{EngineError, NatTable, Result, Rules, derive},
    model::{Explanation, Firewall, Nat, Packet},
};

/// Why the rules are not the host's.
const FAKE: &str = "a fake engine has no host";

#[async_trait]
impl NatTable for FakeEngine {
    async fn nat(&self) -> Result<Nat> {
        self.call(Call::Nat, "", |world, _| {
            let nat = derive::nat(&world.all_containers(), &world.all_networks(), FAKE);
            let sessions_hidden = nat.sessions_hidden.filter(|_| world.nat_sessions.is_empty());
            Ok(Nat { sessions: world.nat_sessions.clone(), sessions_hidden, ..nat })
        })
        .await
    }
}

#[async_trait]
impl Rules for FakeEngine {
    async fn firewall(&self) -> Result<Firewall> {
        self.call(Call::Firewall, "", |world, _| {
            let derived = || derive::firewall(&world.all_containers(), &world.all_networks(), FAKE);
            Ok(world.rules.as_ref().map_or_else(derived, |(rules, _)| rules.clone()))
        })
        .await
    }

    async fn explain(&self, packet: &Packet) -> Result<Explanation> {
        self.call(Call::Explain, &packet.to_string(), |world, tried| match &world.rules {
            Some((_, explanation)) => Ok(explanation.clone()),
            None => Err(EngineError::Unsupported { tried: tried.to_owned(), why: FAKE.to_owned() }),
        })
        .await
    }
}
