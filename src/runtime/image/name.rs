//! Names of images in full: registry, repository, tag, digest; and the short form that people use. Knows no network.

use std::{fmt, str::FromStr};

use super::digest::Digest;
use crate::model::{BadReference, whole_reference};

/// The registry that is meant where none is written.
pub(crate) const HUB: &str = "docker.io";
/// Other hosts that Docker Hub goes by.
const HUB_HOSTS: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
/// Where on [`HUB`] repositories without a slash are.
const LIBRARY: &str = "library/";

/// What a reference names, everything written out. As text it is familiar: `alpine:3`, `ghcr.io/a/b@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Name {
    /// Host and perhaps port of the registry.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository's path in its registry: `library/alpine`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; absent in a name by digest alone.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of a manifest or index, which counts for more than the tag.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Registry and repository as people write them: `alpine`, `ghcr.io/a/b`.
    pub fn familiar(&self) -> String {
        if self.registry == HUB {
            self.repository.strip_prefix(LIBRARY).unwrap_or(&self.repository).to_owned()
        } else {
            format!("{}/{}", self.registry, self.repository)
        }
    }

    /// The same repository by this digest alone.
    pub fn at(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }
}

impl FromStr for Name {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let whole = whole_reference(text)?;
        let (named, digest) = match whole.split_once('@') {
            Some((named, digest)) => {
                (named, Some(digest.parse().map_err(|_| BadReference::Digest(digest.to_owned()))?))
            }
            None => (whole.as_str(), None),
        };
        let tag_at = named.rfind(':').filter(|at| !named[*at..].contains('/'));
        let (path, tag) = tag_at.map_or((named, None), |at| (&named[..at], Some(named[at + 1..].to_owned())));
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => (HUB, path),
        };
        let registry = if HUB_HOSTS.contains(&registry) { HUB } else { registry };
        let is_short = registry == HUB && !repository.contains('/');
        let repository = if is_short { format!("{LIBRARY}{repository}") } else { repository.to_owned() };
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repository = self.familiar();
        match (&self.digest, &self.tag) {
            (Some(digest), _) => write!(f, "{repository}@{digest}"),
            (None, Some(tag)) => write!(f, "{repository}:{tag}"),
            (None, None) => f.write_str(&repository),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_read_is_read_again_from_its_familiar_form(text in "[a-z0-9.:/_@-]{0,40}") {
            if let Ok(name) = text.parse::<Name>() {
                let again: Name = name.to_string().parse().unwrap();
                prop_assert_eq!(again.to_string(), name.to_string());
                prop_assert_eq!((again.registry(), again.repository()), (name.registry(), name.repository()));
            }
        }
    }

    #[test]
    fn what_is_not_written_is_the_hubs_library_and_its_latest() {
        let name: Name = "alpine".parse().unwrap();
        assert_eq!((name.registry(), name.repository(), name.tag()), (HUB, "library/alpine", Some("latest")));
        let name: Name = "me/app:1".parse().unwrap();
        assert_eq!((name.registry(), name.repository()), (HUB, "me/app"));
        let name: Name = "localhost/app".parse().unwrap();
        assert_eq!((name.registry(), name.repository()), ("localhost", "app"));
        assert!("A/b".parse::<Name>().is_err());
    }

    #[test]
    fn all_ways_to_write_a_name_are_one_in_the_familiar_form() {
        for (long, familiar) in [
            ("docker.io/library/alpine:3", "alpine:3"),
            ("index.docker.io/alpine:3", "alpine:3"),
            ("docker.io/me/app", "me/app:latest"),
            ("127.0.0.1:5000/library/a", "127.0.0.1:5000/library/a:latest"),
            ("[::1]:5000/a:b", "[::1]:5000/a:b"),
        ] {
            let name: Name = long.parse().unwrap();
            assert_eq!(name.to_string(), familiar);
            assert_eq!(familiar.parse(), Ok(name));
        }
    }

    #[test]
    fn a_digest_counts_for_more_than_a_tag() {
        let digest = Digest::of(b"");
        let name: Name = format!("alpine:3@{digest}").parse().unwrap();
        assert_eq!((name.tag(), name.digest()), (Some("3"), Some(digest)));
        assert_eq!(name.to_string(), format!("alpine@{digest}"));
        assert_eq!("alpine:3".parse::<Name>().unwrap().at(digest).to_string(), format!("alpine@{digest}"));
    }
}
