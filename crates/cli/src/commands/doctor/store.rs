//! The lock and the database. A running gateway is asked; else the database is opened here.

use super::finding::Finding;
use crate::access::{self, AccessArgs};
use crate::failure::Failure;
use crate::home::Home;
use protocol::methods::{Health, status::HealthParams};
use state::lock::{GatewayLock, LockInfo, holder};
use state::sqlite::{self, SqliteConfig};
use std::time::Duration;

const GATEWAY: &str = "gateway";
const DATABASE: &str = "database";
/// How long a running gateway may take to test a write.
const LIMIT: Duration = Duration::from_secs(10);

/// Looks at the lock, then at the database.
pub(super) async fn check(home: &Home) -> Vec<Finding> {
    match holder(home.state_dir()) {
        Err(error) => vec![Finding::error(GATEWAY, error)],
        Ok(Some(holder)) => {
            let running = Finding::fine(
                GATEWAY,
                format_args!("running (pid {}, version {})", holder.pid, holder.version),
            );
            vec![running, ask(home).await]
        }
        Ok(None) => {
            let mut found = vec![Finding::fine(GATEWAY, "not running")];
            let path = home.state_dir().join("state.db");
            match path.try_exists() {
                Ok(true) => found.push(match open(home).await {
                    Ok(sessions) => Finding::fine(
                        DATABASE,
                        format_args!(
                            "{} opens and can be written ({sessions} sessions)",
                            path.display()
                        ),
                    ),
                    Err(error) => Finding::error(DATABASE, &error).fix(remedy(&error)),
                }),
                Ok(false) => found.push(Finding::fine(DATABASE, "not made yet")),
                Err(error) => {
                    found.push(Finding::error(
                        DATABASE,
                        format_args!("{}: {error}", path.display()),
                    ));
                }
            }
            found
        }
    }
}

async fn ask(home: &Home) -> Finding {
    let answer = async {
        let client = access::client(home, &AccessArgs::default(), LIMIT).await?;
        Ok::<_, Failure>(
            client
                .call::<Health>(&HealthParams { probe: Some(true) })
                .await?,
        )
    };
    match answer.await {
        Ok(health) if health.ok => Finding::fine(DATABASE, "the gateway can write it"),
        Ok(health) => Finding::error(DATABASE, health.reasons.join("; ")),
        Err(failure) => {
            let finding = Finding::error(GATEWAY, failure.message());
            match failure.next() {
                Some(fix) => finding.fix(fix),
                None => finding,
            }
        }
    }
}

async fn open(home: &Home) -> Result<u64, state::Error> {
    let lock = GatewayLock::acquire(home.state_dir(), &LockInfo::default())?;
    let store = sqlite::open(SqliteConfig::new(home.state_dir()), &lock).await?;
    store.health.probe().await?;
    let sessions = store.sessions.count().await?;
    store.health.close().await?;
    Ok(sessions)
}

fn remedy(error: &state::Error) -> String {
    if let state::Error::Corrupt { path, .. } = error {
        format!(
            "move {} away and restore a copy, or start with an empty one",
            path.display()
        )
    } else if let state::Error::DiskFull { .. } = error {
        "free some space".to_owned()
    } else if let state::Error::NewerSchema { .. } = error {
        "install the newer openclaw".to_owned()
    } else {
        "look at the rights of the file and at the disk".to_owned()
    }
}
