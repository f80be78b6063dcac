//! A host with Windows, as far as the engine aboard depends on it, and what it lacks. Pure: who asks Windows is
//! elsewhere.

use std::fmt;

use super::hcs::Version;

/// The oldest build that has all that longshore calls: Windows Server 2019.
pub const OLDEST_BUILD: u32 = 17763;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowsHost {
    /// The build's number; images of Windows are made for one.
    pub build: u32,
    /// The service of containers (`vmcompute`).
    pub compute: Service,
    /// The service of their networks (`hns`).
    pub network: Service,
    /// The newest schema of documents, or why nobody says.
    pub schema: Result<Version, String>,
    /// Whether this process has an administrator's rights.
    pub is_elevated: bool,
}

/// How a service of Windows stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Runs.
    Running,
    /// Is there and does not run; Windows starts both when they are needed.
    Stopped,
    /// Is not there.
    Absent,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Absent => "absent",
        })
    }
}

/// Something without which there is no engine aboard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// Windows itself.
    #[error("Windows build {0} is too old: {OLDEST_BUILD} (Windows Server 2019) or a later one is needed")]
    Build(u32),
    /// The feature.
    #[error("the Windows feature Containers is off: there is no service {0}")]
    Containers(&'static str),
    /// An administrator's rights.
    #[error("only an administrator may make containers")]
    Rights,
    /// An answer of the service.
    #[error("{0}")]
    Answer(String),
    /// Newer documents.
    #[error("the host compute service knows documents of version {0} only, {oldest} is needed", oldest = Version::OLDEST)]
    Schema(Version),
}

impl Lack {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Build(_) | Self::Schema(_) => "update Windows, or name another engine with -H",
            Self::Containers(_) => {
                "turn it on with `Enable-WindowsOptionalFeature -Online -FeatureName Containers` and restart Windows"
            }
            Self::Rights => "start longshore from a terminal that runs as an administrator",
            Self::Answer(_) => "look at `Get-Service vmcompute, hns`",
        }
    }
}

impl WindowsHost {
    /// The first thing that is missing, in the order in which it is mended; `None` when nothing is.
    pub fn lack(&self) -> Option<Lack> {
        let services = [("vmcompute", self.compute), ("hns", self.network)];
        let absent = services.into_iter().find(|(_, service)| *service == Service::Absent);
        match (&self.schema, absent) {
            _ if self.build < OLDEST_BUILD => Some(Lack::Build(self.build)),
            (_, Some((name, _))) => Some(Lack::Containers(name)),
            _ if !self.is_elevated => Some(Lack::Rights),
            (Err(why), None) => Some(Lack::Answer(why.clone())),
            (Ok(version), None) if *version < Version::OLDEST => Some(Lack::Schema(*version)),
            (Ok(_), None) => None,
        }
    }
}

/// The release that people know a build by; builds of clients in between are their server's.
pub const fn release(build: u32) -> &'static str {
    match build {
        26100.. => "Windows Server 2025 / Windows 11 24H2",
        25398.. => "Windows Server 23H2",
        22000.. => "Windows 11",
        20348.. => "Windows Server 2022",
        18362.. => "Windows 10 1903 or later",
        17763.. => "Windows Server 2019 / Windows 10 1809",
        _ => "an older Windows",
    }
}

/// On one line: what a report of a fault needs.
impl fmt::Display for WindowsHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, build {}, vmcompute {}, hns {}", release(self.build), self.build, self.compute, self.network)?;
        if let Ok(version) = &self.schema {
            write!(f, ", schema {version}")?;
        }
        f.write_str(if self.is_elevated { ", elevated" } else { ", not elevated" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> WindowsHost {
        WindowsHost {
            build: 20348,
            compute: Service::Running,
            network: Service::Stopped,
            schema: Ok(Version { major: 2, minor: 5 }),
            is_elevated: true,
        }
    }

    #[test]
    fn a_server_with_the_feature_lacks_nothing() {
        assert_eq!(host().lack(), None);
        let line = "Windows Server 2022, build 20348, vmcompute running, hns stopped, schema 2.5, elevated";
        assert_eq!(host().to_string(), line);
    }

    #[test]
    fn what_is_missing_is_told_in_the_order_in_which_it_is_mended() {
        let mut host = WindowsHost {
            build: 14393,
            compute: Service::Absent,
            network: Service::Absent,
            schema: Err("this Windows has no computecore.dll".into()),
            is_elevated: false,
        };
        assert_eq!(host.lack(), Some(Lack::Build(14393)));
        host.build = 17763;
        assert_eq!(host.lack(), Some(Lack::Containers("vmcompute")));
        host.compute = Service::Stopped;
        assert_eq!(host.lack(), Some(Lack::Containers("hns")));
        host.network = Service::Stopped;
        assert_eq!(host.lack(), Some(Lack::Rights));
        host.is_elevated = true;
        assert_eq!(host.lack().unwrap().to_string(), "this Windows has no computecore.dll");
        host.schema = Ok(Version { major: 1, minor: 0 });
        assert!(host.lack().unwrap().to_string().contains("version 1.0 only, 2.1 is needed"));
    }
}
