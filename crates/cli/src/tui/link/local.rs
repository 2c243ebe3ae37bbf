//! A gateway in this process, which nobody else can reach.

use super::super::model::{Ask, News};
use super::{Link, told};
use crate::failure::Failure;
use crate::home::Home;
use crate::local::LocalGateway;
use gateway::Inside;
use protocol::ClientProgram;
use serde_json::Value;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A gateway in this process.
pub(crate) struct LocalLink {
    gateway: LocalGateway,
    inside: Arc<Inside>,
    answers: JoinSet<(Ask, Result<Value, String>)>,
    is_new: bool,
    is_over: bool,
}

impl LocalLink {
    /// Opens the home as a gateway does, without listening.
    ///
    /// # Errors
    /// As [`LocalGateway::unshared`].
    pub(crate) async fn open(
        home: &Home,
        client: ClientProgram,
        caps: &[&str],
    ) -> Result<Self, Failure> {
        let gateway = LocalGateway::unshared(home).await?;
        let inside = Arc::new(gateway.inside(client, caps));
        Ok(Self {
            gateway,
            inside,
            answers: JoinSet::new(),
            is_new: true,
            is_over: false,
        })
    }
}

impl Link for LocalLink {
    fn call(&mut self, ask: Ask, method: &'static str, params: Value) {
        let inside = Arc::clone(&self.inside);
        self.answers.spawn(async move {
            let result = inside.call(method, &params).await;
            (ask, result.map_err(|error| error.message))
        });
    }

    async fn next(&mut self) -> News {
        if std::mem::take(&mut self.is_new) {
            return News::Connected {
                methods: self.inside.methods(),
            };
        }
        loop {
            tokio::select! {
                Some(done) = self.answers.join_next() => {
                    if let Ok((ask, result)) = done {
                        return News::Answer { ask, result };
                    }
                }
                event = self.inside.next(), if !self.is_over => if let Some(event) = event { return told(&event) } else {
                    self.is_over = true;
                    let why = "the gateway in this process has ended".to_owned();
                    return News::Lost { why, again: None };
                },
                else => std::future::pending().await,
            }
        }
    }

    fn ready(&mut self) -> Option<News> {
        if self.is_new {
            return None;
        }
        let (ask, result) = self.answers.try_join_next()?.ok()?;
        Some(News::Answer { ask, result })
    }

    async fn close(mut self) {
        self.answers.shutdown().await;
        drop(self.inside);
        self.gateway.close().await;
    }
}
