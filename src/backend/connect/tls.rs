//! The TLS side of a connection: PEM files read into a rustls configuration, and the handshake.
//! Must not know what is spoken once the connection stands.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ConnectError, error::TlsPart};
use crate::model::endpoint::TlsFiles;

type Certificates = Vec<CertificateDer<'static>>;

/// Reads the files and settles how the engine at `host` is to be trusted.
///
/// Reads a few small files, and the system's certificates if no CA is named: not for a hot path.
pub(super) fn configuration(host: &str, files: &TlsFiles) -> Result<Arc<ClientConfig>, ConnectError> {
    let failed = |source| ConnectError::Tls { host: host.into(), source };
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = if files.verify {
        let roots = Arc::new(roots(files.ca.as_deref())?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| failed(rustls::Error::General(error.to_string())))?;
        builder.with_webpki_verifier(verifier)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    };
    let mut configuration = match identity(files)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(failed)?,
        None => builder.with_no_client_auth(),
    };
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

/// Agrees on TLS over a connection that stands.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    configuration: Arc<ClientConfig>,
) -> Result<Secured, ConnectError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| broken(host, io::Error::other(error)))?;
    let stream = TlsConnector::from(configuration).connect(name, stream).await.map_err(|error| broken(host, error))?;
    Ok(Secured { stream, host: host.to_owned() })
}

/// rustls hides its own errors in those of the stream; they say more.
fn broken(host: &str, error: io::Error) -> ConnectError {
    let host = host.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(source) => ConnectError::Tls { host, source: source.clone() },
        None => ConnectError::TlsBroken { host, source: Arc::new(error) },
    }
}

/// A stream under TLS. In TLS 1.3 an engine refuses our certificate only after the handshake is
/// over for us, so the refusal comes as an error of the first read.
pub(super) struct Secured {
    stream: TlsStream<TcpStream>,
    host: String,
}

impl AsyncRead for Secured {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        Poll::Ready(read.map_err(|error| io::Error::new(error.kind(), broken(&self.host, error))))
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, ConnectError> {
    let certificates = match ca {
        Some(path) => certificates(path, TlsPart::Authority)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(certificates);
    match ca {
        Some(path) if taken == 0 => Err(ConnectError::NotPem { what: TlsPart::Authority, path: path.into() }),
        _ => Ok(roots),
    }
}

fn identity(files: &TlsFiles) -> Result<Option<(Certificates, PrivateKeyDer<'static>)>, ConnectError> {
    let half = |present, missing| Err(ConnectError::TlsHalf { present, missing });
    match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => Ok(Some((certificates(cert, TlsPart::Certificate)?, private_key(key)?))),
        (Some(_), None) => half(TlsPart::Certificate, TlsPart::Key),
        (None, Some(_)) => half(TlsPart::Key, TlsPart::Certificate),
        (None, None) => Ok(None),
    }
}

fn read(path: &Path, what: TlsPart) -> Result<Vec<u8>, ConnectError> {
    std::fs::read(path).map_err(|error| ConnectError::TlsFile { what, path: path.into(), source: Arc::new(error) })
}

fn certificates(path: &Path, what: TlsPart) -> Result<Certificates, ConnectError> {
    let pem = read(path, what)?;
    let found: Result<Certificates, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(ConnectError::NotPem { what, path: path.into() }),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let pem = read(path, TlsPart::Key)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| ConnectError::NotPem { what: TlsPart::Key, path: path.into() })
}

/// Takes any certificate, for those who switched the check off; signatures are still checked, so
/// that the other side must at least hold the key it shows.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
