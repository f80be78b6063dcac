//! What Windows' network service does, as far as longshore can tell without Windows: objects by id, the codes of their
//! errors, ports and addresses that are given once. Pure; knows no pointer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::shape::{self, Shape, misfit};

const NETWORK_NOT_FOUND: u32 = 0x803B_0001;
const ENDPOINT_NOT_FOUND: u32 = 0x803B_0002;
const POLICY_NOT_FOUND: u32 = 0x803B_0008;
const NETWORK_ALREADY_EXISTS: u32 = 0x803B_0010;
const ENDPOINT_ALREADY_ATTACHED: u32 = 0x803B_0014;
const INVALID_JSON: u32 = 0x803B_001B;
const INVALID_IP: u32 = 0x803B_001E;
const ENTITY_HAS_REFERENCES: u32 = 0x803B_002C;
const SHARING_VIOLATION: u32 = 0x8007_0020;
const INVALID_HANDLE: u32 = 0x8007_0006;
const NOT_FOUND: u32 = 0x8007_0490;

/// A kind of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    Network,
    Endpoint,
    Namespace,
}

impl Kind {
    const fn missing(self) -> u32 {
        match self {
            Self::Network => NETWORK_NOT_FOUND,
            Self::Endpoint => ENDPOINT_NOT_FOUND,
            Self::Namespace => NOT_FOUND,
        }
    }

    const fn shape(self) -> Shape {
        match self {
            Self::Network => shape::NETWORK,
            Self::Endpoint => shape::ENDPOINT,
            Self::Namespace => shape::NAMESPACE,
        }
    }
}

/// Why a call fails.
pub(crate) struct Failure {
    pub(crate) code: u32,
    words: String,
}

impl From<u32> for Failure {
    fn from(code: u32) -> Self {
        Self { code, words: format!("0x{code:08x}") }
    }
}

impl Failure {
    /// Its record.
    pub(crate) fn record(&self) -> String {
        json!({ "Success": false, "Error": self.words, "ErrorCode": self.code }).to_string()
    }
}

type Done<T = ()> = Result<T, Failure>;

/// All there is.
#[derive(Default)]
pub(crate) struct World {
    objects: BTreeMap<(Kind, String), Map<String, Value>>,
    handles: Vec<Option<(Kind, String)>>,
    faults: Vec<String>,
    injected: BTreeMap<String, (u32, u32)>,
}

/// What worlds in several processes share.
pub(crate) type Objects = Vec<((Kind, String), Map<String, Value>)>;

impl World {
    /// What others are to see.
    pub(crate) fn objects(&self) -> Objects {
        self.objects.clone().into_iter().collect()
    }

    /// Takes over what others have made of it.
    pub(crate) fn adopt(&mut self, objects: Objects) {
        self.objects = objects.into_iter().collect();
    }

    /// What was done here that Windows does not forgive.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The next calls of this name fail so often.
    pub(crate) fn inject(&mut self, call: &str, code: u32, times: u32) {
        self.injected.insert(call.to_owned(), (code, times));
    }

    /// What is wrong with a call, if a failure was injected there.
    pub(crate) fn injected(&mut self, call: &str) -> Done {
        match self.injected.get_mut(call) {
            Some((code, times)) if *times > 0 => {
                *times -= 1;
                Err((*code).into())
            }
            _ => Ok(()),
        }
    }

    /// Everything that is there.
    pub(crate) fn dump(&self) -> String {
        let of = |kind| self.objects.iter().filter(move |((other, _), _)| *other == kind).map(|(_, object)| object);
        let list = |kind| Value::from(of(kind).cloned().map(Value::from).collect::<Vec<_>>());
        json!({
            "Networks": list(Kind::Network), "Endpoints": list(Kind::Endpoint), "Namespaces": list(Kind::Namespace),
            "Handles": self.handles.iter().flatten().count(), "Faults": self.faults,
        })
        .to_string()
    }

    /// Ids only, as the service has it; the filter counts.
    pub(crate) fn enumerate(&mut self, kind: Kind, query: &str) -> Done<String> {
        let query = document(query, &shape::QUERY)?;
        let filter = query.get("Filter").and_then(Value::as_str).unwrap_or("{}");
        let filter: Map<String, Value> = serde_json::from_str(filter).map_err(|_| Failure::from(INVALID_JSON))?;
        let fits = |object: &Map<String, Value>| {
            filter.iter().all(|(name, value)| {
                let name = if name == "VirtualNetwork" { "HostComputeNetwork" } else { name };
                object.get(name) == Some(value)
            })
        };
        let ids = self.objects.iter().filter(|((of, _), object)| *of == kind && fits(object));
        let ids: Vec<_> = ids.map(|((_, id), _)| id.to_uppercase()).collect();
        Ok(json!(ids).to_string())
    }

    /// Makes an object, and opens it.
    pub(crate) fn create(&mut self, kind: Kind, id: &str, network: Option<usize>, text: &str) -> Done<usize> {
        let mut object = document(text, &kind.shape())?;
        let key = (kind, id.to_owned());
        if self.objects.contains_key(&key) {
            return Err(NETWORK_ALREADY_EXISTS.into());
        }
        object.insert("ID".into(), id.into());
        if let Some(network) = network {
            let network = self.at(network, "HcnCreateEndpoint")?.1;
            if object.get("HostComputeNetwork").is_some_and(|told| *told != Value::from(network.as_str())) {
                return Err(INVALID_JSON.into());
            }
            self.place(&mut object, &network)?;
        }
        self.objects.insert(key.clone(), object);
        Ok(self.open_key(key))
    }

    /// Refuses ports that another endpoint has.
    fn check_ports(&self, object: &Map<String, Value>) -> Done {
        for mapping in mappings(object)? {
            let has = |other: &Map<String, Value>| mappings(other).is_ok_and(|all| all.contains(&mapping));
            if self.objects.values().any(has) {
                return Err(SHARING_VIOLATION.into());
            }
        }
        Ok(())
    }

    /// Gives an endpoint its addresses; refuses ports that another has.
    fn place(&self, object: &mut Map<String, Value>, network: &str) -> Done {
        self.check_ports(object)?;
        let network = &self.objects[&(Kind::Network, network.to_owned())];
        let prefix = network["Ipams"][0]["Subnets"][0]["IpAddressPrefix"].as_str().unwrap_or("0.0.0.0/0").to_owned();
        for address in object.get("IpConfigurations").and_then(Value::as_array).into_iter().flatten() {
            if !is_inside(address["IpAddress"].as_str().unwrap_or_default(), &prefix) {
                return Err(INVALID_IP.into());
            }
        }
        object.entry("MacAddress").or_insert_with(|| "00-15-5D-10-00-01".into());
        Ok(())
    }

    pub(crate) fn open(&mut self, kind: Kind, id: &str) -> Done<usize> {
        let key = (kind, id.to_owned());
        if self.objects.contains_key(&key) { Ok(self.open_key(key)) } else { Err(kind.missing().into()) }
    }

    fn open_key(&mut self, key: (Kind, String)) -> usize {
        self.handles.push(Some(key));
        // Never null, and never used again.
        self.handles.len()
    }

    fn at(&mut self, handle: usize, call: &str) -> Done<(Kind, String)> {
        match handle.checked_sub(1).and_then(|at| self.handles.get(at)) {
            Some(Some(key)) => Ok(key.clone()),
            _ => {
                self.faults.push(format!("{call} on a handle that is not open"));
                Err(INVALID_HANDLE.into())
            }
        }
    }

    pub(crate) fn close(&mut self, handle: usize, call: &str) -> Done {
        self.at(handle, call)?;
        self.handles[handle - 1] = None;
        Ok(())
    }

    /// What an object is like: what is zero is left out, the first of all kinds of networks, too.
    pub(crate) fn query(&mut self, handle: usize, call: &str, query: &str) -> Done<String> {
        document(query, &shape::QUERY)?;
        let key = self.at(handle, call)?;
        let mut object = self.objects.get(&key).cloned().ok_or_else(|| Failure::from(key.0.missing()))?;
        object.retain(|_, value| *value != json!(0));
        if object.get("Type") == Some(&json!("NAT")) {
            object.remove("Type");
        }
        Ok(Value::from(object).to_string())
    }

    /// Puts an endpoint into a namespace, or takes it out.
    pub(crate) fn modify(&mut self, handle: usize, text: &str) -> Done {
        let change = document(text, &shape::CHANGE)?;
        let key = self.at(handle, "HcnModifyNamespace")?;
        let id = change["Settings"]["EndpointId"].as_str().ok_or(INVALID_JSON)?.to_owned();
        if !self.objects.contains_key(&(Kind::Endpoint, id.clone())) {
            return Err(ENDPOINT_NOT_FOUND.into());
        }
        let resource = json!({ "Type": "Endpoint", "Data": { "ID": id } });
        let is_attached = |object: &Map<String, Value>| resources(object).contains(&resource);
        if change["RequestType"] == "Add" && self.objects.values().any(is_attached) {
            return Err(ENDPOINT_ALREADY_ATTACHED.into());
        }
        let namespace = self.objects.get_mut(&key).ok_or(NOT_FOUND)?;
        let mut resources = resources(namespace);
        if change["RequestType"] == "Add" {
            resources.push(resource);
        } else {
            resources.retain(|other| *other != resource);
        }
        namespace.insert("Resources".into(), resources.into());
        Ok(())
    }

    /// Adds policies to an endpoint, or takes those away that say the same.
    pub(crate) fn change(&mut self, handle: usize, text: &str) -> Done {
        let change = document(text, &shape::CHANGE)?;
        let key = self.at(handle, "HcnModifyEndpoint")?;
        if change["ResourceType"] != "Policy" {
            return Err(INVALID_JSON.into());
        }
        let policies = change["Settings"]["Policies"].as_array().cloned().unwrap_or_default();
        let mut object = self.objects.get(&key).cloned().ok_or(ENDPOINT_NOT_FOUND)?;
        let mut has = object.get("Policies").and_then(Value::as_array).cloned().unwrap_or_default();
        match change["RequestType"].as_str() {
            Some("Add") => {
                let wanted = Map::from_iter([("Policies".to_owned(), Value::from(policies.clone()))]);
                self.check_ports(&wanted)?;
                has.extend(policies);
            }
            Some("Remove") if policies.iter().all(|policy| has.contains(policy)) => {
                has.retain(|policy| !policies.contains(policy));
            }
            Some("Remove") => return Err(POLICY_NOT_FOUND.into()),
            _ => return Err(INVALID_JSON.into()),
        }
        object.insert("Policies".into(), has.into());
        self.objects.insert(key, object);
        Ok(())
    }

    pub(crate) fn delete(&mut self, kind: Kind, id: &str) -> Done {
        let in_it = |object: &Map<String, Value>| object.get("HostComputeNetwork") == Some(&json!(id));
        if kind == Kind::Network && self.objects.values().any(in_it) {
            return Err(ENTITY_HAS_REFERENCES.into());
        }
        self.objects.remove(&(kind, id.to_owned())).ok_or_else(|| Failure::from(kind.missing()))?;
        let resource = json!({ "Type": "Endpoint", "Data": { "ID": id } });
        for object in self.objects.values_mut() {
            if let Some(Value::Array(all)) = object.get_mut("Resources") {
                all.retain(|other| *other != resource);
            }
        }
        Ok(())
    }
}

fn document(text: &str, shape: &Shape) -> Done<Map<String, Value>> {
    let bad = |words: String| Failure { code: INVALID_JSON, words };
    let value: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    match (misfit(&value, shape, "$"), value) {
        (None, Value::Object(object)) => Ok(object),
        (path, _) => Err(bad(format!("Invalid JSON document '{}'", path.unwrap_or_default()))),
    }
}

fn resources(object: &Map<String, Value>) -> Vec<Value> {
    object.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Protocol and host port of what an endpoint publishes.
fn mappings(object: &Map<String, Value>) -> Done<Vec<(Value, Value)>> {
    let mut all = Vec::new();
    for policy in object.get("Policies").and_then(Value::as_array).into_iter().flatten() {
        if policy["Type"] == "ACL"
            && let Some(path) = misfit(&policy["Settings"], &shape::ACL, "$.Policies.Settings")
        {
            return Err(Failure { code: INVALID_JSON, words: format!("Invalid JSON document '{path}'") });
        }
        if policy["Type"] == "PortMapping" {
            if let Some(path) = misfit(&policy["Settings"], &shape::MAPPING, "$.Policies.Settings") {
                return Err(Failure { code: INVALID_JSON, words: format!("Invalid JSON document '{path}'") });
            }
            all.push((policy["Settings"]["Protocol"].clone(), policy["Settings"]["ExternalPort"].clone()));
        }
    }
    Ok(all)
}

fn is_inside(address: &str, prefix: &str) -> bool {
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().map(u32::from).ok();
    let Some((range, bits)) = prefix.split_once('/') else { return false };
    let Ok(bits @ 0..=32) = bits.parse::<u32>() else { return false };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
    matches!((number(address), number(range)), (Some(one), Some(range)) if one & mask == range & mask)
}
