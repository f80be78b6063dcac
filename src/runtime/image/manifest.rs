//! Manifests and indexes of registries and archives, OCI's and Docker's (schema 2). Knows no network.
//!
//! OCI image-spec, "Image Manifest" and "Image Index"; Docker's "Image Manifest Version 2, Schema 2". Types of our own
//! since oci-spec's platform does not read `os.version`.

use serde::{Deserialize, Serialize};

use super::{config::or_default, digest::Digest, platform::Platform};

/// Kinds of documents.
pub(crate) mod kind {
    /// A manifest as OCI has it.
    pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An index as OCI has it.
    pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// A config as OCI has it.
    pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A layer as a tar, as OCI has it.
    pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    /// A layer as a tar in gzip, as OCI has it.
    pub(crate) const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A layer as a tar in zstd, as OCI has it.
    pub(crate) const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// A manifest as Docker has it.
    pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// An index as Docker has it.
    pub(crate) const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// What is accepted from a registry as the answer to a reference.
    pub(crate) const ACCEPTED: [&str; 4] = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX];
}

/// Something that is known by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default, deserialize_with = "or_default")]
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// Where else it can be had.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// For what it was built, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// More about it: an archive has the image's name here.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub annotations: std::collections::BTreeMap<String, String>,
}

/// Whether a layer of this type may not be given on: its registry need not have it, and none gets it from us. Windows'
/// base layers were such until 2023.
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".foreign.") || media_type.contains(".nondistributable.")
}

impl Descriptor {
    /// Of `size` bytes with this digest.
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        let annotations = std::collections::BTreeMap::new();
        Self { media_type: media_type.to_owned(), digest, size, urls: Vec::new(), platform: None, annotations }
    }

    /// Of these bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }
}

/// One image: its config and its layers, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// What it calls itself; nothing where it does not.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// Its config.
    pub config: Descriptor,
    /// Its layers' blobs, the lowest first.
    #[serde(default, deserialize_with = "or_default")]
    pub layers: Vec<Descriptor>,
}

impl Manifest {
    /// An OCI manifest of these.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: kind::MANIFEST.to_owned(), config, layers }
    }
}

/// One name for images of several platforms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// What it calls itself; nothing where it does not.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// A manifest, or another index, for each platform.
    #[serde(default, deserialize_with = "or_default")]
    pub manifests: Vec<Descriptor>,
}

impl Index {
    /// The entry that runs best on `host`; the first of equals. An entry that does not say for what it is runs
    /// anywhere, but anything else is better.
    pub fn choose(&self, host: &Platform) -> Option<&Descriptor> {
        let fit = |entry: &Descriptor| match &entry.platform {
            Some(platform) => host.fit(platform),
            None => Some(0),
        };
        let fits = self.manifests.iter().filter_map(|entry| Some((fit(entry)?, entry)));
        // `max_by_key` would give the last of equals.
        fits.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, entry)| entry)
    }

    /// Why there is none for `host` although there are some for its system: all are too new.
    pub fn too_new(&self, host: &Platform) -> Option<String> {
        let platforms = self.manifests.iter().filter_map(|entry| entry.platform.as_ref());
        let reasons = platforms.filter(|platform| platform.architecture == host.architecture);
        reasons.filter_map(|platform| host.too_new(platform)).next_back()
    }

    /// For what it has entries, for people.
    pub fn platforms(&self) -> String {
        let is_image = |platform: &&Platform| platform.os != "unknown";
        let platforms = self.manifests.iter().filter_map(|entry| entry.platform.as_ref()).filter(is_image);
        platforms.map(Platform::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One image.
    Manifest(Box<Manifest>),
    /// Images of several platforms.
    Index(Index),
}

/// Why a document is none that is known.
#[derive(Debug, thiserror::Error)]
pub enum BadDocument {
    /// It cannot be read.
    #[error("it is no JSON that one understands: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of the time before digests, or of one to come.
    #[error("it is of schema version {0}; only 2 is known")]
    Version(u32),
    /// It is something else that registries hold.
    #[error("it is no image: its type is `{0}`")]
    Artifact(String),
}

impl Document {
    /// Reads a manifest or an index; by what is in it, since old registries do not write its type.
    ///
    /// # Errors
    /// When it is none of an image.
    pub fn read(bytes: &[u8]) -> Result<Self, BadDocument> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Look {
            #[serde(default)]
            schema_version: u32,
            #[serde(default, deserialize_with = "or_default")]
            manifests: Option<serde::de::IgnoredAny>,
        }
        let look: Look = serde_json::from_slice(bytes)?;
        if look.schema_version != 2 {
            return Err(BadDocument::Version(look.schema_version));
        }
        if look.manifests.is_some() {
            return Ok(Self::Index(serde_json::from_slice(bytes)?));
        }
        let manifest: Manifest = serde_json::from_slice(bytes)?;
        // Charts, signatures and modules live in registries, too.
        let is_image = manifest.config.media_type.is_empty()
            || ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"]
                .contains(&manifest.config.media_type.as_str());
        if is_image {
            Ok(Self::Manifest(Box::new(manifest)))
        } else {
            Err(BadDocument::Artifact(manifest.config.media_type))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(n: u8) -> Digest {
        Digest::of(&[n])
    }

    #[test]
    fn an_index_gives_the_manifest_of_the_host() {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[
            {{"digest":"{}","size":1,"platform":{{"architecture":"unknown","os":"unknown"}}}},
            {{"digest":"{}","size":1,"platform":{{"architecture":"amd64","os":"linux"}}}},
            {{"digest":"{}","size":1,"platform":{{"architecture":"amd64","os":"linux","variant":"v2"}}}},
            {{"digest":"{}","size":1,"platform":{{"architecture":"amd64","os":"windows","os.version":"10.0.20348.9"}}}}]}}"#,
            kind::DOCKER_INDEX,
            digest(0),
            digest(1),
            digest(2),
            digest(3)
        );
        let Document::Index(index) = Document::read(text.as_bytes()).unwrap() else { panic!("it is an index") };
        let choose = |platform: &str| index.choose(&platform.parse().unwrap()).map(|entry| entry.digest);
        assert_eq!(choose("linux/amd64"), Some(digest(1)));
        assert_eq!(choose("linux/amd64/v3"), Some(digest(2)));
        assert_eq!(choose("windows/amd64"), Some(digest(3)));
        assert_eq!(choose("linux/riscv64"), None);
        assert_eq!(index.platforms(), "linux/amd64, linux/amd64/v2, windows/amd64 10.0.20348.9");
    }

    #[test]
    fn a_manifest_is_known_by_what_is_in_it() {
        let config = Descriptor::new("application/vnd.docker.container.image.v1+json", digest(0), 2);
        let layers = vec![Descriptor::new("application/vnd.docker.image.rootfs.diff.tar.gzip", digest(1), 3)];
        let manifest = Manifest { media_type: String::new(), ..Manifest::new(config, layers) };
        let bytes = serde_json::to_vec(&manifest).unwrap();
        assert_eq!(Document::read(&bytes).unwrap(), Document::Manifest(Box::new(manifest)));
    }

    proptest! {
        #[test]
        fn whatever_a_registry_sends_is_read_or_refused(
            version in 0..4_u32,
            keys in proptest::collection::vec((
                prop::sample::select(vec!["config", "layers", "manifests", "mediaType", "annotations"]),
                prop::sample::select(vec!["null", "[]", "{}", "-1", "\"x\"", "[{\"digest\":\"sha256:0\"}]"]),
            ), 0..5),
        ) {
            let keys: String = keys.iter().map(|(key, value)| format!(",\"{key}\":{value}")).collect();
            let read = Document::read(format!("{{\"schemaVersion\":{version}{keys}}}").as_bytes());
            prop_assert!(version == 2 || read.is_err());
        }
    }

    #[test]
    fn what_is_no_image_is_refused_in_words() {
        let helm = Descriptor::new("application/vnd.cncf.helm.config.v1+json", digest(0), 2);
        let bytes = serde_json::to_vec(&Manifest::new(helm, Vec::new())).unwrap();
        assert!(Document::read(&bytes).unwrap_err().to_string().contains("helm"));
        assert!(matches!(Document::read(br#"{"schemaVersion":1}"#), Err(BadDocument::Version(1))));
        assert!(matches!(Document::read(b"<html>"), Err(BadDocument::Json(_))));
    }
}
