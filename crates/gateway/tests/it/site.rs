//! A whole gateway in this process: real sockets, a real database, a fake model server.

use config::{ConfigFile, Env};
use gateway::{AssetView, Assets, Boot, Gateway, Overrides, Rhythm, Services, Shutdown};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use testkit::{Caller, EventStream, FakeModel, Home};

pub(crate) const TOKEN: &str = "test-token-with-more-than-24-characters-0123456789";

struct NoAssets;

impl Assets for NoAssets {
    fn find(&self, path: &str) -> Option<AssetView> {
        (path == "index.html").then(|| AssetView {
            content_type: "text/html; charset=utf-8",
            bytes: "<!doctype html>".into(),
            etag: "\"1\"",
            immutable: false,
        })
    }
}

/// What a gateway is started with besides its settings.
struct Start<'a> {
    token: Option<SecretString>,
    env: &'a [(&'a str, &'a str)],
    rhythm: Rhythm,
}

impl Start<'_> {
    fn usual() -> Self {
        Self {
            token: Some(SecretString::from(TOKEN)),
            env: &[],
            rhythm: Rhythm::default(),
        }
    }
}

/// A running gateway; stops when told to, or is left to the end of the test.
pub(crate) struct Site {
    pub(crate) model: FakeModel,
    pub(crate) home: Home,
    pub(crate) services: Arc<Services>,
    pub(crate) address: SocketAddr,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<gateway::ExitReport>,
}

impl Site {
    /// With the settings most tests want.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With those settings, changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let model = FakeModel::start().await.unwrap();
        let mut settings = Home::settings(&model.base_url());
        settings["models"]["providers"]["fake"]["timeouts"] =
            json!({ "connectMs": 500, "firstByteMs": 400, "idleMs": 400 });
        change(&mut settings);
        let home = Home::empty().unwrap();
        home.write_config(&settings).unwrap();
        Self::on(model, home).await
    }

    /// On a home that is there already.
    pub(crate) async fn on(model: FakeModel, home: Home) -> Self {
        Self::with_token(model, home, Some(SecretString::from(TOKEN))).await
    }

    /// With the token of the settings instead of one from the command line.
    pub(crate) async fn with_own_token(model: FakeModel, home: Home) -> Self {
        Self::with_token(model, home, None).await
    }

    /// With the settings most tests want, and these variables in its environment.
    pub(crate) async fn with_env<const N: usize>(env: [(&str, &str); N]) -> Self {
        let model = FakeModel::start().await.unwrap();
        let home = Home::empty().unwrap();
        home.write_config(&Home::settings(&model.base_url()))
            .unwrap();
        let start = Start {
            env: &env,
            ..Start::usual()
        };
        Self::launch(model, home, start).await
    }

    /// With the settings most tests want, and ticks and pings as often as this.
    pub(crate) async fn with_rhythm(rhythm: Rhythm) -> Self {
        let model = FakeModel::start().await.unwrap();
        let home = Home::with_model(&model.base_url()).unwrap();
        let start = Start {
            rhythm,
            ..Start::usual()
        };
        Self::launch(model, home, start).await
    }

    async fn with_token(model: FakeModel, home: Home, token: Option<SecretString>) -> Self {
        let start = Start {
            token,
            ..Start::usual()
        };
        Self::launch(model, home, start).await
    }

    async fn launch(model: FakeModel, home: Home, start: Start<'_>) -> Self {
        let Start { token, env, rhythm } = start;
        let mut variables = vec![("HOME".to_owned(), home.root().display().to_string())];
        variables.extend(
            env.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let boot = Boot {
            state_dir: home.state_dir(),
            config_file: ConfigFile::at(&home.config_path()).unwrap(),
            env: Env::from_iter(variables),
            overrides: Overrides {
                port: Some(0),
                token,
                ..Overrides::default()
            },
            assets: Arc::new(NoAssets),
            version: "0.0.0-test",
            rhythm,
        };
        let mut gateway = Gateway::build(boot).await.unwrap();
        gateway.listen().await.unwrap();
        let services = Arc::clone(gateway.services());
        let shown = gateway.greeting().addresses;
        let address = shown
            .first()
            .unwrap()
            .strip_prefix("http://")
            .unwrap()
            .parse()
            .unwrap();
        let shutdown = Shutdown::default();
        #[expect(clippy::disallowed_methods, reason = "the test waits for it in `stop`")]
        let running = tokio::spawn(gateway.run(shutdown.clone()));
        Self {
            model,
            home,
            services,
            address,
            shutdown,
            running,
        }
    }

    /// Who has the token.
    pub(crate) fn caller(&self) -> Caller {
        self.stranger().bearer(TOKEN).unwrap()
    }

    /// Who has not.
    pub(crate) fn stranger(&self) -> Caller {
        Caller::new(self.address)
    }

    /// Tells the gateway to stop; it ends when its runs have.
    pub(crate) fn begin_to_stop(&self) {
        self.shutdown.graceful.cancel();
    }

    /// Shuts down and hands back what outlives a gateway.
    pub(crate) async fn stop(self) -> (FakeModel, Home) {
        drop(self.services);
        self.shutdown.graceful.cancel();
        let report = self.running.await.unwrap();
        assert_eq!(report.overran, Vec::<&str>::new());
        (self.model, self.home)
    }
}

/// A chat completion body with one user message.
pub(crate) fn say(text: &str) -> Value {
    json!({ "model": "openclaw", "messages": [{ "role": "user", "content": text }] })
}

/// The same with more fields.
pub(crate) fn say_with(text: &str, fields: &Value) -> Value {
    let mut body = say(text);
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The chunks of a stream that ends as it should.
pub(crate) async fn chunks(stream: EventStream) -> Vec<Value> {
    let mut events = stream.collect().await.unwrap();
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    events
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}
