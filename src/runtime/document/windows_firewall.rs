//! Rules of the firewall of a Windows host, as its registry holds them. Pure.
//!
//! Source of the format: Microsoft, \[MS-GPFAS\] 2.2.2.19, "Firewall Rule and the Firewall Rule Grammar Rule": a version
//! and `Key=value` pairs, each ended by `|`; a key may come more than once.

/// Beginnings of the names of rules that Windows' network service makes for containers, as seen on builds from 14393 on.
const NETWORK_SERVICE: [&str; 4] =
    ["HNS Container Networking", "Container Enable ICC", "DNS Server Forward Rule", "Compartment"];

/// A rule of the host's firewall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// By what the registry knows it.
    pub id: String,
    /// What people know it by.
    pub name: String,
    /// Whether it is about what comes in.
    pub inbound: bool,
    /// Whether that passes.
    pub allow: bool,
    /// Whether it is in force.
    pub active: bool,
    /// The number of its protocol; every one where it is not told.
    pub protocol: Option<u8>,
    /// Ports of this host, as text; all where it is empty.
    pub ports: String,
    /// Addresses of the other side, as text; all where it is empty.
    pub remote: String,
    /// Where it holds: `Domain`, `Private`, `Public`; everywhere where it is empty.
    pub profiles: String,
    /// As it is kept.
    pub text: String,
}

impl HostRule {
    /// Reads one; `None` for what is no rule, and for one of Windows' own, whose name is a number in a DLL.
    pub fn of(id: &str, text: &str) -> Option<Self> {
        let (version, _) = text.split_once('|')?;
        if !version.starts_with('v') {
            return None;
        }
        let all = |keys: &[&str]| {
            let pairs = text.split('|').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| keys.contains(key)).map(|(_, value)| value).collect::<Vec<_>>().join(",")
        };
        let name = all(&["Name"]);
        if name.starts_with('@') {
            return None;
        }
        let action = all(&["Action"]);
        Some(Self {
            name: if name.is_empty() { id.to_owned() } else { name },
            id: id.to_owned(),
            inbound: all(&["Dir"]) == "In",
            // One that only lets pass what is secured lets that pass.
            allow: matches!(action.as_str(), "Allow" | "ByPass"),
            active: all(&["Active"]) == "TRUE",
            protocol: all(&["Protocol"]).parse().ok(),
            ports: all(&["LPort", "LPort2_10"]),
            remote: all(&["RA4", "RA6", "RA42", "RA62"]),
            profiles: all(&["Profile"]),
            text: text.to_owned(),
        })
    }

    /// Whether Windows' network service has made it for containers, by its name.
    pub fn is_of_network_service(&self) -> bool {
        NETWORK_SERVICE.iter().any(|begin| self.name.starts_with(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_the_registry_holds_it() {
        let text = "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=53|IF={1}|Profile=Private|Profile=Public|\
                    RA4=172.16.0.0/255.240.0.0|Name=HNS Container Networking - DNS (UDP-In) - 1 - 0|";
        let rule = HostRule::of("{a}", text).unwrap();
        assert!(rule.inbound && rule.allow && rule.active && rule.is_of_network_service());
        assert_eq!((rule.protocol, rule.ports.as_str(), rule.profiles.as_str()), (Some(17), "53", "Private,Public"));
        assert_eq!(rule.remote, "172.16.0.0/255.240.0.0");
        let block = HostRule::of("{b}", "v2.10|Action=Block|Active=FALSE|Dir=Out|Name=x|").unwrap();
        assert!(!block.inbound && !block.allow && !block.active && !block.is_of_network_service());
        assert_eq!(HostRule::of("{c}", "v2.10|Action=Block|Dir=Out|").unwrap().name, "{c}");
    }

    #[test]
    fn what_is_no_rule_or_windows_own_is_left_out() {
        for text in ["", "x", "Action=Allow|Name=x|", "v2.31|Action=Allow|Name=@FirewallAPI.dll,-25000|"] {
            assert_eq!(HostRule::of("{a}", text), None, "{text}");
        }
    }
}
