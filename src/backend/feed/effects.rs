//! What follows from an event: what is gone, what is to be read again, what is no longer as it was told. Pure.

use crate::model::{ContainerId, Event, Kind, Part};

/// What follows from one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    /// Whether people want to see it. Health checks are execs, and would push everything else out of sight.
    pub(super) shown: bool,
    /// A container that is no more.
    pub(super) gone: Option<ContainerId>,
    /// A container to read again.
    pub(super) touched: Option<ContainerId>,
    /// Parts that are no longer as they were told.
    pub(super) stale: &'static [Part],
}

/// Actions on a container after which it is the same as before.
const WITHOUT_EFFECT: [&str; 9] =
    ["attach", "detach", "archive-path", "extract-to-dir", "copy", "export", "commit", "top", "resize"];
/// Actions that make or end processes and ports.
const LIFE: &[Part] = &[Part::Sessions, Part::Nat, Part::Firewall, Part::Networks];
/// Actions that make or end layers and uses of volumes, too.
const BIRTH: &[Part] = &[
    Part::Sessions,
    Part::Nat,
    Part::Firewall,
    Part::Networks,
    Part::Layers,
    Part::Volumes,
    Part::Images,
    Part::Usage,
];

/// What follows from `event`.
pub(super) fn effects(event: &Event) -> Effects {
    match event.kind {
        Kind::Container => of_container(event),
        Kind::Image => Effects { stale: &[Part::Images, Part::Layers, Part::Usage], ..shown() },
        Kind::Volume => Effects { stale: &[Part::Volumes, Part::Usage], ..shown() },
        Kind::Network => Effects {
            touched: detail(event, "container").map(ContainerId::new),
            stale: &[Part::Networks, Part::Nat, Part::Firewall],
            ..shown()
        },
        Kind::Rule => Effects { stale: &[Part::Firewall], ..shown() },
        _ => shown(),
    }
}

fn of_container(event: &Event) -> Effects {
    let id = || Some(ContainerId::new(&event.id)).filter(|id| !id.as_str().is_empty());
    match event.action.as_str() {
        "destroy" | "remove" => Effects { gone: id(), stale: BIRTH, ..shown() },
        "create" => Effects { touched: id(), stale: BIRTH, ..shown() },
        "start" | "die" | "died" | "stop" | "restart" => Effects { touched: id(), stale: LIFE, ..shown() },
        // The limits of a container, or its ports.
        "update" => Effects { touched: id(), stale: &[Part::Nat, Part::Firewall], ..shown() },
        exec if exec.starts_with("exec_") => Effects { stale: &[Part::Sessions], ..Effects::default() },
        action if WITHOUT_EFFECT.contains(&action) => shown(),
        _ => Effects { touched: id(), ..shown() },
    }
}

fn shown() -> Effects {
    Effects { shown: true, ..Effects::default() }
}

fn detail<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event.detail.iter().find(|(k, v)| k == key && !v.is_empty()).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: Kind, action: &str, detail: &[(&str, &str)]) -> Event {
        let detail = detail.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Event {
            at: chrono::DateTime::default(),
            kind,
            action: action.to_owned(),
            id: "x".into(),
            name: "x".into(),
            detail,
        }
    }

    #[test]
    fn a_health_check_reads_nothing_and_shows_nothing() {
        let found = effects(&event(Kind::Container, "exec_start: /bin/check", &[]));
        assert_eq!(found, Effects { stale: &[Part::Sessions], ..Effects::default() });
    }

    #[test]
    fn an_end_is_not_read_and_an_unknown_action_is() {
        assert_eq!(effects(&event(Kind::Container, "destroy", &[])).gone, Some("x".into()));
        assert_eq!(effects(&event(Kind::Container, "destroy", &[])).touched, None);
        assert_eq!(effects(&event(Kind::Container, "levitate", &[])).touched, Some("x".into()));
        assert_eq!(effects(&event(Kind::Container, "top", &[])).touched, None);
    }

    #[test]
    fn a_network_event_reads_the_container_it_is_about() {
        let found = effects(&event(Kind::Network, "connect", &[("container", "c1")]));
        assert_eq!(found.touched, Some("c1".into()));
        assert!(found.stale.contains(&Part::Networks));
        assert_eq!(effects(&event(Kind::Network, "create", &[])).touched, None);
    }
}
