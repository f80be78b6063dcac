//! Images, their inspects and their histories as Docker spells them. Knows no transport.

use serde::Deserialize;

use super::{
    graph::GraphDriver,
    lenient::{Moment, Number, Text},
    rows, rows_into,
};
use crate::model::{Bytes, HistoryStep, Image, ImageId};

/// What engines before API 1.43 write where a name is missing.
const NO_NAME: &str = "<none>";

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    id: Text,
    parent_id: Text,
    repo_tags: Option<Vec<Text>>,
    repo_digests: Option<Vec<Text>>,
    created: Moment,
    size: Number,
    containers: Number,
}

/// Reads the answer to `GET /images/json`. Layers, platform and unique size are not told in it.
///
/// # Errors
/// When the answer is no list.
pub(crate) fn images(body: &[u8]) -> serde_json::Result<Vec<Image>> {
    rows_into(body, image)
}

fn image(row: Row) -> Image {
    Image {
        id: ImageId::new(&row.id.0),
        tags: names(row.repo_tags),
        digests: names(row.repo_digests),
        size: Bytes(row.size.amount().unwrap_or(0)),
        unique: None,
        created: row.created.0.unwrap_or_default(),
        layers: Vec::new(),
        platform: None,
        containers: row.containers.amount().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        parent: row.parent_id.some().map(ImageId::new),
    }
}

fn names(names: Option<Vec<Text>>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().flatten().filter_map(Text::some).collect();
    names.retain(|name| !name.starts_with(NO_NAME) && !name.ends_with(&format!(":{NO_NAME}")));
    names.sort_unstable();
    names
}

/// What an inspect tells of an image and no list does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageDetail {
    /// Digests of its layers' content, from the base up.
    pub(crate) layers: Vec<String>,
    /// `linux/arm/v7`, `windows/amd64 10.0.20348.1`.
    pub(crate) platform: String,
    /// Directories of its layers on the host, from the base up; empty where the driver does not say.
    pub(crate) directories: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Inspect {
    os: Text,
    architecture: Text,
    variant: Text,
    os_version: Text,
    #[serde(rename = "RootFS")]
    root_fs: RootFs,
    graph_driver: Option<GraphDriver>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RootFs {
    layers: Option<Vec<Text>>,
}

/// Reads the answer to `GET /images/{id}/json`.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn detail(body: &[u8]) -> serde_json::Result<ImageDetail> {
    let inspect: Inspect = serde_json::from_slice(body)?;
    let layers: Vec<_> = inspect.root_fs.layers.iter().flatten().map(|layer| layer.0.clone()).collect();
    let directories = inspect.graph_driver.as_ref().map(directories).unwrap_or_default();
    Ok(ImageDetail {
        // A driver that counts otherwise than the image's config has told something else than layers.
        directories: if directories.len() == layers.len() { directories } else { Vec::new() },
        platform: platform(&inspect),
        layers,
    })
}

fn directories(driver: &GraphDriver) -> Vec<String> {
    let above = driver.lower_directories().into_iter().rev();
    above.chain(driver.own_directory()).map(str::to_owned).collect()
}

fn platform(inspect: &Inspect) -> String {
    let parts = [&inspect.os, &inspect.architecture, &inspect.variant];
    let parts: Vec<_> = parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
    let version = inspect.os_version.as_str();
    format!("{} {version}", parts.join("/")).trim_end().to_owned()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Step {
    created: Moment,
    created_by: Text,
    size: Number,
    comment: Text,
    tags: Option<Vec<Text>>,
}

/// Reads the answer to `GET /images/{id}/history`, newest step first.
///
/// # Errors
/// When the answer is no list.
pub(crate) fn history(body: &[u8]) -> serde_json::Result<Vec<HistoryStep>> {
    let step = |step: Step| HistoryStep {
        created: step.created.0.unwrap_or_default(),
        by: instruction(step.created_by.as_str()),
        size: Bytes(step.size.amount().unwrap_or(0)),
        comment: step.comment.0,
        tags: names(step.tags),
    };
    Ok(rows::<Step>(body)?.into_iter().map(step).collect())
}

/// The instruction without what the classic builder wraps around it: `/bin/sh -c #(nop)  CMD ["x"]`.
fn instruction(by: &str) -> String {
    let by = by.trim();
    if let Some(rest) = by.strip_prefix("/bin/sh -c #(nop)") {
        return rest.trim().to_owned();
    }
    by.strip_prefix("/bin/sh -c ").map_or_else(|| by.to_owned(), |rest| format!("RUN {}", rest.trim()))
}

/// Reads the answer to `DELETE /images/{id}`: each name that went and each image that went.
///
/// # Errors
/// When the answer is no list.
pub(crate) fn removed(body: &[u8]) -> serde_json::Result<Vec<String>> {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Gone {
        untagged: Text,
        deleted: Text,
    }
    let words = |gone: Gone| {
        let untagged = gone.untagged.some().map(|name| format!("untagged {name}"));
        untagged.or(gone.deleted.some().map(|id| format!("deleted {}", ImageId::new(id).short())))
    };
    Ok(rows::<Gone>(body)?.into_iter().filter_map(words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_name_is_no_name() {
        let body = br#"[{"Id":"sha256:a","RepoTags":["<none>:<none>"],"RepoDigests":null,"Size":7,"Containers":-1},
            {"Id":"sha256:b","ParentId":"","RepoTags":["b:2","b:1"],"Created":1700000000}]"#;
        let all = images(body).unwrap();
        assert!(all[0].is_dangling() && all[0].containers == 0);
        assert_eq!(all[1].tags, ["b:1", "b:2"]);
        assert_eq!((all[0].size, &all[1].parent), (Bytes(7), &None));
    }

    #[test]
    fn directories_follow_the_chain_from_the_base() {
        let body = br#"{"Os":"linux","Architecture":"arm","Variant":"v7","RootFS":{"Type":"layers","Layers":["sha256:1","sha256:2"]},
            "GraphDriver":{"Name":"overlay2","Data":{"LowerDir":"/l1/diff","UpperDir":"/l2/diff"}}}"#;
        let read = detail(body).unwrap();
        assert_eq!((read.platform.as_str(), read.layers.len()), ("linux/arm/v7", 2));
        assert_eq!(read.directories, ["/l1/diff", "/l2/diff"]);
        let odd = br#"{"RootFS":{"Layers":["sha256:1"]},"GraphDriver":{"Data":{"LowerDir":"/a:/b","UpperDir":"/c"}}}"#;
        assert!(detail(odd).unwrap().directories.is_empty());
        assert!(detail(br#"{"RootFS":{"Layers":null},"GraphDriver":null}"#).unwrap().layers.is_empty());
    }

    #[test]
    fn steps_read_as_they_were_written() {
        assert_eq!(instruction("/bin/sh -c #(nop)  CMD [\"sh\"]"), "CMD [\"sh\"]");
        assert_eq!(instruction("/bin/sh -c apk add curl"), "RUN apk add curl");
        assert_eq!(instruction("COPY a /b # buildkit"), "COPY a /b # buildkit");
    }

    #[test]
    fn a_removal_tells_what_went() {
        let body = br#"[{"Untagged":"a:1"},{"Deleted":"sha256:abababababababababab"}]"#;
        assert_eq!(removed(body).unwrap(), ["untagged a:1", "deleted abababababab"]);
    }
}
