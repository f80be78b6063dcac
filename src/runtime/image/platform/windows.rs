//! Which build of Windows runs the images of which other. Knows versions as texts only.
//!
//! Containers share the kernel of their host or that of a virtual machine, and neither runs what is newer. Microsoft,
//! "Windows container version compatibility".

/// From this build on, a host's own kernel also runs the images of exactly this build: Windows Server 2022.
const STABLE: u32 = 20_348;

/// How an image can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// One of the two builds is not known, so nothing speaks against it.
    Unknown,
    /// On the host's kernel: it is of the same build.
    AsOwn,
    /// On the host's kernel, although that is newer.
    BesideOthers,
    /// In a virtual machine only; its build.
    InVirtualMachine(u32),
    /// It is newer.
    Not,
}

/// How an image of one version runs on a host of another.
pub(super) fn runs(host: &str, image: &str) -> Runs {
    match (build(host), build(image)) {
        (Some(host), Some(image)) if host == image => Runs::AsOwn,
        (Some(host), Some(image)) if image > host => Runs::Not,
        (Some(_), Some(STABLE)) => Runs::BesideOthers,
        (Some(_), Some(image)) => Runs::InVirtualMachine(image),
        _ => Runs::Unknown,
    }
}

/// The third number of a version.
fn build(version: &str) -> Option<u32> {
    version.split('.').nth(2)?.parse().ok()
}
