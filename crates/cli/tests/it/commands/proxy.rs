//! What stands before a gateway on the internet: it ends TLS and says where callers come from.

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The address the gateway sees the proxy at; it must trust it.
pub(super) const PROXY: &str = "127.0.0.2";

/// Where callers come from, as the proxy says.
pub(super) const CALLER: &str = "203.0.113.9";

/// A proxy that speaks TLS with a certificate of a made-up issuer; gone when dropped.
pub(super) struct TlsProxy {
    pub(super) port: u16,
    _runtime: Runtime,
}

impl TlsProxy {
    /// Before the gateway on this port.
    pub(super) fn before(gateway: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(settings()));
        runtime.spawn(async move {
            let mut callers = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // A caller that does not trust the certificate goes away.
                callers.spawn(async move { drop(relay(&acceptor, stream, gateway).await) });
            }
        });
        Self {
            port,
            _runtime: runtime,
        }
    }

    /// The certificate of the issuer, for those who trust it.
    pub(super) fn issuer() -> String {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/commands/tls");
        folder.join("issuer.pem").display().to_string()
    }
}

fn settings() -> ServerConfig {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

async fn relay(acceptor: &TlsAcceptor, stream: TcpStream, gateway: u16) -> std::io::Result<()> {
    let mut outside = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(outside.read_u8().await?);
    }
    head.truncate(head.len() - 2);
    head.extend(format!("X-Forwarded-For: {CALLER}\r\n\r\n").bytes());
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(PROXY.parse().unwrap(), 0))?;
    let mut inside = socket
        .connect(SocketAddr::from(([127, 0, 0, 1], gateway)))
        .await?;
    inside.write_all(&head).await?;
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
