//! What differs between the systems inside of containers where the runtime itself must know: paths, variables. Pure; built
//! and tested on every system. Knows no platform.

use super::image::Platform;
use crate::model::MountKind;

/// Where programs are looked for inside of Linux, if the image says nothing; Docker's. A Windows knows by itself.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Where named pipes of Windows are.
const PIPES: &str = r"\\.\pipe\";

/// The system inside, which is always of the host's own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

impl Guest {
    /// That of containers on this host.
    pub fn of(host: &Platform) -> Self {
        if host.os == "windows" { Self::Windows } else { Self::Linux }
    }

    /// The folder that all others are in.
    pub const fn root(self) -> &'static str {
        match self {
            Self::Linux => "/",
            Self::Windows => r"C:\",
        }
    }

    /// Whether a path says where it is from the root on. Those of Windows may leave out the drive, as Dockerfiles do.
    pub fn is_whole(self, path: &str) -> bool {
        match self {
            Self::Linux => path.starts_with('/'),
            Self::Windows => path.starts_with(['/', '\\']) || is_on_drive(path),
        }
    }

    /// A whole path in the one spelling of its system, without separators at its end but the root's.
    pub fn spelled(self, path: &str) -> String {
        match self {
            Self::Linux => format!("/{}", path.trim_matches('/')),
            Self::Windows => {
                let path = path.replace('/', r"\");
                if path.starts_with(r"\\") {
                    return path;
                }
                let (drive, rest) = if is_on_drive(&path) { path.split_at(2) } else { ("C:", path.as_str()) };
                format!(r"{}\{}", drive.to_ascii_uppercase(), rest.trim_matches('\\'))
            }
        }
    }

    /// Whether two whole paths are one place.
    pub fn is_same(self, one: &str, other: &str) -> bool {
        let (one, other) = (self.spelled(one), self.spelled(other));
        match self {
            Self::Linux => one == other,
            Self::Windows => one.to_lowercase() == other.to_lowercase(),
        }
    }

    /// Whether two names are those of one variable.
    pub fn is_same_variable(self, one: &str, other: &str) -> bool {
        match self {
            Self::Linux => one == other,
            Self::Windows => one.eq_ignore_ascii_case(other),
        }
    }

    /// Variables that every process has unless somebody sets them otherwise.
    pub fn variables(self, tty: bool) -> Vec<String> {
        match self {
            Self::Linux => [PATH.to_owned()].into_iter().chain(tty.then(|| "TERM=xterm".to_owned())).collect(),
            Self::Windows => Vec::new(),
        }
    }

    /// Why something of this kind cannot be mounted; `None` where it can.
    pub const fn refuses(self, kind: MountKind) -> Option<&'static str> {
        match (self, kind) {
            (Self::Linux, MountKind::Pipe) => Some("named pipes are for containers of Windows"),
            (Self::Windows, MountKind::Tmpfs) => Some("containers of Windows have no tmpfs"),
            (_, MountKind::Other) => Some("nobody knows how to mount it"),
            _ => None,
        }
    }

    /// Whether something can be mounted at this whole path inside.
    pub fn takes_mount(self, target: &str) -> bool {
        let is_pipe = self == Self::Windows && target.replace('/', r"\").starts_with(PIPES);
        is_pipe || self.is_whole(target) && !self.is_same(target, self.root())
    }
}

fn is_on_drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && bytes.next().is_none_or(|separator| matches!(separator, b'/' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_windows_are_whole_with_and_without_a_drive() {
        for path in [r"C:\", "c:/app", r"\app", "/app", "D:", r"\\.\pipe\x"] {
            assert!(Guest::Windows.is_whole(path), "{path}");
        }
        for path in ["app", "", r"C:app", "1:\\x", r".\app"] {
            assert!(!Guest::Windows.is_whole(path), "{path}");
        }
        assert!(Guest::Linux.is_whole("/app") && !Guest::Linux.is_whole(r"C:\app"));
    }

    #[test]
    fn a_place_has_one_spelling() {
        let spelled = |path| Guest::Windows.spelled(path);
        assert_eq!(["/app/", r"\app", r"c:\app\", "C:/app"].map(spelled), [r"C:\app"; 4]);
        assert_eq!(["/", "C:", r"c:\"].map(spelled), [r"C:\"; 3]);
        assert_eq!(spelled(r"\\.\pipe\docker"), r"\\.\pipe\docker");
        assert!(Guest::Windows.is_same("/Data", r"c:\data\") && !Guest::Linux.is_same("/Data", "/data"));
        assert_eq!(["/data/", "/"].map(|path| Guest::Linux.spelled(path)), ["/data", "/"]);
    }

    #[test]
    fn nothing_is_mounted_on_the_root_and_pipes_are_of_windows_only() {
        assert!(
            !Guest::Windows.takes_mount(r"C:\") && !Guest::Linux.takes_mount("/") && !Guest::Linux.takes_mount("x")
        );
        assert!(Guest::Windows.takes_mount(r"\\.\pipe\docker_engine") && Guest::Windows.takes_mount(r"D:\data"));
        assert!(Guest::Windows.refuses(MountKind::Pipe).is_none() && Guest::Linux.refuses(MountKind::Pipe).is_some());
        assert!(Guest::Windows.refuses(MountKind::Tmpfs).is_some() && Guest::Linux.refuses(MountKind::Tmpfs).is_none());
    }
}
