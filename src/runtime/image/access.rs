//! How registries are spoken to: where TLS is not needed, which mirrors there are, who logs in. Knows no protocol.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, ready};
use oci_client::secrets::RegistryAuth;

/// The name under which helpers of docker give an identity token.
const TOKEN_USER: &str = "<token>";
/// The name that goes with such a token where it is used as a password, as Azure's registry takes it (Azure
/// documentation, "Registry authentication options").
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A login for a registry. Its secret shows in no debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub user: String,
    /// Password or token.
    pub secret: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Finds the login for the registry of a reference in its familiar form; `None` where nobody has logged in.
pub type LoginSource = Arc<dyn Fn(String) -> BoxFuture<'static, Option<Login>> + Send + Sync>;

/// How registries are spoken to.
#[derive(Clone)]
pub struct Access {
    /// Registries (host and port) that are spoken to without TLS, beside those on loopback.
    pub plain: Vec<String>,
    /// Asked before Docker Hub for its images, in this order: `https://HOST[:PORT]`, `http://…` or only the host.
    pub mirrors: Vec<String>,
    /// Finds logins.
    pub login: LoginSource,
    /// How long a registry that broke off is left alone before it is asked again; twice as long each time.
    pub pause: Duration,
}

impl Default for Access {
    fn default() -> Self {
        let login: LoginSource = Arc::new(|_| Box::pin(ready(None)));
        Self { plain: Vec::new(), mirrors: Vec::new(), login, pause: Duration::from_millis(500) }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("plain", &self.plain).field("mirrors", &self.mirrors).finish_non_exhaustive()
    }
}

/// How bytes get to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// With TLS.
    Tls,
    /// Without.
    Plain,
    /// Without, and past any proxy of the environment.
    Loopback,
}

/// A place where an image may be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Host and perhaps port.
    pub(super) host: String,
    pub(super) way: Way,
}

impl Access {
    /// The place of the registry itself.
    pub(super) fn home(&self, registry: &str) -> Place {
        let is_plain = self.plain.iter().any(|plain| plain == registry);
        let way = match (is_loopback(registry), is_plain) {
            (true, _) => Way::Loopback,
            (false, true) => Way::Plain,
            (false, false) => Way::Tls,
        };
        Place { host: registry.to_owned(), way }
    }

    /// Where images of Docker Hub are looked for first.
    pub(super) fn mirrors(&self) -> impl Iterator<Item = Place> {
        self.mirrors.iter().map(|mirror| {
            let (scheme, host) = mirror.split_once("://").unwrap_or(("", mirror));
            let place = self.home(host.trim_end_matches('/'));
            let way = if scheme == "http" && place.way == Way::Tls { Way::Plain } else { place.way };
            Place { way, ..place }
        })
    }

    /// The login for the registry of `reference`.
    pub(super) async fn auth(&self, reference: String) -> RegistryAuth {
        match (self.login)(reference).await {
            Some(login) if login.user == TOKEN_USER => RegistryAuth::Basic(NOBODY.to_owned(), login.secret),
            Some(login) => RegistryAuth::Basic(login.user, login.secret),
            None => RegistryAuth::Anonymous,
        }
    }
}

/// Whether a registry can only be on this host; what Docker, too, trusts without TLS.
fn is_loopback(registry: &str) -> bool {
    let host = match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => registry,
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_what_is_configured_goes_without_tls() {
        let access = Access { plain: vec!["reg.lan:5000".into()], ..Access::default() };
        for (registry, way) in [
            ("127.0.0.1:5000", Way::Loopback),
            ("127.9.9.9", Way::Loopback),
            ("[::1]:5000", Way::Loopback),
            ("localhost:80", Way::Loopback),
            ("reg.lan:5000", Way::Plain),
            ("reg.lan", Way::Tls),
            ("docker.io", Way::Tls),
            ("127.0.0.1.evil.io", Way::Tls),
        ] {
            assert_eq!(access.home(registry).way, way, "{registry}");
        }
    }

    #[test]
    fn a_mirror_says_how_it_is_spoken_to() {
        let mirrors = ["https://mirror.gcr.io/", "http://cache.lan", "127.0.0.1:1"].map(str::to_owned).to_vec();
        let access = Access { mirrors, ..Access::default() };
        let places: Vec<_> = access.mirrors().map(|place| (place.host, place.way)).collect();
        let expected = [("mirror.gcr.io", Way::Tls), ("cache.lan", Way::Plain), ("127.0.0.1:1", Way::Loopback)];
        assert_eq!(places, expected.map(|(host, way)| (host.to_owned(), way)));
    }

    #[test]
    fn a_secret_shows_in_no_debug_print() {
        let login = Login { user: "anna".into(), secret: "s3cret".into() };
        assert!(!format!("{login:?}").contains("s3cret"));
    }
}
