//! Platforms that images are built for, and which of them runs on which. Knows no registry.

use std::{env::consts, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::config::or_default;
use crate::model::text::clean;

/// For what an image is built; words of Go's `GOOS` and `GOARCH` (OCI image-spec, "Image Index").
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// `amd64`, `arm64`, `arm`, …
    #[serde(deserialize_with = "or_default")]
    pub architecture: String,
    /// `linux` or `windows`.
    #[serde(deserialize_with = "or_default")]
    pub os: String,
    /// Windows: the build, `10.0.20348.2340`.
    #[serde(rename = "os.version", deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    /// The processor's generation: `v7`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// A text names no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64")]
pub struct BadPlatform(String);

impl Platform {
    /// What longshore itself was built for. Its Windows version is not known here.
    pub fn own() -> Self {
        let architecture = go_name(consts::ARCH);
        Self { architecture: architecture.into(), os: consts::OS.into(), ..Self::default() }
    }

    /// How well what is built for `image` runs here; `None`: not at all. The greater, the better.
    ///
    /// The newest variant that is not newer than ours runs best. Windows containers share the kernel of their host,
    /// so their build (the third number) must be the host's where both are known.
    pub fn fit(&self, image: &Self) -> Option<u32> {
        if image.os != self.os || image.architecture != self.architecture {
            return None;
        }
        if let (Some(own), Some(other)) = (build(&self.os_version), build(&image.os_version))
            && own != other
        {
            return None;
        }
        let (own, other) = (self.generation()?, image.generation()?);
        (other <= own).then_some(other + 1)
    }

    /// The number of the variant, or the one that is meant where none is written.
    fn generation(&self) -> Option<u32> {
        let (none, most) = match self.architecture.as_str() {
            "arm64" => (8, 9),
            // The levels of x86-64; what a processor can do beyond the first is not looked up.
            "amd64" => (1, 4),
            "arm" => (7, 8),
            _ => (0, u32::MAX),
        };
        if self.variant.is_empty() {
            return Some(none);
        }
        self.variant.strip_prefix('v')?.parse().ok().filter(|generation| *generation <= most)
    }
}

/// Go's name of an architecture that Rust names otherwise.
fn go_name(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

/// The third number of a Windows version.
fn build(version: &str) -> Option<&str> {
    version.split('.').nth(2)
}

impl FromStr for Platform {
    type Err = BadPlatform;

    fn from_str(text: &str) -> Result<Self, BadPlatform> {
        let parts: Vec<_> = text.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, ""),
            [os, architecture, variant] => (os, architecture, variant),
            _ => return Err(BadPlatform(clean(text).into_owned())),
        };
        let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if os.is_empty() || architecture.is_empty() || !parts.iter().all(is_word) {
            return Err(BadPlatform(clean(text).into_owned()));
        }
        let os = os.to_ascii_lowercase();
        let architecture = go_name(&architecture.to_ascii_lowercase()).to_owned();
        Ok(Self { os, architecture, variant: variant.to_ascii_lowercase(), os_version: String::new() })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = if self.variant.is_empty() { String::new() } else { format!("/{}", self.variant) };
        let version = if self.os_version.is_empty() { String::new() } else { format!(" {}", self.os_version) };
        let text = format!("{}/{}{variant}{version}", self.os, self.architecture);
        f.write_str(&clean(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_variant_that_runs_here_is_the_best() {
        let host = platform("linux/arm/v7");
        let fits = ["v5", "v6", "v7", "v8"].map(|v| host.fit(&platform(&format!("linux/arm/{v}"))));
        assert!(fits[0] < fits[1] && fits[1] < fits[2] && fits[0].is_some());
        assert_eq!(fits[3], None);
        assert_eq!(host.fit(&platform("linux/arm64")), None);
        assert_eq!(platform("linux/arm64").fit(&platform("linux/arm64/v8")), Some(9));
        assert_eq!(platform("linux/amd64").fit(&platform("linux/amd64/v3")), None);
        assert_eq!(platform("linux/amd64").fit(&platform("windows/amd64")), None);
    }

    #[test]
    fn a_windows_image_must_be_of_the_hosts_build() {
        let windows = |version: &str| Platform { os_version: version.into(), ..platform("windows/amd64") };
        assert!(windows("10.0.20348.1").fit(&windows("10.0.20348.2340")).is_some());
        assert_eq!(windows("10.0.20348.1").fit(&windows("10.0.17763.1")), None);
        assert!(windows("").fit(&windows("10.0.17763.1")).is_some());
    }

    #[test]
    fn a_platform_reads_what_it_writes_and_other_names() {
        assert_eq!(platform("Linux/x86_64").to_string(), "linux/amd64");
        assert_eq!(platform("linux/arm/v7").to_string(), "linux/arm/v7");
        for bad in ["linux", "", "a/b/c/d", "linux/", "linux/a b"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
