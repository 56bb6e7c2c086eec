//! One connector for every kind of endpoint: bollard, our own requests and `/session` all use it.

use super::endpoint::Endpoint;
use super::ssh;
use http::Uri;
use hyper::rt::ReadBufCursor;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// The timeout for opening a connection, TLS included.
const OPENING: Duration = Duration::from_secs(10);

/// Both directions of a connection, over any transport.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection, as hyper expects it.
pub(super) struct Socket(TokioIo<Box<dyn Duplex>>);

/// Opens connections to one endpoint; the URI of a request does not matter.
#[derive(Clone)]
pub(super) struct Connector(pub Arc<Endpoint>);

impl Connector {
    /// A new connection.
    pub async fn open(&self) -> io::Result<Socket> {
        let opened = tokio::time::timeout(OPENING, dial(&self.0)).await;
        let late = |_| {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no connection within {} s", OPENING.as_secs()),
            )
        };
        Ok(Socket(TokioIo::new(opened.map_err(late)??)))
    }
}

async fn dial(endpoint: &Endpoint) -> io::Result<Box<dyn Duplex>> {
    Ok(match endpoint {
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Endpoint::Tcp { host, port } => Box::new(tcp(host, *port).await?),
        Endpoint::Tls {
            host,
            port,
            name,
            config,
        } => {
            let tls = tokio_rustls::TlsConnector::from(Arc::clone(config));
            Box::new(tls.connect(name.clone(), tcp(host, *port).await?).await?)
        }
        Endpoint::Ssh {
            user,
            host,
            port,
            socket,
            path,
        } => Box::new(ssh::dial(
            user.as_deref(),
            host,
            *port,
            socket.as_deref(),
            path.as_deref(),
        )?),
    })
}

async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl tower::Service<Uri> for Connector {
    type Response = Socket;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.open().await })
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
