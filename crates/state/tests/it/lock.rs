//! One gateway per state directory.

use crate::backend::{Sqlite, lock, open};
use state::conformance::{Backend, claimed, session};
use state::lock::holder;
use state::{Error, GatewayLock, LockInfo, sqlite};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_second_gateway_is_told_who_is_first() {
    let home = tempfile::tempdir().unwrap();
    let info = LockInfo {
        pid: 4242,
        version: "1.2.3".to_owned(),
        ..LockInfo::default()
    };
    let held = GatewayLock::acquire(home.path(), &info).unwrap();
    let refused = lock(home.path());
    let Err(Error::Locked { path, pid: 4242 }) = refused else {
        unreachable!("{refused:?}")
    };
    assert_eq!(path, home.path().join("gateway.lock"));
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    drop(held);
    lock(home.path()).unwrap();
}

#[test]
fn the_file_tells_where_the_holder_listens() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(holder(home.path()).unwrap(), None);
    let mut info = LockInfo {
        pid: 7,
        version: "1.2.3".to_owned(),
        ..LockInfo::default()
    };
    let held = GatewayLock::acquire(home.path(), &info).unwrap();
    assert_eq!(holder(home.path()).unwrap(), Some(info.clone()));
    info.addresses = vec!["127.0.0.1:18789".to_owned(), "[::1]:18789".to_owned()];
    held.publish(&info).unwrap();
    assert_eq!(holder(home.path()).unwrap(), Some(info.clone()));
    // A shorter text leaves nothing of the longer one.
    info.addresses.clear();
    held.publish(&info).unwrap();
    assert_eq!(holder(home.path()).unwrap(), Some(info));
    drop(held);
    // The text is still there, but it is the lock that counts.
    assert_eq!(holder(home.path()).unwrap(), None);
}

#[test]
fn an_unreadable_text_is_still_a_lock() {
    let home = tempfile::tempdir().unwrap();
    let held = lock(home.path()).unwrap();
    std::fs::write(home.path().join("gateway.lock"), b"\xff not json").unwrap();
    assert_eq!(holder(home.path()).unwrap(), Some(LockInfo::default()));
    assert!(matches!(
        lock(home.path()),
        Err(Error::Locked { pid: 0, .. })
    ));
    drop(held);
}

#[test]
fn those_who_look_do_not_keep_a_gateway_out() {
    let home = tempfile::tempdir().unwrap();
    drop(lock(home.path()).unwrap());
    std::thread::scope(|threads| {
        let looking: Vec<_> = (0..3)
            .map(|_| threads.spawn(|| (0..2000).for_each(|_| drop(holder(home.path()).unwrap()))))
            .collect();
        while !looking
            .iter()
            .all(std::thread::ScopedJoinHandle::is_finished)
        {
            drop(lock(home.path()).unwrap());
        }
    });
}

#[tokio::test]
async fn a_store_keeps_the_directory_until_it_is_closed() {
    let backend = Sqlite::new();
    let held = lock(backend.dir.path()).unwrap();
    let state = sqlite::open(backend.config(), &held).await.unwrap();
    drop(held);
    assert!(matches!(
        open(backend.config()).await,
        Err(Error::Locked { .. })
    ));
    claimed(&state, &session("a")).await;
    state.health.close().await.unwrap();
    assert_eq!(holder(backend.dir.path()).unwrap(), None);
    assert_eq!(backend.open().await.sessions.count().await.unwrap(), 1);
}
