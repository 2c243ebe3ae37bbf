//! F2: a folder and a link are exchanged all the time while files are written and read below them.

use crate::place::{Place, names};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanging_folders_leads_no_write_outside() {
    let place = Place::new();
    std::fs::create_dir(place.ws.join("a")).unwrap();
    symlink(&place.evil, place.ws.join("b")).unwrap();
    std::fs::remove_file(place.evil.join("x")).unwrap();
    let (a, b) = (place.ws.join("a"), place.ws.join("b"));
    let done = Arc::new(AtomicBool::new(false));
    let exchanges = Arc::new(AtomicU64::new(0));
    let exchanger = {
        let (done, exchanges) = (Arc::clone(&done), Arc::clone(&exchanges));
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
                exchanges.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let (mut written, mut refused) = (0_u32, 0_u32);
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        let result = place.run("write", r#"{"path":"a/f","content":"x"}"#).await;
        if result.is_error {
            refused += 1;
        } else {
            written += 1;
        }
        let read = place.run("read", r#"{"path":"a/f"}"#).await;
        assert!(read.is_error || read.content == "x", "{}", read.content);
    }
    done.store(true, Ordering::Relaxed);
    exchanger.join().unwrap();

    assert_eq!(names(&place.evil), Vec::<String>::new());
    // The race was a race: both outcomes happened, many times, while the folders moved.
    assert!(
        written > 10 && refused > 10,
        "{written} written, {refused} refused"
    );
    assert!(exchanges.load(Ordering::Relaxed) > 1000);
}
