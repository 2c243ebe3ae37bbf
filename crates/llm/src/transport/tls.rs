//! Whom to trust: the machine's certificates, or the bundled ones when it has none.

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error as StdError;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// TLS settings shared by all providers, loaded at the first use since reading the machine's certificates takes a while.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    config: Arc<OnceCell<Arc<ClientConfig>>>,
}

impl Trust {
    /// The TLS settings.
    ///
    /// # Errors
    /// When the settings cannot be made; the next call tries again.
    pub(super) async fn config(
        &self,
    ) -> Result<Arc<ClientConfig>, Box<dyn StdError + Send + Sync>> {
        let load = || async {
            // Reads files, so it must not hold up the tasks of this thread.
            let roots = tokio::task::spawn_blocking(roots).await?;
            let provider = Arc::new(aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Ok::<_, Box<dyn StdError + Send + Sync>>(Arc::new(config))
        };
        self.config.get_or_try_init(load).await.cloned()
    }
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            ignored,
            errors = found.errors.len(),
            "no certificates found on this machine; using the bundled ones"
        );
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
