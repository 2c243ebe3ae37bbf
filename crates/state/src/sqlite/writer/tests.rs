use crate::lock::{GatewayLock, LockInfo};
use crate::sqlite::failure::Failure;
use crate::sqlite::job::Tx;
use crate::sqlite::{SqliteConfig, Store};
use crate::{Error, Fence};

fn store(home: &tempfile::TempDir) -> Store {
    let lock = GatewayLock::acquire(home.path(), &LockInfo::default()).unwrap();
    Store::open(&SqliteConfig::new(home.path()), lock.share()).unwrap()
}

fn put(tx: &Tx<'_>, name: &str) -> Result<(), Failure> {
    tx.sql
        .execute("INSERT INTO meta (name, value) VALUES (?1, '')", [name])?;
    Ok(())
}

async fn names(store: &Store) -> Vec<String> {
    let query = "SELECT name FROM meta ORDER BY name";
    let names = store.readers.read(move |sql| {
        let mut statement = sql.prepare(query)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    });
    names.await.unwrap()
}

#[tokio::test]
async fn a_failing_job_undoes_its_own_changes_only() {
    let home = tempfile::tempdir().unwrap();
    let store = store(&home);
    // Holds the thread inside the first job until the others are waiting behind it, so that all
    // three share a transaction.
    let (go, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let first = store.writer.write(0, move |tx| {
        wait.recv().unwrap();
        put(tx, "first")
    });
    let second = store.writer.write(0, |tx| {
        put(tx, "second")?;
        let lost = Error::LeaseLost {
            held: Fence(1),
            current: Fence(2),
        };
        Err::<(), Failure>(lost.into())
    });
    let third = store.writer.write(0, |tx| put(tx, "third"));
    let release = async { go.send(()).unwrap() };
    let (first, second, third, ()) = tokio::join!(first, second, third, release);
    first.unwrap();
    third.unwrap();
    assert!(matches!(second, Err(Error::LeaseLost { .. })), "{second:?}");
    assert_eq!(names(&store).await, ["first", "third"]);
}

#[tokio::test]
async fn a_panicking_job_is_answered_and_the_thread_lives() {
    let home = tempfile::tempdir().unwrap();
    let store = store(&home);
    let panicked = store.writer.write(0, |tx| -> Result<(), Failure> {
        put(tx, "half")?;
        panic!("a fault of the job");
    });
    let answer = panicked.await;
    assert!(
        matches!(answer, Err(Error::Unavailable { .. })),
        "{answer:?}"
    );
    store.writer.write(0, |tx| put(tx, "next")).await.unwrap();
    assert_eq!(names(&store).await, ["next"]);
}

#[tokio::test]
async fn a_panicking_read_is_answered_and_the_pool_stays_full() {
    let home = tempfile::tempdir().unwrap();
    let store = store(&home);
    for _ in 0..10 {
        let read = store
            .readers
            .read(|_sql| -> Result<(), Failure> { panic!("a fault") });
        let answer = read.await;
        assert!(
            matches!(answer, Err(Error::Unavailable { .. })),
            "{answer:?}"
        );
    }
    assert_eq!(names(&store).await, Vec::<String>::new());
}
