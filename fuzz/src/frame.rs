//! Frames: any bytes are read or refused, and what is read is whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Request, json};

fuzz_target!(|data: &[u8]| {
    let checked = json::check(data);
    let Ok(request) = Request::parse(data) else {
        return;
    };
    assert!(!request.id.is_empty() && !request.method.is_empty());
    let Some(params) = request.params else { return };
    // What a frame obeys, its parameters obey as well.
    if checked.is_ok() {
        assert_eq!(json::check(params.get().as_bytes()), Ok(()));
        let read = serde_json::from_str::<serde_json::Value>(params.get());
        assert!(read.is_ok(), "{read:?}");
    }
});
