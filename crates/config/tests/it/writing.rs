use config::edit::{WriteError, hash, write};
use config::{Document, LoadOptions, lkg};
use serde_json::json;

use crate::home::Home;

#[test]
fn writes_are_private_guarded_and_keep_five_versions() {
    let home = Home::new();
    let path = home.path().join("openclaw.json");
    write(&path, "0", None).unwrap();
    for number in 1..8 {
        let before = (number - 1).to_string();
        write(&path, &number.to_string(), Some(&hash(&before))).unwrap();
    }
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    let names = ["", ".bak", ".bak.1", ".bak.2", ".bak.3", ".bak.4"];
    let found = names.map(|suffix| read(&format!("openclaw.json{suffix}")));
    assert_eq!(found, ["7", "6", "5", "4", "3", "2"]);
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        6,
        "no temporary files stay"
    );

    let changed = write(&path, "x", Some(&hash("6"))).unwrap_err();
    assert!(matches!(changed, WriteError::Changed { .. }), "{changed}");
    assert!(write(&path, "x", None).is_err());
    assert_eq!(read("openclaw.json"), "7");
    #[cfg(unix)]
    for suffix in names {
        use std::os::unix::fs::PermissionsExt;
        let path = home.path().join(format!("openclaw.json{suffix}"));
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn of_many_writers_with_the_same_start_one_wins() {
    let home = Home::with("start");
    let path = home.path().join("openclaw.json");
    let start = hash("start");
    let won: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    usize::from(write(path, &format!("w{number}"), Some(start)).is_ok())
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    assert_eq!(won, 1);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed() {
    let home = Home::new();
    let real = home.write("dotfiles/openclaw.json", "old");
    let link = home.path().join("openclaw.json");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write(&link, "new", Some(&hash("old"))).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
}

#[test]
fn the_last_good_settings_come_back_unresolved() {
    let mut home = Home::with(
        "{a: '${A}', lit: '$${A}', key: {source: 'env', id: 'A'}, $include: './b.json'}",
    );
    home.write("b.json", "{b: 1}");
    home.set("A", "canary");
    assert_eq!(lkg::load(&home.path()), None);
    let document = home.load().unwrap();
    lkg::save(&home.path(), document.raw()).unwrap();
    let kept = std::fs::read_to_string(home.path().join(lkg::FILE_NAME)).unwrap();
    assert!(!kept.contains("canary"), "{kept}");
    home.write("openclaw.json", "{broken");
    let file = lkg::load(&home.path()).unwrap();
    let again = Document::load(&file, &home.env(), &LoadOptions::default()).unwrap();
    assert_eq!(again.value(), document.value());
    assert_eq!(again.value()["b"], json!(1));
}
