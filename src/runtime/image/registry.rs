//! The way to registries: one client for each kind of way and login, kept. Knows neither layers on disk nor records.
//!
//! OCI distribution-spec 1.1, spoken by `oci-client`. Its own platform choice, manifest types and digest checks are
//! not used: bytes come in, and are judged by who asked for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use oci_client::{
    Reference, RegistryOperation,
    client::{BlobResponse, Client, ClientConfig, ClientProtocol, LayerDescriptor},
    errors::OciDistributionError as Broken,
    secrets::RegistryAuth,
};

use super::{
    access::{Access, Place, Way},
    digest::Digest,
    manifest::{Descriptor, is_foreign, kind},
    name::{HUB, Name},
    trouble::at_registry,
};
use crate::runtime::{Result, RuntimeError};

/// For reaching a registry.
const CONNECT: Duration = Duration::from_secs(15);
/// For which a registry may be silent while it is to send.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a config or manifest at most; Docker's limit is the same.
pub(super) const DOCUMENT: u64 = 4 << 20;

/// The clients, and how registries are spoken to.
#[derive(Debug)]
pub(super) struct Registry {
    access: Access,
    /// Making a client costs 80 ms: the system's certificates are read.
    kept: Mutex<Vec<Kept>>,
}

/// A client remembers the first login it gets for a registry, so another login needs another client.
struct Kept {
    way: Way,
    logins: HashMap<String, RegistryAuth>,
    client: Client,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("way", &self.way).field("logins", &self.logins).finish_non_exhaustive()
    }
}

/// One repository at one place, ready to be asked.
#[derive(Clone)]
pub(super) struct Session {
    client: Client,
    auth: RegistryAuth,
    reference: Reference,
    /// Hosts that are spoken to without TLS.
    plain: Arc<[String]>,
    /// For messages.
    pub(super) host: String,
    pub(super) tried: String,
}

impl Registry {
    pub(super) fn new(access: Access) -> Self {
        Self { access, kept: Mutex::default() }
    }

    /// Where an image is looked for, in this order.
    pub(super) fn places(&self, name: &Name) -> Vec<Place> {
        let mut places: Vec<_> = if name.registry() == HUB { self.access.mirrors().collect() } else { Vec::new() };
        places.push(self.access.home(name.registry()));
        places
    }

    /// Where an image is pushed to.
    pub(super) fn home(&self, name: &Name) -> Place {
        self.access.home(name.registry())
    }

    /// Logs in, where somebody has a login, and is ready to ask.
    pub(super) async fn open(
        &self,
        tried: &str,
        place: &Place,
        name: &Name,
        operation: RegistryOperation,
    ) -> Result<Session> {
        let reference = reference(&place.host, name);
        let repository = format!("{}/{}", place.host, name.repository());
        let auth = self.access.auth(repository).await;
        let client = self.client(tried, place.way, reference.resolve_registry(), &auth).await?;
        // Later calls get tokens themselves, but do not say why they got none.
        let login = client.auth(&reference, &auth, operation).await;
        login.map_err(|error| at_registry(tried, &place.host, error))?;
        let plain = self.access.plain.clone().into();
        Ok(Session { client, auth, reference, plain, host: place.host.clone(), tried: tried.to_owned() })
    }

    async fn client(&self, tried: &str, way: Way, registry: &str, auth: &RegistryAuth) -> Result<Client> {
        if let Some(client) = self.kept(way, registry, auth) {
            return Ok(client);
        }
        let made = tokio::task::spawn_blocking(move || make(way)).await;
        let why = |error: &dyn std::fmt::Display| RuntimeError::Unreachable {
            tried: tried.to_owned(),
            why: format!("no client for registries can be made: {error}"),
        };
        let client = made.map_err(|error| why(&error))?.map_err(|error| why(&error))?;
        let logins = HashMap::from([(registry.to_owned(), auth.clone())]);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(Kept { way, logins, client: client.clone() });
        Ok(client)
    }

    fn kept(&self, way: Way, registry: &str, auth: &RegistryAuth) -> Option<Client> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |kept: &&mut Kept| kept.way == way && kept.logins.get(registry).is_none_or(|known| known == auth);
        let found = kept.iter_mut().find(fits)?;
        found.logins.insert(registry.to_owned(), auth.clone());
        Some(found.client.clone())
    }
}

fn reference(host: &str, name: &Name) -> Reference {
    let (host, repository) = (host.to_owned(), name.repository().to_owned());
    match (name.digest(), name.tag()) {
        (Some(digest), _) => Reference::with_digest(host, repository, digest.to_string()),
        (None, tag) => Reference::with_tag(host, repository, tag.unwrap_or(crate::model::DEFAULT_TAG).to_owned()),
    }
}

fn make(way: Way) -> std::result::Result<Client, Broken> {
    // The first one stays; an error says that there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = ClientConfig {
        protocol: if way == Way::Tls { ClientProtocol::Https } else { ClientProtocol::Http },
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT),
        read_timeout: Some(SILENCE),
        user_agent: concat!("longshore/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    if way == Way::Loopback {
        // A proxy that is used for nothing keeps the client from those of the environment.
        config.http_proxy = Some("http://127.0.0.1:9".into());
        config.no_proxy = Some("localhost,127.0.0.0/8,::1/128".into());
    }
    Client::try_from(config)
}

/// Bytes of a blob, and from which one on they come.
pub(super) struct Blob {
    pub(super) begin: u64,
    pub(super) bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Session {
    /// Says what an error at this registry means.
    pub(super) fn error(&self, error: Broken) -> RuntimeError {
        at_registry(&self.tried, &self.host, error)
    }

    /// The manifest or index that the reference, or this digest, leads to, and its digest.
    pub(super) async fn document(&self, at: Option<Digest>) -> Result<(Bytes, Digest)> {
        let reference = match at {
            Some(digest) => self.reference.clone_with_digest(digest.to_string()),
            None => self.reference.clone(),
        };
        let answer = self.client.pull_manifest_raw(&reference, &self.auth, &kind::ACCEPTED).await;
        let (bytes, _) = answer.map_err(|error| self.error(error))?;
        let digest = Digest::of(&bytes);
        let wanted = at.or_else(|| self.reference.digest().and_then(|digest| digest.parse().ok()));
        self.verify("the manifest", wanted.unwrap_or(digest), digest)?;
        Ok((bytes, digest))
    }

    /// A blob's bytes from `offset` on, or from the beginning if the registry cannot begin elsewhere.
    pub(super) async fn blob(&self, of: &Descriptor, offset: u64) -> std::result::Result<Blob, Broken> {
        let digest = of.digest.to_string();
        // The client asks these only where the registry has nothing, one after the other, and without a login.
        let urls =
            is_foreign(&of.media_type).then(|| of.urls.iter().filter(|url| self.may_ask(url)).cloned().collect());
        let layer = LayerDescriptor { digest: &digest, urls: &urls };
        // Asked for a part even if it is all, so that the bytes are not digested twice.
        match self.client.pull_blob_stream_partial(&self.reference, &layer, offset, None).await? {
            BlobResponse::Full(whole) => Ok(Blob { begin: 0, bytes: whole.stream }),
            BlobResponse::Partial(part) => Ok(Blob { begin: offset, bytes: part.stream }),
        }
    }

    /// Whether a layer may be had from there: with TLS, or where somebody has said that it is not needed. An image
    /// must not make us ask around in the host's own networks.
    fn may_ask(&self, url: &str) -> bool {
        let plain = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
        url.starts_with("https://") || plain.is_some_and(|host| self.plain.iter().any(|known| known == host))
    }

    /// A small blob as a whole, verified.
    pub(super) async fn small(&self, what: &str, of: &Descriptor) -> Result<Vec<u8>> {
        let broken = |error| self.error(error);
        let mut blob = self.blob(of, 0).await.map_err(broken)?;
        let mut bytes = Vec::new();
        while let Some(some) = blob.bytes.try_next().await.map_err(Broken::IoError).map_err(broken)? {
            bytes.extend_from_slice(&some);
            if bytes.len() as u64 > of.size.min(DOCUMENT) {
                let why = format!("{what} from {} is larger than it may be", self.host);
                return Err(RuntimeError::Corrupt { tried: self.tried.clone(), why });
            }
        }
        self.verify(what, of.digest, Digest::of(&bytes))?;
        Ok(bytes)
    }

    fn verify(&self, what: &str, wanted: Digest, found: Digest) -> Result<()> {
        if wanted == found {
            return Ok(());
        }
        let why = format!("{what} from {} has the digest {found}, not {wanted}", self.host);
        Err(RuntimeError::Corrupt { tried: self.tried.clone(), why })
    }

    /// Whether the registry has a blob already.
    pub(super) async fn has(&self, digest: Digest) -> Result<bool> {
        self.client.blob_exists(&self.reference, &digest.to_string()).await.map_err(|error| self.error(error))
    }

    /// Sends a blob of which `size` bytes come.
    pub(super) async fn send<S>(&self, digest: Digest, size: u64, bytes: S) -> Result<()>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    {
        let bytes = bytes.map(|some| some.map_err(Broken::IoError));
        let sent = self.client.push_blob_stream(&self.reference, bytes, &digest.to_string(), Some(size)).await;
        sent.map(|_| ()).map_err(|error| self.error(error))
    }

    /// Gives the reference to these bytes.
    pub(super) async fn name(&self, manifest: Vec<u8>, media_type: &str) -> Result<()> {
        let kind = media_type.parse().map_err(|_| RuntimeError::Corrupt {
            tried: self.tried.clone(),
            why: "the manifest's type is none".into(),
        })?;
        let named = self.client.push_manifest_raw(&self.reference, manifest, kind).await;
        named.map(|_| ()).map_err(|error| self.error(error))
    }
}
