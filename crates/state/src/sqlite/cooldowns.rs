//! Resting credentials on SQLite.

use super::Store;
use crate::{Cooldowns, Error};
use async_trait::async_trait;
use domain::ledger::Cooldown;
use domain::{ModelId, ProviderId, UnixMillis};
use rusqlite::{Row, params};

#[async_trait]
impl Cooldowns for Store {
    async fn load(&self) -> Result<Vec<Cooldown>, Error> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT provider, credential, model, until, failures, reason FROM cooldown
                 ORDER BY provider, credential, model",
            )?;
            let rows = statement.query_map([], cooldown)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn replace(&self, all: Vec<Cooldown>) -> Result<(), Error> {
        self.write(all.len().saturating_mul(256), move |tx| {
            tx.sql.prepare_cached("DELETE FROM cooldown")?.execute([])?;
            let mut insert = tx.sql.prepare_cached(
                "INSERT OR REPLACE INTO cooldown
                   (provider, credential, model, until, failures, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for cooldown in &all {
                insert.execute(params![
                    cooldown.provider.as_str(),
                    cooldown.credential,
                    cooldown.model.as_ref().map_or("", ModelId::as_str),
                    cooldown.until.0,
                    cooldown.failures,
                    cooldown.reason,
                ])?;
            }
            Ok(())
        })
        .await
    }
}

fn cooldown(row: &Row<'_>) -> rusqlite::Result<Cooldown> {
    let model: String = row.get(2)?;
    Ok(Cooldown {
        provider: ProviderId::new(row.get::<_, String>(0)?),
        credential: row.get(1)?,
        model: (!model.is_empty()).then(|| ModelId::new(model)),
        until: UnixMillis(row.get(3)?),
        failures: row.get(4)?,
        reason: row.get(5)?,
    })
}
