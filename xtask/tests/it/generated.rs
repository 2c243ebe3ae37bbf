//! The generated files of this repository follow the code, and the check sees when one does not.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn of_this_repository_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let stale = xtask::generated::stale(root).unwrap();
    assert_eq!(stale, Vec::<PathBuf>::new(), "run cargo xtask gen");
}

#[test]
fn are_stale_when_missing_or_different_and_current_once_written() {
    let tree = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = xtask::generated::files()
        .unwrap()
        .iter()
        .map(|file| file.path.into())
        .collect();
    assert_eq!(xtask::generated::stale(tree.path()).unwrap(), paths);
    assert_eq!(xtask::generated::write(tree.path()).unwrap(), paths);
    assert_eq!(
        xtask::generated::stale(tree.path()).unwrap(),
        Vec::<PathBuf>::new()
    );
    for path in paths {
        let file = tree.path().join(&path);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replacen("generated", "written", 1)).unwrap();
        assert_eq!(
            xtask::generated::stale(tree.path()).unwrap(),
            std::slice::from_ref(&path)
        );
        assert_eq!(xtask::generated::write(tree.path()).unwrap(), [path]);
    }
}

#[test]
fn name_every_setting_and_every_method() {
    let files = xtask::generated::files().unwrap();
    let text = |path: &str| &files.iter().find(|file| file.path == path).unwrap().text;
    for setting in [
        "`gateway.port`",
        "`gateway.auth.rateLimit.maxAttempts`",
        "`agents.list[].id`",
        "`models.providers.<name>.models[].cost.input`",
        "`secrets.providers.<name>.path`",
        "`env.vars`",
    ] {
        assert!(
            text("docs/reference/settings.md").contains(setting),
            "{setting}"
        );
    }
    for method in protocol::methods::all() {
        let heading = format!("\n## `{}`\n", method.name);
        assert!(
            text("docs/reference/methods.md").contains(&heading),
            "{heading}"
        );
    }
}
