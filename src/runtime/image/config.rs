//! The config of an image: what it runs, what it is made of, how it came about. Knows no registry.
//!
//! OCI image-spec, "Image Configuration", with what Docker adds. Everything may be missing or `null`, as builders
//! write it; the bytes themselves are kept beside, since their digest is the image's id.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use super::{digest::Digest, platform::Platform};
use crate::model::HealthCheck;

/// The config of an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// For what it was built.
    #[serde(flatten)]
    pub platform: Platform,
    /// When it was built.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// By whom.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// What its containers are like.
    #[serde(deserialize_with = "or_default")]
    pub config: Settings,
    /// What it is made of.
    pub rootfs: RootFs,
    /// How it came about, the first step first.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Step>,
}

/// The layers of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Digests of their unpacked tars, the lowest first.
    #[serde(deserialize_with = "or_default")]
    pub diff_ids: Vec<Digest>,
}

/// A step of an image's making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// When.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// The instruction.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// Whose hand.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// A remark.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether it made no layer.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
}

/// What an image says of its containers: the object `config` in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    /// `user[:group]`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Ports it listens on: `80/tcp`.
    #[serde(deserialize_with = "keys", serialize_with = "as_keys", skip_serializing_if = "BTreeSet::is_empty")]
    pub exposed_ports: BTreeSet<String>,
    /// `KEY=value`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// The first words of what it runs.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// The words after them, unless a person gives others.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Paths inside that get a volume each.
    #[serde(deserialize_with = "keys", serialize_with = "as_keys", skip_serializing_if = "BTreeSet::is_empty")]
    pub volumes: BTreeSet<String>,
    /// Where it runs.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Labels.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Asks it to end.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Tells its health.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Check>,
    /// The shell of instructions in shell form.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub shell: Option<Vec<String>>,
    /// Instructions for the builds of images upon it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub on_build: Vec<String>,
}

/// A health check as Docker writes it: times in nanoseconds, 0 for the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Check {
    /// `CMD` and words, or `CMD-SHELL` and a line; `NONE` for none.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// Between two checks.
    #[serde(skip_serializing_if = "is_zero")]
    pub interval: u64,
    /// For one check.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout: u64,
    /// In which failures do not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_period: u64,
    /// Failures in a row that make it unhealthy.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: u64,
}

impl Settings {
    /// Its health check in the model's words.
    pub fn health(&self) -> Option<HealthCheck> {
        let check = self.healthcheck.as_ref()?;
        let time = |nanos: u64| (nanos > 0).then(|| std::time::Duration::from_nanos(nanos));
        Some(HealthCheck {
            test: check.test.clone(),
            interval: time(check.interval),
            timeout: time(check.timeout),
            start_period: time(check.start_period),
            retries: u32::try_from(check.retries).ok().filter(|retries| *retries > 0),
        })
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `null` is what stands there when nothing does.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Go writes a set as an object whose values are empty objects.
fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    let set: Option<BTreeMap<String, serde::de::IgnoredAny>> = Option::deserialize(from)?;
    Ok(set.unwrap_or_default().into_keys().collect())
}

fn as_keys<S: Serializer>(set: &BTreeSet<String>, to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(set.len()))?;
    for key in set {
        map.serialize_entry(key, &serde_json::json!({}))?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_builders_leave_out_or_null_is_nothing() {
        let text = r#"{"architecture":"arm64","os":"linux","variant":"v8","config":{"Env":null,"Cmd":["sh"],
            "Entrypoint":null,"ExposedPorts":{"80/tcp":{}},"Volumes":null,"ArgsEscaped":true,
            "Healthcheck":{"Test":["CMD","true"],"Interval":1500000000}},"rootfs":{"type":"layers","diff_ids":null},
            "history":null,"created":"2024-05-01T10:00:00.123456789Z","docker_version":"20"}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.platform.to_string(), "linux/arm64/v8");
        assert_eq!(config.config.cmd.as_deref(), Some(&["sh".to_owned()][..]));
        assert!(config.config.exposed_ports.contains("80/tcp"));
        let health = config.config.health().unwrap();
        assert_eq!((health.interval, health.retries), (Some(Duration::from_millis(1500)), None));
        assert!(serde_json::from_str::<Config>(r#"{"config":null,"rootfs":{}}"#).is_ok());
        assert!(serde_json::from_str::<Config>(r#"{"rootfs":{"diff_ids":["md5:1"]}}"#).is_err());
    }

    #[test]
    fn what_is_written_has_dockers_names_and_is_read_again() {
        let settings =
            Settings { exposed_ports: ["80/tcp".to_owned()].into(), working_dir: "/srv".into(), ..Settings::default() };
        let config = Config { config: settings, ..Config::default() };
        let value = serde_json::to_value(&config).unwrap();
        assert_eq!(value["config"], serde_json::json!({"ExposedPorts": {"80/tcp": {}}, "WorkingDir": "/srv"}));
        assert_eq!(serde_json::from_value::<Config>(value).unwrap(), config);
    }
}
