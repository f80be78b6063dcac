//! Volumes as Docker spells them, both ways. Knows no transport.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{Labels, Moment, Number, Text};
use crate::model::{Bytes, Volume, VolumeKind, VolumeName, VolumeSpec};

/// Label by which engines since API 1.42 mark volumes that they made up a name for.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct All {
    volumes: Option<Vec<Row>>,
    /// Where disk use has them since API 1.52.
    volume_usage: Option<Counted>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Counted {
    items: Option<Vec<Row>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    name: Text,
    driver: Text,
    mountpoint: Text,
    created_at: Moment,
    labels: Labels,
    options: Labels,
    scope: Text,
    pub(super) usage_data: Option<Usage>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Usage {
    pub(super) size: Number,
    pub(super) ref_count: Number,
}

/// Reads the answer to `GET /volumes`. Who uses them is not told in it.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn volumes(body: &[u8]) -> serde_json::Result<Vec<Volume>> {
    let all: All = serde_json::from_slice(body)?;
    Ok(all.volumes.into_iter().flatten().map(volume).collect())
}

/// Reads the answer to `GET /volumes/NAME`.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn one(body: &[u8]) -> serde_json::Result<Volume> {
    serde_json::from_slice(body).map(volume)
}

/// Reads the sizes in the answer to `GET /system/df`.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn sizes(body: &[u8]) -> serde_json::Result<Vec<(VolumeName, Bytes)>> {
    let sized = |row: Row| Some((VolumeName::new(&row.name.0), Bytes(row.usage_data?.size.amount()?)));
    let all: All = serde_json::from_slice(body)?;
    let rows = all.volumes.or(all.volume_usage.and_then(|counted| counted.items));
    Ok(rows.into_iter().flatten().filter_map(sized).collect())
}

fn volume(row: Row) -> Volume {
    let labels_of = row.labels.0;
    let anonymous = labels_of.contains_key(ANONYMOUS);
    Volume {
        kind: if anonymous { VolumeKind::Anonymous } else { VolumeKind::of_name(row.name.as_str()) },
        name: VolumeName::new(&row.name.0),
        driver: row.driver.0,
        path: row.mountpoint.0,
        size: row.usage_data.and_then(|usage| usage.size.amount()).map(Bytes),
        created: row.created_at.0,
        used_by: Vec::new(),
        labels: labels_of,
        options: row.options.0,
        scope: row.scope.0,
    }
}

/// The body of `POST /volumes/create`.
pub(crate) fn create_body(spec: &VolumeSpec) -> Value {
    let mut body = json!({ "DriverOpts": spec.options, "Labels": spec.labels });
    for (key, value) in [("Name", &spec.name), ("Driver", &spec.driver)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_is_anonymous() {
        let name = "ab".repeat(32);
        let body = format!(
            r#"{{"Volumes":[{{"Name":"data","Driver":"local","Labels":null,"UsageData":{{"Size":-1,"RefCount":-1}}}},
            {{"Name":"{name}"}},{{"Name":"x","Labels":{{"com.docker.volume.anonymous":""}}}}],"Warnings":null}}"#
        );
        let all = volumes(body.as_bytes()).unwrap();
        let kinds: Vec<_> = all.iter().map(|v| v.kind).collect();
        assert_eq!(kinds, [VolumeKind::Named, VolumeKind::Anonymous, VolumeKind::Anonymous]);
        assert_eq!(all[0].size, None);
        assert!(volumes(br#"{"Volumes":null}"#).unwrap().is_empty());
    }

    #[test]
    fn sizes_that_were_not_counted_are_left_out() {
        let body = br#"{"Volumes":[{"Name":"a","UsageData":{"Size":7,"RefCount":1}},{"Name":"b","UsageData":{"Size":-1}},{"Name":"c"}]}"#;
        assert_eq!(sizes(body).unwrap(), [(VolumeName::from("a"), Bytes(7))]);
    }
}
