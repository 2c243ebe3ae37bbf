//! Whom to trust: the machine's certificates, or the bundled ones when it has none.

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// TLS settings for one connection.
///
/// # Errors
/// When the cryptography of this build offers no usable version, which does not depend on input.
pub(crate) async fn settings() -> Result<Arc<ClientConfig>, String> {
    // Reads files, so it must not hold up the tasks of this thread.
    let roots = tokio::task::spawn_blocking(roots)
        .await
        .map_err(|error| error.to_string())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
