//! Networks of Windows' own service, made and taken away by its calls. Knows the service as a trait, and no DLL.
//!
//! What is made is found again by its id, which follows from what it is made for; what belongs to others is used and
//! never taken away.

mod live;

use std::{thread, time::Duration};

pub use live::{connect, disconnect, hold, policies, publish, unpublish};

use crate::{
    model::{ContainerId, Net, NetworkId},
    runtime::{
        Result, RuntimeError,
        document::{
            BridgePlan, MappingPlan, NetworkPlan,
            guid::Guid,
            hcn::{self, Call, Code, Endpoint, Ground, Heard, Holders, Namespace, Network, Record, Resource, Way, ids},
        },
    },
};

/// Times that a service which is starting is asked again.
const TRIES: u32 = 30;
/// Between two of them, as WSL waits.
pub const PAUSE: Duration = Duration::from_millis(100);

/// Why the service did not do what it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The number that the call gave.
    pub number: u32,
    /// What else it said.
    pub record: Option<Record>,
}

impl Failure {
    /// What it means.
    pub fn code(&self) -> Code {
        let told = self.record.as_ref().map(|record| record.error_code).filter(|code| *code != 0);
        Code::of(told.unwrap_or(self.number))
    }

    pub(crate) fn trying(&self, tried: impl Into<String>) -> RuntimeError {
        hcn::trouble(tried, self.number, self.record.as_ref(), &[], Holders::default())
    }
}

/// Windows' network service. Every call blocks.
pub trait NetworkService: Send + Sync {
    /// All networks, whoever made them; what vanishes meanwhile is left out, here and below.
    ///
    /// # Errors
    /// What the service says.
    fn networks(&self) -> std::result::Result<Vec<Network>, Failure>;
    /// All endpoints.
    ///
    /// # Errors
    /// What the service says.
    fn endpoints(&self) -> std::result::Result<Vec<Endpoint>, Failure>;
    /// All namespaces.
    ///
    /// # Errors
    /// What the service says.
    fn namespaces(&self) -> std::result::Result<Vec<Namespace>, Failure>;
    /// Makes a network.
    ///
    /// # Errors
    /// What the service says.
    fn create_network(&self, id: Guid, network: &Network) -> std::result::Result<(), Failure>;
    /// Takes a network away.
    ///
    /// # Errors
    /// What the service says, also that there is none.
    fn delete_network(&self, id: Guid) -> std::result::Result<(), Failure>;
    /// Makes a call.
    ///
    /// # Errors
    /// What the service says, also that there is nothing to take away.
    fn call(&self, call: &Call) -> std::result::Result<(), Failure>;
}

/// Sees to it that there is a network for `bridge`; gives the one that is used for it. A service that is starting is
/// waited for, `pause` long each time.
///
/// # Errors
/// `Conflict` when somebody else's must be used and has another range; `Invalid` for what Windows lacks; what the
/// service says.
pub fn ensure(service: &dyn NetworkService, bridge: &BridgePlan, pause: Duration) -> Result<Guid> {
    let tried = || format!("make the network {}", bridge.network.short());
    if bridge.subnet6.is_some() && !bridge.internal {
        return Err(RuntimeError::Invalid { tried: tried(), why: "Windows translates no IPv6".into() });
    }
    let mut tries = 0;
    loop {
        let failure = match ensured(service, bridge) {
            Ok((id, None)) => return Ok(id),
            Ok((_, Some(why))) => return Err(RuntimeError::Conflict { tried: tried(), why }),
            Err(failure) => failure,
        };
        tries += 1;
        // Somebody else may have been quicker: then it is there now.
        let may_pass = failure.code().may_pass() || failure.code() == Code::Exists;
        if !may_pass || tries >= TRIES {
            return Err(failure.trying(tried()));
        }
        thread::sleep(pause);
    }
}

/// The network, and what is wrong with it.
fn ensured(service: &dyn NetworkService, bridge: &BridgePlan) -> std::result::Result<(Guid, Option<String>), Failure> {
    let there = service.networks()?;
    match hcn::way(bridge, &there) {
        Way::Adopt(id) => Ok((id, there.iter().find(|network| network.id == Some(id)).and_then(|n| misfit(n, bridge)))),
        Way::Create(id, network) => service.create_network(id, &network).map(|()| (id, None)),
    }
}

/// Why the addresses of `bridge` are none of `network`, if they are not.
fn misfit(network: &Network, bridge: &BridgePlan) -> Option<String> {
    let (range, _) = network.range()?;
    let differs = Net::parse(range).zip(Net::parse(&bridge.subnet)).is_some_and(|(there, ours)| there != ours);
    let name = crate::model::text::clean(&network.name);
    differs.then(|| {
        format!(
            "Windows translates one range only, and that is `{range}` of the network `{name}`, not `{}`",
            bridge.subnet
        )
    })
}

/// The range that Windows translates, and the address that leads out of it; `None` while there is none.
///
/// # Errors
/// What the service says.
pub fn translated(service: &dyn NetworkService) -> Result<Option<(Net, Option<std::net::IpAddr>)>> {
    let there = service.networks().map_err(|failure| failure.trying("list the networks of Windows"))?;
    let range = hcn::translating(&there).and_then(Network::range);
    Ok(range.and_then(|(range, out)| Some((Net::parse(range)?, out.and_then(|out| out.parse().ok())))))
}

/// Takes away the network that was made for one of ours; no error when there is none. A network that was only used is
/// left alone: it has another id.
///
/// # Errors
/// What the service says.
pub fn remove(service: &dyn NetworkService, network: &NetworkId) -> Result<()> {
    gone(service.delete_network(ids::network(network)))
        .map_err(|failure| failure.trying(format!("remove the network {}", network.short())))
}

/// Gives a container its place in networks; takes back what was made when a step fails. `listeners` tells who else may
/// have a port: asked only for a message.
///
/// # Errors
/// `Conflict` for a port that somebody has, and what else the service says.
pub fn attach(
    service: &dyn NetworkService,
    id: &ContainerId,
    plan: &NetworkPlan,
    ground: &Ground<'_>,
    listeners: &dyn Fn() -> Vec<Heard>,
) -> Result<()> {
    all_or_nothing(service, &hcn::attach(id, plan, ground)?).map_err(|refusal| {
        let (call, failure) = *refusal;
        let tried = format!("connect `{}` to its networks", id.short());
        refused(service, tried, &published(plan, &call), &failure, listeners)
    })
}

/// Makes calls one after another; takes back those that were made when one fails, and gives that one.
fn all_or_nothing(service: &dyn NetworkService, calls: &[Call]) -> std::result::Result<(), Box<(Call, Failure)>> {
    for (at, call) in calls.iter().enumerate() {
        if let Err(failure) = service.call(call) {
            let done = calls[..at].iter().rev().filter_map(Call::undo);
            // A call that has failed may have left something all the same.
            for undo in call.undo().into_iter().chain(done) {
                if let Err(failure) = gone(service.call(&undo)) {
                    tracing::warn!(?undo, ?failure, "a step cannot be taken back");
                }
            }
            return Err(Box::new((call.clone(), failure)));
        }
    }
    Ok(())
}

/// What it means that a call was refused which publishes these ports.
fn refused(
    service: &dyn NetworkService,
    tried: String,
    ports: &[MappingPlan],
    failure: &Failure,
    listeners: &dyn Fn() -> Vec<Heard>,
) -> RuntimeError {
    if ports.is_empty() {
        return failure.trying(tried);
    }
    let (endpoints, listeners) = (service.endpoints().unwrap_or_default(), listeners());
    let holders = Holders { endpoints: &endpoints, listeners: &listeners };
    hcn::trouble(tried, failure.number, failure.record.as_ref(), ports, holders)
}

/// The ports that a call publishes.
fn published(plan: &NetworkPlan, call: &Call) -> Vec<MappingPlan> {
    let (NetworkPlan::Own { mappings, .. }, Call::CreateEndpoint(_, endpoint)) = (plan, call) else {
        return Vec::new();
    };
    let is_its = |mapping: &&MappingPlan| endpoint.ports().any(|port| port.external_port == mapping.host_port);
    mappings.iter().filter(is_its).cloned().collect()
}

/// Takes a container's place in networks away: every step, whatever becomes of the others.
///
/// # Errors
/// The first that failed for another reason than that there is nothing left.
pub fn detach(service: &dyn NetworkService, id: &ContainerId, plan: &NetworkPlan) -> Result<()> {
    let tried = || format!("disconnect `{}` from its networks", id.short());
    all_gone(service, &hcn::detach(id, plan)).map_err(|failure| failure.trying(tried()))
}

/// Makes every call, whatever becomes of the others; gives the first that failed.
fn all_gone(service: &dyn NetworkService, calls: &[Call]) -> std::result::Result<(), Failure> {
    calls.iter().map(|call| gone(service.call(call))).fold(Ok(()), std::result::Result::and)
}

/// Takes away endpoints of the engine with this mark whose container is not `alive`, and their namespaces.
///
/// # Errors
/// That the service cannot be asked; what cannot be taken away is logged.
pub fn sweep(service: &dyn NetworkService, mark: &str, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
    let tried = "look for what is left of containers in networks";
    let namespaces = service.namespaces().map_err(|failure| failure.trying(tried))?;
    for endpoint in service.endpoints().map_err(|failure| failure.trying(tried))? {
        let (Some(owner), Some(id)) = (hcn::owner_of(mark, &endpoint.name), endpoint.id) else { continue };
        if alive(&owner) {
            continue;
        }
        let holds = |namespace: &&Namespace| namespace.resources.contains(&Resource::Endpoint { id });
        let namespace = namespaces.iter().find(holds).and_then(|namespace| namespace.id);
        for call in [Some(Call::DeleteEndpoint(id)), namespace.map(Call::DeleteNamespace)].into_iter().flatten() {
            if let Err(failure) = gone(service.call(&call)) {
                tracing::warn!(?call, ?failure, "what is left of a container stays");
            }
        }
    }
    Ok(())
}

/// Nothing to take away is as good as taken away.
fn gone(done: std::result::Result<(), Failure>) -> std::result::Result<(), Failure> {
    match done {
        Err(failure) if failure.code() == Code::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
