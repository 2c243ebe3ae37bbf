//! A connection to a gateway: name, TCP, and TLS where the address asks for it.

use crate::endpoint::{OPEN_AIR, is_private};
use crate::{ClientError, Endpoint, tls};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Both directions of a connection.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Connects. The caller sets the time limit.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Box<dyn Duplex>, ClientError> {
    let unreachable = |reason: String| ClientError::Unreachable {
        address: endpoint.address(),
        reason,
    };
    let stream = dial(endpoint).await?;
    // Frames are small and somebody waits for each.
    stream
        .set_nodelay(true)
        .map_err(|error| unreachable(error.to_string()))?;
    if !endpoint.tls() {
        return Ok(Box::new(stream));
    }
    let settings = tls::settings().await.map_err(unreachable)?;
    let name =
        ServerName::try_from(endpoint.host().to_owned()).map_err(|_| ClientError::BadAddress {
            reason: "its host cannot be in a certificate".to_owned(),
        })?;
    let stream = TlsConnector::from(settings)
        .connect(name, stream)
        .await
        .map_err(|error| {
            // What the peer said cannot be trusted; anything else is the network's.
            let is_judged = error
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
            if is_judged {
                ClientError::Untrusted {
                    address: endpoint.shown(),
                    reason: error.to_string(),
                }
            } else {
                unreachable(format!("TLS: {error}"))
            }
        })?;
    Ok(Box::new(stream))
}

/// Tries the host's addresses in turn. Without TLS only private ones count, whatever name leads to
/// them.
async fn dial(endpoint: &Endpoint) -> Result<TcpStream, ClientError> {
    let unreachable = |reason: String| ClientError::Unreachable {
        address: endpoint.address(),
        reason,
    };
    let found = tokio::net::lookup_host((endpoint.host(), endpoint.port()))
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let mut refused = false;
    let mut last = "the name has no address".to_owned();
    for address in found {
        if !endpoint.tls() && !is_private(address.ip()) {
            refused = true;
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                last = error.to_string();
                refused = false;
            }
        }
    }
    if refused {
        return Err(ClientError::BadAddress {
            reason: OPEN_AIR.to_owned(),
        });
    }
    Err(unreachable(last))
}
