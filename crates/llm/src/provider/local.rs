//! Model servers on this machine.

use super::ProviderConfig;
use super::configure::from_vendor;
use super::vendors::{VENDORS, Vendor};
use crate::transport::{Transport, Trust};
use crate::{MediaKinds, ModelInfo, Price};
use bytes::Bytes;
use domain::{ModelId, ProviderId};
use futures_util::future::join_all;
use http::{Method, Request};
use serde::Deserialize;
use std::time::Duration;

/// A model server that answered on a loopback port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServer {
    /// Which vendor's port it was.
    pub provider: ProviderId,
    /// Where it is.
    pub base_url: String,
    /// What it says it serves, in its order.
    pub models: Vec<ModelId>,
}

/// How long all probes together may take.
const PROBE_DEADLINE: Duration = Duration::from_millis(300);
/// Most bytes of a model list that are read.
const LIST_LIMIT: usize = 1 << 20;

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// Asks the usual loopback ports of known local servers for their models, all at once, within
/// 300 ms. Sends no key, follows no redirect. Servers that do not answer are left out.
pub async fn probe_local() -> Vec<LocalServer> {
    let probes = VENDORS.iter().filter_map(|vendor| {
        let local = vendor.local?;
        Some(probe(
            vendor,
            format!("http://127.0.0.1:{}{}", local.port, local.path),
        ))
    });
    join_all(probes).await.into_iter().flatten().collect()
}

async fn probe(vendor: &Vendor, url: String) -> Option<LocalServer> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(&url)
        .body(http_body_util::Full::<Bytes>::default());
    let answer = async {
        let transport = Transport::new(PROBE_DEADLINE, Trust::default());
        let body = transport.read(request.ok()?, LIST_LIMIT).await?;
        serde_json::from_slice::<List>(&body).ok()
    };
    let list = tokio::time::timeout(PROBE_DEADLINE, answer).await.ok()??;
    Some(LocalServer {
        provider: ProviderId::new(vendor.id),
        base_url: vendor.base_url.to_owned(),
        models: list
            .data
            .into_iter()
            .map(|listed| ModelId::new(listed.id))
            .collect(),
    })
}

impl LocalServer {
    /// The provider to add so that its models can be called; they cost nothing.
    pub fn provider_config(&self) -> ProviderConfig {
        let mut config = VENDORS
            .iter()
            .find(|vendor| vendor.id == self.provider.as_str())
            .map_or_else(
                || ProviderConfig::new(self.provider.as_str(), ""),
                from_vendor,
            );
        config.base_url.clone_from(&self.base_url);
        config.models = self
            .models
            .iter()
            .map(|model| ModelInfo {
                provider: self.provider.clone(),
                model: model.clone(),
                name: model.to_string(),
                context_window: None,
                max_output: None,
                images: false,
                media: MediaKinds::default(),
                tools: true,
                reasoning: false,
                price: Some(Price::FREE),
                best_for: Some("private answers on this machine".to_owned()),
            })
            .collect();
        config.default_model = None;
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    /// What a probe makes of a server that answers with `answer` and then stays silent.
    async fn probed(answer: &'static str) -> Option<LocalServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .read_buf(&mut Vec::with_capacity(4096))
                .await
                .unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.read_u8().await.ok();
        });
        let ollama = VENDORS.iter().find(|vendor| vendor.id == "ollama").unwrap();
        probe(ollama, format!("http://127.0.0.1:{port}/v1/models")).await
    }

    #[tokio::test]
    async fn a_server_that_lists_models_is_found() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n\
                      {\"object\":\"list\",\"data\":[{\"id\":\"a:1\"},{\"id\":\"b\"}]}";
        let found = probed(answer).await.unwrap();
        assert_eq!(found.models, [ModelId::new("a:1"), ModelId::new("b")]);
        let config = found.provider_config();
        assert_eq!((config.id.as_str(), config.models.len()), ("ollama", 2));
        let place = (config.api.as_str(), config.base_url.as_str());
        assert_eq!(place, ("ollama", "http://127.0.0.1:11434"));
        assert!(
            config.price == Some(Price::FREE)
                && config.key_hint.is_none()
                && config.keys.is_empty()
        );
        assert_eq!(config.models[0].price, Some(Price::FREE));
    }

    #[tokio::test]
    async fn anything_else_is_left_out_in_time() {
        for answer in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
            "",
        ] {
            let begun = std::time::Instant::now();
            assert_eq!(probed(answer).await, None, "{answer:?}");
            assert!(begun.elapsed() < Duration::from_secs(1), "{answer:?}");
        }
    }
}
