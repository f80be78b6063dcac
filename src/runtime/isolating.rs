//! How a container of Windows is kept apart from its host: what can be asked for, and what its image needs. Pure.

use super::{guest::Guest, image::Platform};
use crate::model::{Isolation, text::clean};

/// Why a container of an image cannot be kept apart as is asked; `None` where it can.
pub(super) fn refused(asked: Isolation, guest: Guest, host: &Platform, image: &Platform) -> Option<String> {
    match (guest, asked) {
        (Guest::Linux, Isolation::Default) => None,
        (Guest::Linux, _) => Some("how a container is kept apart is a choice of Windows only".into()),
        (Guest::Windows, Isolation::HyperV) => {
            Some("the engine aboard makes no virtual machines: it runs containers in the host's own kernel".into())
        }
        (Guest::Windows, _) if host.isolations(image).contains(&Isolation::Process) => None,
        (Guest::Windows, _) => Some(host.too_new(image).unwrap_or_else(|| {
            let (built, own) = (clean(&image.os_version), clean(&host.os_version));
            format!(
                "its image is built for Windows {built}, and this is {own}: it needs a virtual machine of its own, which \
                 the engine aboard does not make"
            )
        })),
    }
}

/// How all containers of the engine aboard are kept apart.
pub(super) const fn shown(guest: Guest) -> Isolation {
    match guest {
        Guest::Linux => Isolation::Default,
        Guest::Windows => Isolation::Process,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(os: &str, version: &str) -> Platform {
        Platform { os: os.into(), os_version: version.into(), ..Platform::own() }
    }

    #[test]
    fn what_needs_a_virtual_machine_is_refused_before_it_is_made() {
        let (host, old) = (built("windows", "10.0.20348.1"), built("windows", "10.0.17763.9"));
        let refused = |asked, image: &Platform| refused(asked, Guest::Windows, &host, image);
        for asked in [Isolation::Default, Isolation::Process] {
            assert_eq!(refused(asked, &host), None);
            assert!(refused(asked, &old).unwrap().contains("10.0.17763.9"), "{asked:?}");
            assert!(refused(asked, &built("windows", "10.0.26100.1")).unwrap().contains("newer than itself"));
        }
        assert!(refused(Isolation::HyperV, &host).unwrap().contains("virtual machines"));
    }

    #[test]
    fn linux_has_no_choice() {
        let own = built("linux", "");
        assert_eq!(refused(Isolation::Default, Guest::Linux, &own, &own), None);
        assert!(refused(Isolation::Process, Guest::Linux, &own, &own).is_some());
    }
}
