//! The way to a gateway: calls go out, answers and events come back as news.

mod local;

use super::model::{Ask, News};
use client::ClientError;
use client::ws::{Connection, Events, Incoming, Options};
pub(crate) use local::LocalLink;
use protocol::Event;
use serde_json::Value;
use tokio::task::JoinSet;

/// A way to a gateway.
pub(crate) trait Link {
    /// Begins a call; its answer comes as [`News::Answer`].
    fn call(&mut self, ask: Ask, method: &'static str, params: Value);

    /// What comes next. The first is [`News::Connected`].
    ///
    /// # Cancel safety
    /// Nothing is lost.
    fn next(&mut self) -> impl Future<Output = News>;

    /// What has come already and is not read yet.
    fn ready(&mut self) -> Option<News>;

    /// Says goodbye.
    fn close(self) -> impl Future<Output = ()>;
}

/// A gateway behind a WebSocket.
pub(crate) struct SocketLink {
    connection: Connection,
    events: Events,
    answers: JoinSet<(Ask, Result<Value, ClientError>)>,
    is_new: bool,
}

impl SocketLink {
    /// Connects. Later losses are news; this one is a failure.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub(crate) async fn open(options: Options) -> Result<Self, ClientError> {
        let (connection, events) = Connection::open(options).await?;
        Ok(Self {
            connection,
            events,
            answers: JoinSet::new(),
            is_new: true,
        })
    }

    /// Where the gateway is, for people.
    pub(crate) fn address(&self) -> String {
        self.connection.address()
    }

    fn connected(&self) -> News {
        News::Connected {
            methods: self.connection.hello().features.methods.clone(),
        }
    }

    fn news(&self, incoming: Incoming) -> News {
        match incoming {
            Incoming::Event(event) => told(&event),
            Incoming::Gap => News::Gap,
            Incoming::Closed(loss) => News::Lost {
                why: loss.error.to_string(),
                again: loss.retry_in,
            },
            Incoming::Reconnected(_) => self.connected(),
        }
    }
}

fn told(event: &Event) -> News {
    let payload = event.payload.as_ref();
    News::Told {
        event: event.event.clone(),
        payload: payload
            .and_then(|payload| serde_json::from_str(payload.get()).ok())
            .unwrap_or_default(),
    }
}

/// An answer as news. A message whose answer was lost is kept by the model and sent again with
/// the same key, so nothing is said about it.
fn answer(ask: Ask, result: Result<Value, ClientError>) -> Option<News> {
    let result = match result {
        Ok(payload) => Ok(payload),
        Err(ClientError::Refused { message, .. }) => Err(message),
        Err(_) if matches!(ask, Ask::Send(_)) => return None,
        Err(error) => Err(error.to_string()),
    };
    Some(News::Answer { ask, result })
}

impl Link for SocketLink {
    fn call(&mut self, ask: Ask, method: &'static str, params: Value) {
        let connection = self.connection.clone();
        self.answers.spawn(async move {
            let result = connection.call_named(method, &params).await;
            (ask, result)
        });
    }

    async fn next(&mut self) -> News {
        if std::mem::take(&mut self.is_new) {
            return self.connected();
        }
        loop {
            let news = tokio::select! {
                Some(done) = self.answers.join_next() => done.ok().and_then(|(ask, result)| answer(ask, result)),
                Some(incoming) = self.events.next() => Some(self.news(incoming)),
                // Nothing comes any more; the user reads why and leaves.
                else => std::future::pending().await,
            };
            if let Some(news) = news {
                return news;
            }
        }
    }

    fn ready(&mut self) -> Option<News> {
        if self.is_new {
            return None;
        }
        while let Some(done) = self.answers.try_join_next() {
            if let Some(news) = done.ok().and_then(|(ask, result)| answer(ask, result)) {
                return Some(news);
            }
        }
        None
    }

    async fn close(self) {
        self.connection.close().await;
    }
}
