//! What a prune did. Each noun has a list of its own name in Docker's answer. Knows no transport.

use serde::Deserialize;

use super::lenient::Number;
use crate::{backend::Pruned, model::Bytes};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Report {
    containers_deleted: Option<Vec<serde::de::IgnoredAny>>,
    images_deleted: Option<Vec<Image>>,
    volumes_deleted: Option<Vec<serde::de::IgnoredAny>>,
    networks_deleted: Option<Vec<serde::de::IgnoredAny>>,
    space_reclaimed: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Image {
    deleted: super::lenient::Text,
}

/// Reads the answer to `POST /…/prune`. Of images those count that were deleted, not the names they lost.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn pruned(body: &[u8]) -> serde_json::Result<Pruned> {
    let report: Report = serde_json::from_slice(body)?;
    let images = report.images_deleted.unwrap_or_default().iter().filter(|i| !i.deleted.as_str().is_empty()).count();
    let others = [report.containers_deleted, report.volumes_deleted, report.networks_deleted];
    let count = images + others.into_iter().flatten().map(|all| all.len()).sum::<usize>();
    Ok(Pruned { count, freed: Bytes(report.space_reclaimed.amount().unwrap_or(0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_went_are_no_images() {
        let body = br#"{"ImagesDeleted":[{"Untagged":"a:1"},{"Deleted":"sha256:a"}],"SpaceReclaimed":7}"#;
        assert_eq!(pruned(body).unwrap(), Pruned { count: 1, freed: Bytes(7) });
        assert_eq!(pruned(br#"{"VolumesDeleted":["x","y"]}"#).unwrap().count, 2);
        assert_eq!(pruned(br#"{"ContainersDeleted":null,"SpaceReclaimed":0}"#).unwrap(), Pruned::default());
    }
}
