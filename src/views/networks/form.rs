//! The form for a new network, which reckons with the ranges that are taken. Knows no engine.

use std::net::IpAddr;

use super::changes;
use crate::{
    app::{cmd::Cmd, desk::Desk, view::Outcome},
    model::{Net, NetworkSpec},
    views::overlay::{Field, Form, Values, checks},
};

/// What is wrong, and in which field.
type Wrong = (&'static str, String);

/// Drivers on Linux, dearest first.
const LINUX: [&str; 4] = ["bridge", "macvlan", "ipvlan", "overlay"];
/// Drivers on Windows, dearest first.
const WINDOWS: [&str; 4] = ["nat", "transparent", "l2bridge", "overlay"];
/// Drivers whose ranges are their own: two of them cannot share an address on one host.
const OWN_RANGES: [&str; 3] = ["bridge", "nat", "overlay"];

/// Opens the form, unless networks may not be changed.
pub(super) fn open(desk: &Desk) -> Outcome {
    if let Err(refusal) = changes(desk) {
        return refusal.into();
    }
    let drivers = if desk.is_windows() { WINDOWS } else { LINUX }.map(str::to_owned).to_vec();
    let fields = vec![
        Field::line("name", "Name", "letters, digits, _ . -").checked(checks::name),
        Field::choice("driver", "Driver", "Space turns it", drivers),
        Field::line("subnet", "Subnet", "10.20.0.0/24; empty: the engine takes a free one").checked(is_range),
        Field::line("gateway", "Gateway", "an address of the subnet; empty: its first").checked(is_address),
        Field::tick("internal", "Internal", "no way out of it", false),
        Field::tick("ipv6", "IPv6", "addresses of IPv6 too", false),
        Field::tick("attachable", "Attachable", "overlay: containers may join by hand", false),
        Field::line("labels", "Labels", "as key=value, blanks between").checked(checks::pairs),
    ];
    Outcome::Open(Box::new(Form::new("New network", "Create", fields, create)))
}

fn is_range(text: &str) -> Result<(), String> {
    let range = text.contains('/').then(|| Net::parse(text)).flatten();
    let range = range.ok_or("a subnet is an address and a prefix: 10.20.0.0/24")?;
    match range.base() {
        base if base == range => Ok(()),
        base => Err(format!("{text} is an address in a subnet: the subnet is {base}")),
    }
}

fn is_address(text: &str) -> Result<(), String> {
    text.parse::<IpAddr>().map(drop).map_err(|_| format!("`{text}` is no address"))
}

fn create(values: &Values, desk: &Desk) -> Result<Outcome, Wrong> {
    let name = values.get("name").to_owned();
    if name.is_empty() {
        return Err(("name", "a network needs a name".into()));
    }
    if desk.store.networks.values().any(|network| network.name == name) {
        return Err(("name", format!("there is a network `{name}` already")));
    }
    if let Some(subnet) = Net::parse(values.get("subnet")) {
        check_subnet(subnet, values, desk)?;
    }
    check_gateway(values)?;
    let spec = NetworkSpec {
        name,
        driver: values.some("driver"),
        subnet: values.some("subnet"),
        gateway: values.some("gateway"),
        internal: values.is_on("internal"),
        ipv6: values.is_on("ipv6"),
        attachable: values.is_on("attachable"),
        labels: checks::map(values.get("labels")).map_err(|why| ("labels", why))?,
    };
    Ok(Outcome::Do(vec![Cmd::CreateNetwork(spec)]))
}

fn check_subnet(subnet: Net, values: &Values, desk: &Desk) -> Result<(), Wrong> {
    if !subnet.is_ipv4() && !values.is_on("ipv6") {
        return Err(("ipv6", "the subnet is one of IPv6: this must be on".into()));
    }
    if !OWN_RANGES.contains(&values.get("driver")) {
        return Ok(());
    }
    for network in desk.store.networks.values() {
        let ranges = network.subnets.iter().filter_map(|taken| Net::parse(&taken.range));
        if let Some(taken) = ranges.into_iter().find(|taken| taken.overlaps(subnet)) {
            return Err(("subnet", format!("it overlaps with {taken}, which `{}` has", network.name)));
        }
    }
    Ok(())
}

fn check_gateway(values: &Values) -> Result<(), Wrong> {
    let Ok(gateway) = values.get("gateway").parse::<IpAddr>() else { return Ok(()) };
    match Net::parse(values.get("subnet")) {
        None => Err(("subnet", "a gateway needs the subnet that it is in".into())),
        Some(subnet) if !subnet.contains(gateway) => Err(("gateway", format!("it is not in {subnet}"))),
        Some(_) => Ok(()),
    }
}
