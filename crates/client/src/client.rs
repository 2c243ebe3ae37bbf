//! Calls of a gateway's methods.

use crate::exchange::{Answer, exchange};
use crate::{ClientError, Endpoint};
use http::{Method as Verb, StatusCode, header};
use protocol::{ErrorShape, Method};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Where methods are served.
const RPC: &str = "/api/rpc/";
/// Where readiness is told.
const READY: &str = "/readyz";

/// Calls one gateway. Cheap to clone; keeps no connection open between calls.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: Endpoint,
    limit: Duration,
}

/// What a gateway says about being ready for work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it takes new work.
    pub ready: bool,
    /// What does not work, by name; empty when ready or not told.
    pub failing: Vec<String>,
}

#[derive(Deserialize)]
struct Envelope {
    data: Option<Value>,
    error: Option<ErrorShape>,
}

impl Client {
    /// Calls `endpoint`; each call must end within `limit`.
    pub fn new(endpoint: Endpoint, limit: Duration) -> Self {
        Self { endpoint, limit }
    }

    /// The same client with another time limit per call.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            limit,
        }
    }

    /// The address, for people.
    pub fn address(&self) -> String {
        self.endpoint.address()
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Any [`ClientError`] but `BadAddress`, within the time limit.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; the gateway may still do the work.
    pub async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Reply, ClientError> {
        let params = serde_json::to_value(params).map_err(|error| self.odd(&error))?;
        let data = self.call_named(M::NAME, &params).await?;
        serde_json::from_value(data).map_err(|error| self.odd(&error))
    }

    /// Calls a method by its name with parameters that are passed on unread.
    ///
    /// # Errors
    /// As [`Client::call`]; [`ClientError::Refused`] for a name that cannot be a method's.
    pub async fn call_named(&self, method: &str, params: &Value) -> Result<Value, ClientError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if method.is_empty() || !method.chars().all(legal) {
            return Err(ClientError::Refused {
                status: Some(StatusCode::NOT_FOUND.as_u16()),
                code: protocol::ErrorCode::MethodNotFound.upper().to_owned(),
                message: format!("no method is called {method:?}"),
                details: None,
            });
        }
        let body = serde_json::to_vec(params).map_err(|error| self.odd(&error))?;
        let answer = self
            .send(Verb::POST, &format!("{RPC}{method}"), Some(body))
            .await?;
        let envelope: Result<Envelope, _> = serde_json::from_slice(&answer.body);
        match envelope {
            Ok(Envelope {
                data: Some(data),
                error: None,
            }) if answer.status.is_success() => Ok(data),
            Ok(Envelope {
                error: Some(error), ..
            }) => Err(self.refused(&answer, error)),
            Ok(Envelope {
                data: None,
                error: None,
            }) if answer.status.is_success() => Ok(Value::Null),
            Ok(_) | Err(_) => Err(self.odd(&format!(
                "status {} with a body that is not an answer to a method call",
                answer.status.as_u16()
            ))),
        }
    }

    /// Asks whether the gateway is ready. Needs no secret.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`], [`ClientError::TimedOut`], and [`ClientError::Protocol`] when
    /// something else answers at the address.
    pub async fn ready(&self) -> Result<Readiness, ClientError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told {
            failing: Vec<String>,
        }
        let answer = self.send(Verb::GET, READY, None).await?;
        let told: Option<Told> = serde_json::from_slice(&answer.body).ok();
        match answer.status {
            StatusCode::OK => Ok(Readiness {
                ready: true,
                failing: Vec::new(),
            }),
            StatusCode::SERVICE_UNAVAILABLE => Ok(Readiness {
                ready: false,
                failing: told.unwrap_or_default().failing,
            }),
            status => Err(self.odd(&format!("status {} for {READY}", status.as_u16()))),
        }
    }

    async fn send(
        &self,
        verb: Verb,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, ClientError> {
        let work = exchange(&self.endpoint, verb, path, body);
        tokio::time::timeout(self.limit, work)
            .await
            .unwrap_or_else(|_| {
                Err(ClientError::TimedOut {
                    address: self.address(),
                    limit: self.limit,
                })
            })
    }

    fn refused(&self, answer: &Answer, error: ErrorShape) -> ClientError {
        let ErrorShape {
            message,
            code,
            details,
            retry_after_ms,
            ..
        } = error;
        match answer.status {
            StatusCode::UNAUTHORIZED => ClientError::Unauthorized {
                address: self.address(),
                code: code.to_ascii_uppercase(),
                message,
            },
            StatusCode::TOO_MANY_REQUESTS => ClientError::RateLimited {
                retry_after: retry_after_ms.map(Duration::from_millis).or_else(|| {
                    let seconds = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
                    seconds.trim().parse().ok().map(Duration::from_secs)
                }),
                message,
            },
            status => ClientError::Refused {
                status: Some(status.as_u16()),
                code,
                message,
                details,
            },
        }
    }

    fn odd(&self, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Protocol {
            address: self.address(),
            reason: reason.to_string(),
        }
    }
}
