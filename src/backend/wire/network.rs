//! Networks as Docker spells them, both ways. Knows no transport.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    lenient::{Flag, Labels, Moment, Text},
    rows,
};
use crate::model::{Network, NetworkId, NetworkSpec, Subnet};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    name: Text,
    id: Text,
    created: Moment,
    scope: Text,
    driver: Text,
    #[serde(rename = "EnableIPv6")]
    ipv6: Flag,
    #[serde(rename = "IPAM")]
    ipam: Option<Ipam>,
    internal: Flag,
    options: Labels,
    labels: Labels,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    config: Option<Vec<Range>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Range {
    subnet: Text,
    gateway: Text,
}

/// Reads the answer to `GET /networks`. Who is in them is not told in it.
///
/// # Errors
/// When the answer is no list.
pub(crate) fn networks(body: &[u8]) -> serde_json::Result<Vec<Network>> {
    Ok(rows::<Row>(body)?.into_iter().map(network).collect())
}

fn network(row: Row) -> Network {
    Network {
        id: NetworkId::new(&row.id.0),
        name: row.name.0,
        // Docker's driver for a network that is none.
        driver: if row.driver.as_str() == "null" { "none".to_owned() } else { row.driver.0 },
        scope: row.scope.0,
        internal: row.internal.is_set(),
        ipv6: row.ipv6.is_set(),
        subnets: subnets(row.ipam),
        endpoints: Vec::new(),
        created: row.created.0,
        labels: row.labels.0,
        options: row.options.0,
    }
}

fn subnets(ipam: Option<Ipam>) -> Vec<Subnet> {
    let ranges = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnet = |range: Range| Some(Subnet { range: range.subnet.some()?, gateway: range.gateway.some() });
    let mut subnets: Vec<_> = ranges.into_iter().filter_map(subnet).collect();
    subnets.sort_by_key(|subnet| subnet.range.contains(':'));
    subnets
}

/// The body of `POST /networks/create`.
pub(crate) fn create_body(spec: &NetworkSpec) -> Value {
    let mut body = json!({
        "Name": spec.name,
        "Internal": spec.internal,
        "EnableIPv6": spec.ipv6,
        "Attachable": spec.attachable,
        "Labels": spec.labels,
    });
    if let Some(driver) = &spec.driver {
        body["Driver"] = json!(driver);
    }
    let fields = [("Subnet", &spec.subnet), ("Gateway", &spec.gateway)];
    let range: serde_json::Map<_, _> =
        fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?)))).collect();
    if !range.is_empty() {
        body["IPAM"] = json!({ "Config": [range] });
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_begin_with_ipv4() {
        let body = br#"[{"Name":"shop","Id":"n1","Driver":"bridge","EnableIPv6":true,"Internal":false,"Options":{},
            "IPAM":{"Config":[{"Subnet":"fd00::/64"},{"Subnet":"10.1.0.0/16","Gateway":"10.1.0.1"}]}},
            {"Name":"none","Id":"n2","Driver":"null","IPAM":{"Config":null}}]"#;
        let all = networks(body).unwrap();
        assert_eq!(all[0].subnets[0], Subnet { range: "10.1.0.0/16".into(), gateway: Some("10.1.0.1".into()) });
        assert_eq!((all[0].subnets.len(), all[1].driver.as_str()), (2, "none"));
    }

    #[test]
    fn a_network_without_a_range_leaves_the_choice_to_the_engine() {
        let spec = NetworkSpec { name: "n".into(), ..NetworkSpec::default() };
        let body = create_body(&spec);
        assert!(body.get("IPAM").is_none() && body.get("Driver").is_none());
        let body = create_body(&NetworkSpec { subnet: Some("10.9.0.0/24".into()), ..spec });
        assert_eq!(body["IPAM"], json!({"Config": [{"Subnet": "10.9.0.0/24"}]}));
    }
}
