//! Makes connections: name, TCP and TLS under one deadline.

use super::tls::Trust;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower::Service;

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// No connection within the deadline.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} ms", .0.as_millis())]
pub(super) struct ConnectTimedOut(Duration);

/// Connects to `http` and `https` addresses.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    http: HttpConnector,
    trust: Trust,
    deadline: Duration,
}

impl Connector {
    pub(super) fn new(deadline: Duration, trust: Trust) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        Self {
            http,
            trust,
            deadline,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Self {
            mut http,
            trust,
            deadline,
        } = self.clone();
        Box::pin(async move {
            let connected = async {
                if to.scheme_str() == Some("https") {
                    let config = trust.config().await?;
                    return HttpsConnector::from((http, config)).call(to).await;
                }
                Ok(MaybeHttpsStream::Http(http.call(to).await?))
            };
            match tokio::time::timeout(deadline, connected).await {
                Ok(result) => result,
                Err(_) => Err(ConnectTimedOut(deadline).into()),
            }
        })
    }
}
