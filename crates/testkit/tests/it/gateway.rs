//! Starting a gateway: what goes wrong is reported, and a child never outlives its handle.

use testkit::{GatewayProcess, Home, Launch};

#[tokio::test]
async fn a_program_that_ends_at_once_is_reported_with_its_stderr() {
    let home = Home::empty().unwrap();
    let script = home.root().join("ends");
    write_program(
        &script,
        "#!/bin/sh\necho \"no luck with $1 $2 $3\" >&2\nexit 3\n",
    );
    let error = Launch::with_binary(&home, &script)
        .unwrap()
        .start()
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("exit status: 3"), "{text}");
    assert!(text.contains("no luck with gateway run --port"), "{text}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let home = Home::empty().unwrap();
    let error = Launch::with_binary(&home, "/nowhere/openclaw")
        .unwrap()
        .start()
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "cannot run /nowhere/openclaw"
    );
}

#[tokio::test]
async fn a_program_that_is_ready_can_be_killed_and_started_again() {
    let home = Home::empty().unwrap();
    let script = home.root().join("serves");
    write_program(&script, SERVES);
    let mut gateway: GatewayProcess = Launch::with_binary(&home, &script)
        .unwrap()
        .start()
        .await
        .unwrap();
    let first = gateway.pid().unwrap();
    assert_eq!(gateway.stranger().get("/readyz").await.unwrap().status, 200);
    gateway.kill9().await.unwrap();
    assert!(gateway.stranger().get("/readyz").await.is_err());
    gateway.restart().await.unwrap();
    assert_ne!(gateway.pid().unwrap(), first);
    let status = gateway.stop().await.unwrap();
    assert_eq!(
        status.code(),
        Some(7),
        "the program's own answer to SIGTERM"
    );
}

/// A stand-in that serves `/readyz` and ends with 7 on SIGTERM.
const SERVES: &str = r#"#!/usr/bin/env python3
import http.server, os, signal, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer.allow_reuse_address = True
signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[4])), Ready).serve_forever()
"#;

fn write_program(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
