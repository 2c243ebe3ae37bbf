//! Nothing leaves the workspace. Source: security specification, catalogue F.

use crate::place::{Place, call, names};
use std::os::unix::fs::{PermissionsExt, symlink};

/// F1: links, dangling links, steps up, siblings with the same prefix.
#[tokio::test]
async fn links_and_steps_up_lead_nowhere() {
    let place = Place::new();
    std::fs::write(place.secret.join("key"), "secret").unwrap();
    symlink(place.secret.join("new"), place.ws.join("dangling")).unwrap();
    symlink(place.secret.join("key"), place.ws.join("leaf")).unwrap();
    symlink(&place.secret, place.ws.join("folder")).unwrap();
    symlink("inside.txt", place.ws.join("inner")).unwrap();
    place.put("inside.txt", "inside");
    std::fs::create_dir(place.ws.join("real")).unwrap();
    place.put("real/f", "inside");
    symlink("real", place.ws.join("inner-folder")).unwrap();
    let sibling = place.evil.join("x");
    let attempts = [
        ("write", "dangling".to_owned()),
        ("write", "leaf".to_owned()),
        ("write", "folder/new".to_owned()),
        ("write", "folder/deeper/new".to_owned()),
        ("write", "../ws-evil/new".to_owned()),
        ("write", "/etc/openclaw-test".to_owned()),
        ("write", place.evil.join("new").display().to_string()),
        ("read", "leaf".to_owned()),
        ("read", "folder/key".to_owned()),
        ("read", "inner".to_owned()),
        ("read", "inner-folder/f".to_owned()),
        ("write", "inner-folder/f".to_owned()),
        ("read", "../ws-evil/x".to_owned()),
        ("read", "a/../../ws-evil/x".to_owned()),
        ("read", sibling.display().to_string()),
        ("read", "/etc/passwd".to_owned()),
        ("read", "/proc/self/root/etc/passwd".to_owned()),
        ("ls", "folder".to_owned()),
        ("ls", "..".to_owned()),
        ("ls", "/".to_owned()),
    ];
    for (tool, path) in attempts {
        let arguments = match tool {
            "write" => serde_json::json!({ "path": path, "content": "x" }),
            _ => serde_json::json!({ "path": path }),
        };
        let said = place.err(tool, &arguments.to_string()).await;
        assert!(
            !said.contains("secret") || said.contains("folder"),
            "{tool} {path}: {said}"
        );
    }
    assert_eq!(names(&place.secret), ["key"]);
    assert_eq!(names(&place.evil), ["x"]);
    assert_eq!(
        std::fs::read_to_string(place.secret.join("key")).unwrap(),
        "secret"
    );
}

#[tokio::test]
async fn editing_through_a_link_changes_nothing() {
    let place = Place::new();
    std::fs::write(place.evil.join("x"), "old text").unwrap();
    symlink(place.evil.join("x"), place.ws.join("link")).unwrap();
    let said = place
        .err("edit", r#"{"path":"link","oldText":"old","newText":"new"}"#)
        .await;
    assert!(
        said.contains("link is a link, not a regular file"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_to_string(place.evil.join("x")).unwrap(),
        "old text"
    );
}

/// F3: a hard link brings a file of the gateway into the workspace.
#[tokio::test]
async fn hard_links_are_not_read_and_not_written_through() {
    let place = Place::new();
    std::fs::write(place.evil.join("settings"), "token").unwrap();
    std::fs::hard_link(place.evil.join("settings"), place.ws.join("innocent")).unwrap();
    let said = place.err("read", r#"{"path":"innocent"}"#).await;
    assert!(said.contains("more than one name"), "{said}");
    let edit = r#"{"path":"innocent","oldText":"token","newText":"x"}"#;
    assert!(place.err("edit", edit).await.contains("more than one name"));
    // Writing gives the name in the workspace to a new file; the other one keeps its content.
    place
        .ok("write", r#"{"path":"innocent","content":"mine"}"#)
        .await;
    assert_eq!(
        std::fs::read_to_string(place.evil.join("settings")).unwrap(),
        "token"
    );
    assert_eq!(place.text("innocent"), "mine");
}

#[tokio::test]
async fn protected_places_are_closed_under_every_name() {
    let place = Place::new();
    // The workspace is a parent of the protected folder here, as when it is the home folder.
    let state = place.ws.join(".openclaw");
    std::fs::create_dir(&state).unwrap();
    std::fs::write(state.join("gateway.token"), "secret").unwrap();
    let settings = place.ws.join("openclaw.json");
    let protected = tools::Protected::new([state.clone(), settings.clone()]);
    let toolbox = tools::Toolbox::new(
        tools::Registry::standard(protected),
        tools::ToolsSettings::default(),
    );
    let mut cx = place.cx();
    let alias = place.evil.join("alias");
    symlink(&place.ws, &alias).unwrap();
    // The second spelling of the workspace hides the protected paths from any comparison of texts.
    for workspace in [place.ws.clone(), alias] {
        cx.workspace = workspace;
        for (tool, arguments) in [
            ("read", r#"{"path":".openclaw/gateway.token"}"#),
            ("ls", r#"{"path":".openclaw"}"#),
            ("write", r#"{"path":".openclaw/new","content":""}"#),
            ("write", r#"{"path":"openclaw.json","content":"{}"}"#),
        ] {
            let result = toolbox.run(&call(tool, arguments), &cx).await;
            assert!(result.is_error, "{tool} {arguments}: {}", result.content);
            assert!(
                result.content.contains("belongs to the gateway"),
                "{}",
                result.content
            );
        }
    }
    assert_eq!(names(&state), ["gateway.token"]);
    assert!(!settings.try_exists().unwrap());
}

#[tokio::test]
async fn the_default_workspace_lies_in_the_protected_folder_and_works() {
    let place = Place::new();
    let inside = place.secret.join("workspace");
    std::fs::create_dir(&inside).unwrap();
    let protected = tools::Protected::new([place.secret.clone()]);
    let toolbox = tools::Toolbox::new(
        tools::Registry::standard(protected),
        tools::ToolsSettings::default(),
    );
    let mut cx = place.cx();
    cx.workspace.clone_from(&inside);
    let write = call("write", r#"{"path":"note","content":"hi"}"#);
    assert!(!toolbox.run(&write, &cx).await.is_error);
    assert_eq!(names(&inside), ["note"]);
    // A workspace that is the protected folder itself is closed.
    cx.workspace.clone_from(&place.secret);
    assert!(toolbox.run(&write, &cx).await.is_error);
}

/// Opening a pipe would wait for ever, and a device may do things when it is opened.
#[tokio::test]
async fn only_regular_files_are_opened() {
    let place = Place::new();
    let pipe = place.ws.join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    std::fs::create_dir(place.ws.join("folder")).unwrap();
    let said = place.err("read", r#"{"path":"pipe"}"#).await;
    assert!(
        said.contains("a device, pipe or socket, not a regular file"),
        "{said}"
    );
    for (tool, arguments) in [
        ("read", r#"{"path":"folder"}"#),
        ("read", r#"{"path":"."}"#),
        ("write", r#"{"path":"folder","content":""}"#),
        ("write", r#"{"path":"pipe","content":""}"#),
        ("edit", r#"{"path":"pipe","oldText":"a","newText":"b"}"#),
    ] {
        let said = place.err(tool, arguments).await;
        assert!(
            said.contains("not a regular file"),
            "{tool} {arguments}: {said}"
        );
    }
    assert_eq!(names(&place.ws), ["folder", "pipe"]);
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_behind() {
    let place = Place::new();
    let folder = place.ws.join("closed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "old").unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o500)).unwrap();
    let result = place
        .run("write", r#"{"path":"closed/file","content":"new"}"#)
        .await;
    let owner_is_stopped = std::fs::write(folder.join("probe"), "").is_err();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    if owner_is_stopped {
        assert!(
            result.content.contains("cannot write closed/file"),
            "{}",
            result.content
        );
        assert_eq!(names(&folder), ["file"]);
        assert_eq!(std::fs::read_to_string(folder.join("file")).unwrap(), "old");
    } else {
        // The superuser may write everywhere; then the write itself must be whole.
        assert_eq!(std::fs::read_to_string(folder.join("file")).unwrap(), "new");
    }
}
