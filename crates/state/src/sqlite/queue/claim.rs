//! A run is taken, or taken over.

use super::super::failure::Failure;
use super::super::head::Head;
use super::super::job::Tx;
use super::{Known, running_run};
use crate::{Claim, Error};
use domain::{RunId, SessionKey};

/// Grows the session's fence and starts the next attempt.
pub(super) fn write(tx: &Tx<'_>, run: RunId) -> Result<Claim, Failure> {
    let Some(known) = Known::load(tx, run.as_str())? else {
        return Err(Error::NoRun(run).into());
    };
    let free = match (known.status(), running_run(tx, known.session)?) {
        ("finished", _) => false,
        (_, Some(other)) => other == known.id,
        (_, None) => true,
    };
    if !free {
        return Err(Error::WrongStatus {
            run,
            status: known.status(),
        }
        .into());
    }
    let key: String = tx
        .sql
        .prepare_cached("SELECT key FROM session WHERE id = ?1")?
        .query_row([known.session], |row| row.get(0))?;
    let key = SessionKey::new(key);
    let Some(mut head) = Head::load(tx, key.as_str())? else {
        return Err(Error::NoSession(key).into());
    };
    let claim = known.start(tx, &mut head, &key, run)?;
    head.save(tx)?;
    Ok(claim)
}
