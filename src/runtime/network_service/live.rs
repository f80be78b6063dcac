//! What changes of a container's place in networks while it runs: links, published ports, rules. Knows the service as a
//! trait, and no DLL.

use super::{Failure, NetworkService, all_gone, all_or_nothing, gone, refused};
use crate::{
    model::{ContainerId, NetworkId},
    runtime::{
        Result, RuntimeError,
        document::{
            LinkPlan, MappingPlan, RuleScope,
            guid::Guid,
            hcn::{self, Call, Change, Code, Endpoint, Ground, Heard, Policy, acl, ids, owner_of},
        },
        host::Applied,
    },
};

/// Adds a link to a container that has a namespace; takes it back when a step fails.
///
/// # Errors
/// What the service says.
pub fn connect(service: &dyn NetworkService, id: &ContainerId, link: &LinkPlan, ground: &Ground<'_>) -> Result<()> {
    all_or_nothing(service, &hcn::join(id, link, &[], ground)?)
        .map_err(|refusal| refusal.1.trying(format!("connect `{}` to the network `{}`", id.short(), link.network_name)))
}

/// Takes a link away; no error when it is not there.
///
/// # Errors
/// What the service says.
pub fn disconnect(service: &dyn NetworkService, id: &ContainerId, link: &LinkPlan) -> Result<()> {
    let tried = || format!("disconnect `{}` from the network `{}`", id.short(), link.network_name);
    all_gone(service, &hcn::leave(id, &link.network)).map_err(|failure| failure.trying(tried()))
}

/// Publishes a port of a container that runs.
///
/// # Errors
/// `Conflict` for a port that somebody has; `Invalid` for one that this Windows cannot publish; what the service says.
pub fn publish(
    service: &dyn NetworkService,
    id: &ContainerId,
    mapping: &MappingPlan,
    listeners: &dyn Fn() -> Vec<Heard>,
) -> Result<()> {
    let tried = || format!("publish port {}/{} of `{}`", mapping.host_port, mapping.protocol, id.short());
    let policy = hcn::port(mapping)?;
    let endpoint = with_address(service, id, mapping).map_err(|failure| failure.trying(tried()))?;
    let endpoint = endpoint.ok_or_else(|| RuntimeError::NotFound {
        tried: tried(),
        why: format!("it has no place in a network with the address {}", mapping.address),
    })?;
    let call = Call::ModifyEndpoint(endpoint, Change::add(&[policy]));
    service.call(&call).map_err(|failure| match failure.code() {
        Code::Unsupported => RuntimeError::Invalid {
            tried: tried(),
            why: "this Windows publishes ports only when a container starts: stop it first".into(),
        },
        _ => refused(service, tried(), std::slice::from_ref(mapping), &failure, listeners),
    })
}

/// Ends that; no error when it is not published.
///
/// # Errors
/// What the service says.
pub fn unpublish(service: &dyn NetworkService, id: &ContainerId, mapping: &MappingPlan) -> Result<()> {
    let tried = || format!("end publishing port {}/{} of `{}`", mapping.host_port, mapping.protocol, id.short());
    let policy = hcn::port(mapping)?;
    let failed = |failure: Failure| failure.trying(tried());
    let endpoints = service.endpoints().map_err(failed)?;
    let network = |endpoint: &Endpoint| has_address(endpoint, mapping) && endpoint.policies.contains(&policy);
    let Some(endpoint) = endpoints.iter().filter(|endpoint| is_of(endpoint, id)).find(|one| network(one)) else {
        return Ok(());
    };
    let Some(endpoint) = endpoint.id else { return Ok(()) };
    gone(service.call(&Call::ModifyEndpoint(endpoint, Change::take_away(&[policy])))).map_err(failed)
}

fn with_address(
    service: &dyn NetworkService,
    id: &ContainerId,
    mapping: &MappingPlan,
) -> std::result::Result<Option<Guid>, Failure> {
    let endpoints = service.endpoints()?;
    let found = endpoints.iter().find(|endpoint| is_of(endpoint, id) && has_address(endpoint, mapping));
    Ok(found.and_then(|endpoint| endpoint.id))
}

/// Whether an endpoint is one of this container's, by the name that only we give.
fn is_of(endpoint: &Endpoint, id: &ContainerId) -> bool {
    endpoint.name.split('-').any(|part| part == id.as_str())
}

fn has_address(endpoint: &Endpoint, mapping: &MappingPlan) -> bool {
    let address = mapping.address.to_string();
    endpoint.ip_configurations.iter().any(|config| config.ip_address == address)
}

/// The rules that hold for a container in a network, the first that fits first.
pub fn policies(rules: &[Applied], id: &ContainerId, is_in: impl Fn(&NetworkId) -> bool) -> Vec<Policy> {
    let holds = |applied: &&Applied| match &applied.scope {
        RuleScope::Container(container) => container == id,
        RuleScope::Network(network) => is_in(network),
    };
    let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    let held = rules.iter().filter(holds).enumerate();
    held.map(|(at, applied)| Policy::Acl(acl(&applied.rule, place(at)))).collect()
}

/// Makes these the rules of all endpoints of the engine with this mark. New ones come before old ones go, so that
/// nothing passes meanwhile that neither lets pass.
///
/// # Errors
/// The first that failed; all endpoints are tried.
pub fn hold(service: &dyn NetworkService, mark: &str, rules: &[Applied]) -> Result<()> {
    let tried = "apply the firewall's rules";
    let mut first = Ok(());
    for endpoint in service.endpoints().map_err(|failure| failure.trying(tried))? {
        let (Some(owner), Some(id)) = (owner_of(mark, &endpoint.name), endpoint.id) else { continue };
        let wanted = policies(rules, &owner, |network| ids::endpoint(&owner, network) == id);
        first = first.and(held(service, id, &endpoint, &wanted));
    }
    first.map_err(|failure| failure.trying(tried))
}

fn held(
    service: &dyn NetworkService,
    id: Guid,
    endpoint: &Endpoint,
    wanted: &[Policy],
) -> std::result::Result<(), Failure> {
    let has: Vec<_> = endpoint.policies.iter().filter(|policy| matches!(policy, Policy::Acl(_))).cloned().collect();
    let less = |all: &[Policy], other: &[Policy]| -> Vec<Policy> {
        all.iter().filter(|policy| !other.contains(policy)).cloned().collect()
    };
    let (new, old) = (less(wanted, &has), less(&has, wanted));
    let changes = [(new, Change::add as fn(&[Policy]) -> Change), (old, Change::take_away)];
    let changes = changes.into_iter().filter(|(policies, _)| !policies.is_empty());
    for (policies, change) in changes {
        // A container that ends meanwhile has no rules any more.
        gone(service.call(&Call::ModifyEndpoint(id, change(&policies))))?;
    }
    Ok(())
}
