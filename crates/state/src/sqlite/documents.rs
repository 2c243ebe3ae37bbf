//! Small records on SQLite.

use super::Store;
use crate::{Document, Documents, Error};
use async_trait::async_trait;
use domain::UnixMillis;
use rusqlite::params;

#[async_trait]
impl Documents for Store {
    async fn documents(&self, kind: &str) -> Result<Vec<Document>, Error> {
        let kind = kind.to_owned();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(
                "SELECT id, text, updated_at FROM document WHERE kind = ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([kind], |row| {
                Ok(Document {
                    id: row.get(0)?,
                    text: row.get(1)?,
                    updated_at: UnixMillis(row.get(2)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn put(&self, kind: &str, id: &str, text: String) -> Result<(), Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.write(text.len() + 128, move |tx| {
            tx.sql
                .prepare_cached(
                    "INSERT OR REPLACE INTO document (kind, id, text, updated_at)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![kind, id, text, tx.now.0])?;
            Ok(())
        })
        .await
    }

    async fn remove(&self, kind: &str, id: &str) -> Result<bool, Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.write(128, move |tx| {
            let removed = tx
                .sql
                .prepare_cached("DELETE FROM document WHERE kind = ?1 AND id = ?2")?
                .execute([kind, id])?;
            Ok(removed > 0)
        })
        .await
    }
}
