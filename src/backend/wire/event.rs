//! Events as Docker and Podman send them. Knows no transport and not what follows from an event.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::lenient::{Labels, Number, Text};
use crate::model::{Event, Kind};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Message {
    #[serde(rename = "Type")]
    kind: Text,
    action: Text,
    actor: Actor,
    #[serde(rename = "time")]
    seconds: Number,
    #[serde(rename = "timeNano")]
    nanos: Number,
    /// Only in messages older than API 1.22, and in Podman's.
    #[serde(rename = "status")]
    status: Text,
    #[serde(rename = "id")]
    old_id: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Actor {
    #[serde(rename = "ID")]
    id: Text,
    attributes: Labels,
}

/// Attributes that tell what happened; the rest are the object's labels.
const TELLING: [&str; 10] =
    ["exitCode", "signal", "image", "container", "oldName", "execID", "driver", "destination", "comment", "type"];

/// Reads one message of `GET /events`; `None` for what is none.
pub(crate) fn event(line: &[u8]) -> Option<Event> {
    let message: Message = serde_json::from_slice(line).ok()?;
    let action = message.action.some().or(message.status.some())?;
    let mut about = message.actor.attributes.0;
    let id = message.actor.id.some().or(message.old_id.some()).unwrap_or_default();
    let name = about.remove("name").filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    let detail = TELLING.iter().filter_map(|key| Some(((*key).to_owned(), about.remove(*key)?))).collect();
    let at = at(message.nanos.or_zero(), message.seconds.or_zero());
    Some(Event { at, kind: kind(message.kind.as_str()), action, id, name, detail })
}

fn at(nanos: i64, seconds: i64) -> DateTime<Utc> {
    if nanos > 0 {
        DateTime::from_timestamp_nanos(nanos)
    } else {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }
}

fn kind(word: &str) -> Kind {
    match word {
        // Messages without a type are old ones, which were about containers only.
        "container" | "" => Kind::Container,
        "image" => Kind::Image,
        "volume" => Kind::Volume,
        "network" => Kind::Network,
        "daemon" => Kind::Engine,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_happened_to_whom() {
        let line = br#"{"Type":"container","Action":"die","Actor":{"ID":"4f5e","Attributes":{"exitCode":"137",
            "image":"nginx","name":"web","com.docker.compose.project":"shop"}},"time":1700000000,"timeNano":1700000000123456789}"#;
        let died = event(line).unwrap();
        assert_eq!((died.kind, died.action.as_str(), died.name.as_str()), (Kind::Container, "die", "web"));
        let detail: Vec<_> = died.detail.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(detail, ["exitCode=137", "image=nginx"]);
        assert_eq!(died.at.timestamp_subsec_nanos(), 123_456_789);
    }

    #[test]
    fn what_is_no_message_is_none() {
        assert_eq!(event(b"{}"), None);
        assert_eq!(event(b"[1"), None);
        assert_eq!(event(br#"{"status":"start","id":"4f5e","time":5}"#).map(|e| e.id), Some("4f5e".to_owned()));
    }
}
