//! Platforms that images are built for, and which of them runs on which. Knows no registry.

mod windows;

use std::{env::consts, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::config::or_default;
use crate::model::{Isolation, text::clean};
use windows::Runs;

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
    /// What longshore itself was built for. The host's build of Windows is not known here: see
    /// [`super::ImageStore::on`].
    pub fn own() -> Self {
        let architecture = go_name(consts::ARCH);
        Self { architecture: architecture.into(), os: consts::OS.into(), ..Self::default() }
    }

    /// How well what is built for `image` runs here; `None`: not at all. The greater, the better.
    ///
    /// The newest variant that is not newer than ours runs best; on Windows the build counts first: the host's own,
    /// then one whose processes it can have beside its own, then the newest of those that need a virtual machine.
    pub fn fit(&self, image: &Self) -> Option<u32> {
        if image.os != self.os || image.architecture != self.architecture {
            return None;
        }
        let (own, other) = (self.generation()?, image.generation()?);
        let variant = (other <= own).then_some(other + 1)?;
        let rank = match windows::runs(&self.os_version, &image.os_version) {
            Runs::Unknown => 0,
            Runs::InVirtualMachine(build) => build,
            Runs::BesideOthers => u32::MAX - 1,
            Runs::AsOwn => u32::MAX,
            Runs::Not => return None,
        };
        Some(rank.max(variant))
    }

    /// Why what is built for `image` cannot run here, where only its build of Windows is at fault.
    pub fn too_new(&self, image: &Self) -> Option<String> {
        let is_too_new = self.os == image.os && windows::runs(&self.os_version, &image.os_version) == Runs::Not;
        is_too_new.then(|| {
            let (image, own) = (clean(&image.os_version), clean(&self.os_version));
            format!("it is built for Windows {image}, and this is {own}: Windows runs no image newer than itself")
        })
    }

    /// How containers of an image that is built for `image` can be kept apart from this host, the usual way first;
    /// nothing where they cannot run. Of use on Windows only.
    pub fn isolations(&self, image: &Self) -> &'static [Isolation] {
        match windows::runs(&self.os_version, &image.os_version) {
            Runs::AsOwn | Runs::BesideOthers | Runs::Unknown => &[Isolation::Process, Isolation::HyperV],
            Runs::InVirtualMachine(_) => &[Isolation::HyperV],
            Runs::Not => &[],
        }
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

    fn built(version: &str) -> Platform {
        Platform { os_version: version.into(), ..platform("windows/amd64") }
    }

    #[test]
    fn a_windows_image_is_the_better_the_nearer_its_build_is_and_never_newer() {
        let host = built("10.0.26100.1742");
        let fit = |version: &str| host.fit(&built(version));
        let worse_first = ["", "10.0.14393.1", "10.0.17763.6", "10.0.20348.2340", "10.0.26100.1"].map(fit);
        assert!(worse_first.is_sorted_by(|one, other| one < other) && worse_first[0].is_some(), "{worse_first:?}");
        assert_eq!(fit("10.0.26200.1"), None);
        assert_eq!(host.fit(&Platform { architecture: "arm64".into(), ..built("10.0.26100.1") }), None);
        assert!(built("").fit(&built("10.0.17763.1")).is_some());
    }

    #[test]
    fn an_image_that_is_too_new_is_refused_in_a_sentence() {
        let (host, image) = (built("10.0.17763.5329"), built("10.0.20348.2340"));
        let why = "it is built for Windows 10.0.20348.2340, and this is 10.0.17763.5329: Windows runs no image newer \
                   than itself";
        assert_eq!(host.too_new(&image).as_deref(), Some(why));
        assert_eq!(image.too_new(&host), None);
        assert_eq!(host.too_new(&built("")), None);
        assert_eq!(platform("linux/amd64").too_new(&platform("linux/amd64")), None);
    }

    #[test]
    fn only_an_image_of_the_hosts_kind_can_share_its_kernel() {
        let isolations = |host: &str, image: &str| built(host).isolations(&built(image));
        let both = [Isolation::Process, Isolation::HyperV];
        assert_eq!(isolations("10.0.17763.1", "10.0.17763.9"), both);
        assert_eq!(isolations("10.0.20348.1", "10.0.17763.9"), [Isolation::HyperV]);
        assert_eq!(isolations("10.0.22631.1", "10.0.20348.9"), both);
        assert_eq!(isolations("10.0.26100.1", "10.0.25398.9"), [Isolation::HyperV]);
        assert_eq!(isolations("10.0.17763.1", "10.0.20348.9"), []);
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
