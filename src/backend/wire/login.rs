//! Logins for registries as docker's `config.json` keeps them. Reads no file and runs no helper: text in, values out.

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde::Deserialize;
use serde_json::json;

/// Under which name Docker Hub's login is kept.
pub(crate) const HUB: &str = "https://index.docker.io/v1/";
/// Helpers give this name where the secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// The logins in a `config.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Logins {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", default)]
struct Entry {
    auth: String,
    identitytoken: String,
}

/// Where a registry's login is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// In the file itself.
    Here(Login),
    /// With the program `docker-credential-NAME`, asked for this server.
    Helper {
        /// The last part of the program's name: letters, digits, `-`, `_` and `.` only.
        name: String,
        /// What to ask it for.
        server: String,
    },
    /// Nowhere: the registry is asked without.
    Nowhere,
}

/// A login. Its secret shows in no debug print.
#[derive(PartialEq, Eq)]
pub(crate) struct Login {
    user: String,
    secret: String,
    server: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).field("server", &self.server).finish_non_exhaustive()
    }
}

impl Logins {
    /// Reads a `config.json`; one that makes no sense holds no login.
    pub(crate) fn read(file: &[u8]) -> Self {
        serde_json::from_slice(file).unwrap_or_default()
    }

    /// Where the login for the registry of `reference` is.
    pub(crate) fn find(&self, reference: &str) -> Found {
        let registry = registry(reference);
        let server = if registry == "docker.io" { HUB } else { registry };
        let helper = self.cred_helpers.get(registry).or_else(|| self.cred_helpers.get(server));
        if let Some(name) = helper.or(self.creds_store.as_ref()).filter(|name| is_program(name)) {
            return Found::Helper { name: name.clone(), server: server.to_owned() };
        }
        let host = |key: &str| host(key) == host(server);
        let entry = self.auths.get(server).or_else(|| self.auths.iter().find(|(key, _)| host(key)).map(|(_, e)| e));
        entry.and_then(|entry| entry.login(server)).map_or(Found::Nowhere, Found::Here)
    }
}

impl Entry {
    fn login(&self, server: &str) -> Option<Login> {
        let server = server.to_owned();
        if !self.identitytoken.is_empty() {
            return Some(Login { user: TOKEN_USER.to_owned(), secret: self.identitytoken.clone(), server });
        }
        let plain = String::from_utf8(STANDARD.decode(self.auth.trim()).ok()?).ok()?;
        let (user, secret) = plain.split_once(':')?;
        Some(Login { user: user.to_owned(), secret: secret.trim_end_matches('\0').to_owned(), server })
    }
}

impl Login {
    /// Reads what `docker-credential-NAME get` prints (docker-credential-helpers, "Development").
    pub(crate) fn from_helper(output: &[u8], server: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Credentials {
            username: String,
            secret: String,
        }
        let told: Credentials = serde_json::from_slice(output).ok()?;
        Some(Self { user: told.username, secret: told.secret, server: server.to_owned() })
    }

    /// User and secret, for who logs in without an engine. With an identity token the user is `<token>`.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.user, self.secret)
    }

    /// The value of `X-Registry-Auth`: JSON in base64url (Docker API, "Authentication").
    pub(crate) fn header(&self) -> String {
        let value = if self.user == TOKEN_USER {
            json!({ "identitytoken": self.secret, "serveraddress": self.server })
        } else {
            json!({ "username": self.user, "password": self.secret, "serveraddress": self.server })
        };
        URL_SAFE.encode(value.to_string())
    }
}

/// The registry in a reference: what stands before the first slash, if it can be a host.
fn registry(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "index.docker.io" | "registry-1.docker.io" => "docker.io",
            host => host,
        },
        _ => "docker.io",
    }
}

/// The host in a key of `auths`, which may be written as a URL.
fn host(key: &str) -> &str {
    let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
    bare.split('/').next().unwrap_or(bare)
}

/// A name that cannot lead out of the search path.
fn is_program(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The reference with the tag that an engine would otherwise take as "all tags".
pub(crate) fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") }
}

/// Repository and tag of a reference; an engine takes a digest in the place of a tag.
pub(crate) fn split(reference: &str) -> (String, String) {
    let whole = with_tag(reference);
    let parts = whole.rsplit_once('@').or_else(|| whole.rsplit_once(':'));
    parts.map_or_else(|| (whole.clone(), "latest".to_owned()), |(name, tag)| (name.to_owned(), tag.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = br#"{"auths":{"https://index.docker.io/v1/":{"auth":"YW5uYTpzM2NyZXQ="},
        "https://ghcr.io/v2/":{"identitytoken":"tok"},"empty.io":{}},
        "credHelpers":{"gcr.io":"gcloud","evil.io":"../x"},"unknown":7}"#;

    #[test]
    fn a_login_is_found_by_the_registry_of_the_reference() {
        let logins = Logins::read(FILE);
        let anna = Login { user: "anna".into(), secret: "s3cret".into(), server: HUB.into() };
        assert_eq!(logins.find("alpine:3"), Found::Here(anna));
        assert!(matches!(logins.find("ghcr.io/a/b"), Found::Here(login) if login.user == TOKEN_USER));
        assert_eq!(logins.find("gcr.io/a"), Found::Helper { name: "gcloud".into(), server: "gcr.io".into() });
        for nowhere in ["evil.io/x", "empty.io/x", "localhost:5000/x"] {
            assert_eq!(logins.find(nowhere), Found::Nowhere, "{nowhere}");
        }
    }

    #[test]
    fn one_store_can_hold_all() {
        let logins = Logins::read(br#"{"auths":{"x.io":{}},"credsStore":"desktop"}"#);
        assert_eq!(logins.find("a/b"), Found::Helper { name: "desktop".into(), server: HUB.into() });
        assert_eq!(Logins::read(b"{").find("a"), Found::Nowhere);
    }

    #[test]
    fn a_secret_shows_only_in_the_header() {
        let login = Login::from_helper(br#"{"ServerURL":"x","Username":"anna","Secret":"s3cret"}"#, "x.io").unwrap();
        assert!(!format!("{login:?}").contains("s3cret"));
        let header = URL_SAFE.decode(login.header()).unwrap();
        assert!(String::from_utf8(header).unwrap().contains(r#""password":"s3cret""#));
    }

    #[test]
    fn a_reference_without_a_tag_means_latest() {
        assert_eq!(with_tag("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(split("localhost:5000/a"), ("localhost:5000/a".into(), "latest".into()));
        assert_eq!(split("a@sha256:0"), ("a".into(), "sha256:0".into()));
        assert_eq!(with_tag("a:1"), "a:1");
        assert_eq!(with_tag("a@sha256:0"), "a@sha256:0");
    }
}
