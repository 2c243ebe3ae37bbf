//! What the file tools do when all is well, and what they tell the model when it is not.

use crate::place::{Place, call, names};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_file_is_written_read_edited_and_listed() {
    let place = Place::new();
    let write = r##"{"path":"notes/a.md","content":"# One\ntwo\nthree\n"}"##;
    assert_eq!(
        place.ok("write", write).await,
        "created notes/a.md (16 bytes)"
    );
    assert_eq!(
        place.ok("read", r#"{"path":"notes/a.md"}"#).await,
        "# One\ntwo\nthree\n"
    );
    let edit = r#"{"path":"notes/a.md","oldText":"two","newText":"2"}"#;
    assert_eq!(place.ok("edit", edit).await, "edited notes/a.md at line 2");
    assert_eq!(place.text("notes/a.md"), "# One\n2\nthree\n");
    let again = r#"{"path":"notes/a.md","content":""}"#;
    assert_eq!(
        place.ok("write", again).await,
        "replaced notes/a.md (0 bytes)"
    );
    assert_eq!(
        place.ok("read", r#"{"path":"notes/a.md"}"#).await,
        "[notes/a.md is empty]"
    );
    std::os::unix::fs::symlink("a.md", place.ws.join("notes/z")).unwrap();
    std::fs::create_dir(place.ws.join("notes/sub")).unwrap();
    assert_eq!(
        place.ok("ls", r#"{"path":"notes"}"#).await,
        "a.md\nsub/\nz@"
    );
    assert_eq!(place.ok("ls", "").await, "notes/");
    assert_eq!(
        place.ok("ls", r#"{"path":"notes/sub"}"#).await,
        "[notes/sub is empty]"
    );
    // Nothing temporary is left beside the files.
    assert_eq!(names(&place.ws.join("notes")), ["a.md", "sub", "z"]);
}

#[tokio::test]
async fn absolute_paths_below_the_workspace_are_fine() {
    let place = Place::new();
    place.put("a", "text");
    let arguments = serde_json::json!({ "path": place.ws.join("a") }).to_string();
    assert_eq!(place.ok("read", &arguments).await, "text");
}

#[tokio::test]
async fn long_files_are_read_in_pieces_that_join() {
    let place = Place::new();
    let lines: Vec<String> = (1..=20_000).map(|n| format!("line {n}")).collect();
    let whole = lines.join("\n");
    place.put("long", &whole);
    let (mut joined, mut offset) = (String::new(), 1);
    loop {
        let arguments = serde_json::json!({ "path": "long", "offset": offset }).to_string();
        let piece = place.ok("read", &arguments).await;
        assert!(piece.len() <= 64 * 1024);
        let Some((lines, note)) = piece.rsplit_once("[lines ") else {
            joined.push_str(&piece);
            break;
        };
        joined.push_str(lines);
        let next = note.trim_end_matches(']').rsplit(' ').next().unwrap();
        offset = next.parse().unwrap();
    }
    assert_eq!(joined, whole);
}

#[tokio::test]
async fn a_range_is_exact_and_its_end_is_told() {
    let place = Place::new();
    place.put("f", "one\ntwo\nthree");
    let read = |arguments: &'static str| place.run("read", arguments);
    assert_eq!(
        read(r#"{"path":"f","offset":2,"limit":1}"#).await.content,
        "two\n[lines 2 to 2 of 3; continue with offset 3]"
    );
    assert_eq!(read(r#"{"path":"f","offset":3}"#).await.content, "three");
    assert_eq!(
        read(r#"{"path":"f","offset":4}"#).await.content,
        "f has 3 lines; offset 4 is beyond the end"
    );
}

#[tokio::test]
async fn one_endless_line_is_cut_in_the_middle() {
    let place = Place::new();
    place.put("min.js", format!("start{}end", "x".repeat(200_000)));
    let shown = place.ok("read", r#"{"path":"min.js"}"#).await;
    assert!(shown.len() <= 64 * 1024);
    assert!(shown.starts_with("start") && shown.ends_with("end"));
    assert!(shown.contains("bytes left out"));
}

#[tokio::test]
async fn binary_and_huge_files_are_refused_without_reading_them() {
    let place = Place::new();
    place.put("bin", [0x7f, b'E', b'L', b'F', 0, 1]);
    place.put("latin", [b'c', b'a', b'f', 0xe9]);
    for path in ["bin", "latin"] {
        let said = place.err("read", &format!(r#"{{"path":"{path}"}}"#)).await;
        assert!(said.contains("is not UTF-8 text"), "{said}");
    }
    // A sparse file of a terabyte: reading it would take for ever.
    let huge = std::fs::File::create(place.ws.join("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let said = place.err("read", r#"{"path":"huge"}"#).await;
    assert!(
        said.contains("huge has 1099511627776 bytes, more than the limit"),
        "{said}"
    );
    let edit = r#"{"path":"huge","oldText":"a","newText":"b"}"#;
    assert!(
        place
            .err("edit", edit)
            .await
            .contains("more than the limit")
    );
    let content = "x".repeat(10 * 1024 * 1024 + 1);
    let write = serde_json::json!({ "path": "big", "content": content }).to_string();
    assert!(
        place
            .err("write", &write)
            .await
            .contains("the content has 10485761 bytes")
    );
    assert!(!place.ws.join("big").try_exists().unwrap());
}

#[tokio::test]
async fn an_edit_must_fit_exactly_once() {
    let place = Place::new();
    place.put("f", "aaa\nb\nb\n");
    for (old, new, expected) in [
        ("c", "d", "does not occur"),
        ("b", "d", "occurs more than once"),
        ("aa", "d", "occurs more than once"),
        ("", "d", "oldText is empty"),
        ("b", "b", "are the same"),
    ] {
        let arguments = serde_json::json!({ "path": "f", "oldText": old, "newText": new });
        let said = place.err("edit", &arguments.to_string()).await;
        assert!(said.contains(expected), "{old:?}: {said}");
    }
    assert_eq!(place.text("f"), "aaa\nb\nb\n");
    place
        .ok("edit", r#"{"path":"f","oldText":"aaa\nb","newText":"é"}"#)
        .await;
    assert_eq!(place.text("f"), "é\nb\n");
}

#[tokio::test]
async fn windows_line_ends_and_permissions_survive() {
    let place = Place::new();
    place.put("run.cmd", "one\r\ntwo\r\nthree\r\n");
    let script = place.ws.join("run.cmd");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o750)).unwrap();
    let edit = r#"{"path":"run.cmd","old_string":"one\ntwo","new_string":"1\n2"}"#;
    place.ok("edit", edit).await;
    assert_eq!(place.text("run.cmd"), "1\r\n2\r\nthree\r\n");
    place
        .ok("write", r#"{"path":"run.cmd","content":"x"}"#)
        .await;
    let mode = std::fs::metadata(&script).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
}

#[tokio::test]
async fn missing_things_are_named() {
    let place = Place::new();
    place.put("file", "x");
    for (tool, arguments, expected) in [
        (
            "read",
            r#"{"path":"no/file"}"#,
            "no/file is not there; list its folder with ls",
        ),
        ("read", r#"{"path":"none"}"#, "none is not there"),
        ("ls", r#"{"path":"none"}"#, "none is not there"),
        (
            "ls",
            r#"{"path":"file"}"#,
            "file is a regular file, not a folder",
        ),
        (
            "write",
            r#"{"path":"file/x","content":""}"#,
            "file is a regular file, not a folder",
        ),
        (
            "edit",
            r#"{"path":"none","oldText":"a","newText":"b"}"#,
            "none is not there",
        ),
    ] {
        let said = place.err(tool, arguments).await;
        assert!(said.contains(expected), "{tool} {arguments}: {said}");
    }
    let mut cx = place.cx();
    cx.workspace = place.ws.join("gone");
    let toolbox = tools::Toolbox::new(
        tools::Registry::standard(tools::Protected::default()),
        tools::ToolsSettings::default(),
    );
    let result = toolbox.run(&call("ls", "{}"), &cx).await;
    assert!(
        result.content.starts_with("cannot open the workspace: "),
        "{}",
        result.content
    );
}

#[tokio::test]
async fn a_large_folder_is_listed_in_part() {
    let place = Place::new();
    for n in 0..1005 {
        place.put(&format!("f{n:04}"), "");
    }
    let listed = place.ok("ls", "{}").await;
    assert_eq!(listed.lines().count(), 1001);
    assert!(listed.starts_with("f0000\nf0001\n"));
    assert!(listed.ends_with("f0999\n[… 5 more …]"));
}

#[tokio::test]
async fn nothing_is_expanded() {
    let place = Place::new();
    place
        .ok("write", r#"{"path":"~/x","content":"tilde"}"#)
        .await;
    assert_eq!(place.text("~/x"), "tilde");
    for path in ["%2e%2e/x", "@/etc/passwd", "file:///etc/passwd"] {
        let arguments = serde_json::json!({ "path": path }).to_string();
        assert!(
            place.err("read", &arguments).await.contains("is not there"),
            "{path}"
        );
    }
}
