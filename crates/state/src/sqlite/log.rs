//! The session log on SQLite.

use super::encode::{encode_all, weight};
use super::failure::Failure;
use super::head::Head;
use super::{Store, row};
use crate::{Appended, Error, Fence, Recorded, Seq, SessionLog};
use async_trait::async_trait;
use domain::{Record, RunId, SessionKey, UnixMillis};
use rusqlite::{Rows, params};
use tokio::sync::broadcast;

#[async_trait]
impl SessionLog for Store {
    async fn append(
        &self,
        key: &SessionKey,
        fence: Fence,
        run: Option<&RunId>,
        records: Vec<Record>,
    ) -> Result<Seq, Error> {
        let records = encode_all(&records)?;
        let (key, run) = (key.clone(), run.cloned());
        self.write(weight(&records), move |tx| {
            let Some(mut head) = Head::load(tx, key.as_str())? else {
                return Err(Error::NoSession(key).into());
            };
            head.check(fence)?;
            for record in &records {
                head.append(tx, run.as_ref().map(RunId::as_str), record)?;
            }
            if !records.is_empty() {
                head.save(tx)?;
            }
            Ok(head.last())
        })
        .await
    }

    async fn read(
        &self,
        key: &SessionKey,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error> {
        let key = key.clone();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(
                "SELECT seq, at_ms, run, kind, version, payload FROM session_event
                     WHERE session = (SELECT id FROM session WHERE key = ?1) AND seq > ?2
                     ORDER BY seq LIMIT ?3",
            )?;
            all(statement.query(params![key.as_str(), after.0, row::limit(limit)])?)
        })
        .await
    }

    async fn read_back(
        &self,
        key: &SessionKey,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error> {
        let key = key.clone();
        let before = before.map_or(i64::MAX, |seq| seq.0);
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(
                "SELECT seq, at_ms, run, kind, version, payload FROM session_event
                     WHERE session = (SELECT id FROM session WHERE key = ?1) AND seq < ?2
                     ORDER BY seq DESC LIMIT ?3",
            )?;
            all(statement.query(params![key.as_str(), before, row::limit(limit)])?)
        })
        .await
    }

    async fn note(&self, key: &SessionKey, records: Vec<Record>) -> Result<Seq, Error> {
        let records = encode_all(&records)?;
        let key = key.clone();
        self.write(weight(&records), move |tx| {
            let Some(mut head) = Head::load(tx, key.as_str())? else {
                return Err(Error::NoSession(key).into());
            };
            for record in &records {
                head.append(tx, None, record)?;
            }
            if !records.is_empty() {
                head.save(tx)?;
            }
            Ok(head.last())
        })
        .await
    }

    fn tail(&self) -> broadcast::Receiver<Appended> {
        self.tail.subscribe()
    }
}

fn all(mut rows: Rows<'_>) -> Result<Vec<Recorded>, Failure> {
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(3)?;
        let payload: String = row.get(5)?;
        records.push(Recorded {
            seq: Seq(row.get(0)?),
            at: UnixMillis(row.get(1)?),
            run: row.get::<_, Option<String>>(2)?.map(RunId::new),
            record: Record::decode(&kind, row.get(4)?, &payload)
                .map_err(|error| Error::Record(error.to_string()))?,
        });
    }
    Ok(records)
}
