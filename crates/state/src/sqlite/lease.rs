//! Named leases on SQLite.

use super::{Store, row};
use crate::{Error, Fence, Lease, Leases};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

#[async_trait]
impl Leases for Store {
    async fn acquire(&self, name: &str, holder: &str, ttl: Duration) -> Result<Lease, Error> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(name.len(), move |tx| {
            let known: Option<(Option<String>, i64, i64)> = tx
                .sql
                .prepare_cached("SELECT holder, fence, expires_at FROM lease WHERE name = ?1")?
                .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let fence = match known {
                None => 1,
                Some((Some(same), fence, _)) if same == holder => fence,
                Some((Some(other), _, expires_at)) if tx.now.0 < expires_at => {
                    return Err(Error::Held {
                        name,
                        holder: other,
                    }
                    .into());
                }
                Some((_, fence, _)) => fence.saturating_add(1),
            };
            tx.sql
                .prepare_cached(
                    "INSERT OR REPLACE INTO lease (name, holder, fence, expires_at)
                         VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    name,
                    holder,
                    fence,
                    tx.now.0.saturating_add(row::millis(ttl))
                ])?;
            Ok(Lease {
                name,
                holder,
                fence: Fence(fence),
            })
        })
        .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let lease = lease.clone();
        self.write(lease.name.len(), move |tx| {
            tx.sql
                .prepare_cached(
                    "UPDATE lease SET holder = NULL
                         WHERE name = ?1 AND holder = ?2 AND fence = ?3",
                )?
                .execute(params![lease.name, lease.holder, lease.fence.0])?;
            Ok(())
        })
        .await
    }
}
