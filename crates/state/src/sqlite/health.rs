//! Whether SQLite can be written.

use super::Store;
use crate::{Error, Health};
use async_trait::async_trait;

#[async_trait]
impl Health for Store {
    async fn probe(&self) -> Result<(), Error> {
        if let Some(damage) = self.damage.get() {
            return Err(damage.clone());
        }
        self.write(0, |tx| {
            tx.sql
                .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?1)")?
                .execute([tx.now.0.to_string()])?;
            Ok(())
        })
        .await
    }

    async fn close(&self) -> Result<(), Error> {
        self.readers.close().await;
        let writer = self.writer.clone();
        let closing = tokio::task::spawn_blocking(move || writer.close());
        closing.await.unwrap_or(Err(Error::Closed))
    }
}
