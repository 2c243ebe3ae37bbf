use std::time::{Duration, Instant};

use config::watch::{SETTLE, Watcher};

use crate::home::Home;

const PATIENCE: Duration = Duration::from_secs(10);

async fn changes(watcher: &mut Watcher) -> bool {
    tokio::time::timeout(PATIENCE, watcher.changed())
        .await
        .is_ok()
}

async fn stays_quiet(watcher: &mut Watcher) -> bool {
    tokio::time::timeout(SETTLE * 2, watcher.changed())
        .await
        .is_err()
}

async fn tells_every_kind_of_change(home: &Home, mut watcher: Watcher) {
    let path = home.path().join("openclaw.json");
    home.write("openclaw.json", "{a: 1}");
    assert!(changes(&mut watcher).await, "written in place");
    home.write("new", "{a: 2}");
    std::fs::rename(home.path().join("new"), &path).unwrap();
    assert!(changes(&mut watcher).await, "renamed over");
    std::fs::remove_file(&path).unwrap();
    assert!(changes(&mut watcher).await, "removed");
    home.write("openclaw.json", "{a: 3}");
    assert!(changes(&mut watcher).await, "came back");
    home.write("openclaw.json", "{a: 3}");
    home.write("other.json", "{}");
    assert!(
        stays_quiet(&mut watcher).await,
        "the same content, or another file"
    );
}

#[tokio::test]
async fn every_kind_of_change_is_told() {
    let home = Home::with("{}");
    let watcher = Watcher::new(&[home.path().join("openclaw.json")]);
    tells_every_kind_of_change(&home, watcher).await;
}

#[tokio::test]
async fn several_writes_are_one_change_after_they_settle() {
    let home = Home::with("{}");
    let mut watcher = Watcher::of(&home.load().unwrap());
    let begun = Instant::now();
    let writes = async {
        for number in 0..5 {
            home.write("openclaw.json", format!("{{a: {number}}}"));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (told, ()) = tokio::join!(changes(&mut watcher), writes);
    assert!(told);
    assert!(begun.elapsed() >= Duration::from_millis(400) + SETTLE);
    assert!(stays_quiet(&mut watcher).await);
}

#[tokio::test]
async fn a_change_between_reading_and_watching_is_told() {
    let home = Home::with("{$include: './more.json'}");
    home.write("more.json", "{}");
    let document = home.load().unwrap();
    home.write("more.json", "{a: 1}");
    let mut watcher = Watcher::of(&document);
    assert!(changes(&mut watcher).await);
}
