//! Opens the byte stream that an endpoint's address stands for, within a time limit.
//! Must not know what is asked over it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::rt::ReadBufCursor;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;

use super::ssh::{self, Route};
use super::{ConnectError, Options, tls};
use crate::model::endpoint::{Address, Endpoint};

/// After how long without a word a TCP connection is probed, and how often: a dead line is then
/// known within a minute, and not after the two hours that are usual.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(10));

/// Opens streams to one endpoint, as often as the HTTP client asks for one.
#[derive(Clone)]
pub(super) struct Dialler {
    address: Address,
    way: Way,
    limit: Duration,
    obituary: Obituary,
}

#[derive(Clone)]
enum Way {
    #[cfg(unix)]
    Unix(String),
    #[cfg(windows)]
    Pipe(String),
    Tcp {
        host: String,
        port: u16,
        tls: Option<Arc<rustls::ClientConfig>>,
    },
    Ssh {
        route: Route,
        room: Arc<Semaphore>,
    },
}

impl Dialler {
    /// Reads the TLS files, if any; opens nothing yet.
    pub(super) fn new(endpoint: &Endpoint, options: &Options) -> Result<Self, ConnectError> {
        let limit = options.connect_timeout;
        let way = match (&endpoint.address, endpoint.port()) {
            #[cfg(unix)]
            (Address::Unix(path), _) => Way::Unix(path.clone()),
            #[cfg(windows)]
            (Address::Pipe { server, name }, _) => Way::Pipe(format!(r"\\{server}\pipe\{name}")),
            (Address::Tcp { host, .. } | Address::Https { host, .. }, Some(port)) => {
                let files = endpoint.tls.clone().unwrap_or_default();
                let tls = endpoint.uses_tls().then(|| tls::configuration(host, &files)).transpose()?;
                Way::Tcp { host: host.clone(), port, tls }
            }
            (Address::Ssh { user, host, port, socket }, _) => Way::Ssh {
                route: Route {
                    command: options.ssh.clone(),
                    user: user.clone(),
                    host: host.clone(),
                    port: *port,
                    socket: socket.clone(),
                    timeout: limit,
                },
                room: Arc::new(Semaphore::new(ssh::LIMIT)),
            },
            (address, _) => {
                return Err(ConnectError::NotDialled { address: address.clone() });
            }
        };
        Ok(Self { address: endpoint.address.clone(), way, limit, obituary: Obituary::default() })
    }

    /// Why the latest stream ended, if it did before it was of any use.
    pub(super) fn obituary(&self) -> &Obituary {
        &self.obituary
    }

    async fn dial(self) -> Result<Wire, ConnectError> {
        let obituary = self.obituary.clone();
        obituary.take();
        self.open().await.map(|stream| Wire { stream: TokioIo::new(stream), useful: false, obituary })
    }

    async fn open(self) -> Result<Box<dyn Stream>, ConnectError> {
        let late = ConnectError::Timeout { address: self.address, after: self.limit };
        match self.way {
            #[cfg(unix)]
            Way::Unix(path) => bounded(self.limit, late, unix(path)).await,
            #[cfg(windows)]
            Way::Pipe(path) => bounded(self.limit, late, super::pipe::open(path)).await.map(boxed),
            Way::Tcp { host, port, tls } => bounded(self.limit, late, tcp(host, port, tls, self.limit)).await,
            // ssh keeps the limit itself and can say more about what it waited for.
            Way::Ssh { route, room } => ssh::dial(route, room).await.map(boxed),
        }
    }
}

async fn bounded<T>(
    limit: Duration,
    late: ConnectError,
    attempt: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    timeout(limit, attempt).await.unwrap_or(Err(late))
}

#[cfg(unix)]
async fn unix(path: String) -> Result<Box<dyn Stream>, ConnectError> {
    match tokio::net::UnixStream::connect(&path).await {
        Ok(stream) => Ok(boxed(stream)),
        Err(error) => Err(ConnectError::Socket { path, source: Arc::new(error) }),
    }
}

async fn tcp(
    host: String,
    port: u16,
    tls: Option<Arc<rustls::ClientConfig>>,
    limit: Duration,
) -> Result<Box<dyn Stream>, ConnectError> {
    let addresses = resolve(&host, port).await?;
    let stream = first_that_answers(&addresses, limit).await.map_err(|error| ConnectError::Tcp {
        host: host.clone(),
        port,
        source: Arc::new(error),
    })?;
    // Neither option is vital: a connection without them is still a connection.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
    match tls {
        Some(configuration) => Ok(boxed(tls::handshake(stream, &host, configuration).await?)),
        None => Ok(boxed(stream)),
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |error| ConnectError::Resolve { host: host.into(), source: Arc::new(error) };
    Ok(tokio::net::lookup_host((host, port)).await.map_err(failed)?.collect())
}

/// Gives each address its share of the time, so that one which swallows packets cannot use it all.
async fn first_that_answers(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

impl Service<Uri> for Dialler {
    type Response = Wire;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().dial())
    }
}

/// What every stream to an engine can do.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

fn boxed(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(stream)
}

/// The place where a failed stream leaves its reason: hyper drops it when a connection breaks before
/// the request was handed over.
#[derive(Clone, Default)]
pub(super) struct Obituary(Arc<Mutex<Option<ConnectError>>>);

impl Obituary {
    /// The reason, once.
    pub(super) fn take(&self) -> Option<ConnectError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: &io::Error) {
        if let Some(found) = ConnectError::behind(error) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        }
    }
}

/// An open stream to an engine.
pub(super) struct Wire {
    stream: TokioIo<Box<dyn Stream>>,
    /// Whether anything was ever read: what breaks later is no failure to connect.
    useful: bool,
    obituary: Obituary,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        match &read {
            Poll::Ready(Ok(())) => self.useful = true,
            Poll::Ready(Err(error)) if !self.useful => self.obituary.note(error),
            _ => {}
        }
        read
    }
}

impl hyper::rt::Write for Wire {
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
