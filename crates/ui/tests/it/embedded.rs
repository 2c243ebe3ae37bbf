//! Promises about the embedded files that hold for every build.

use ui::{Asset, assets, find};

#[test]
fn the_root_is_the_index_and_nothing_else_is_guessed() {
    let index = find("/").unwrap();
    assert_eq!(
        (index.path, index.content_type),
        ("index.html", "text/html; charset=utf-8")
    );
    assert!(
        !index.immutable,
        "a cached index would keep an old version alive"
    );
    assert_eq!(find(""), Some(index));
    assert_eq!(find("/index.html"), Some(index));
    for path in [
        "/nothing",
        "//index.html",
        "/../index.html",
        "/%69ndex.html",
        "/INDEX.HTML",
    ] {
        assert_eq!(find(path), None, "{path}");
    }
}

#[test]
fn every_file_is_found_under_its_path_and_tagged_by_its_content() {
    for asset in assets() {
        assert_eq!(find(asset.path), Some(asset));
        assert!(asset.etag.starts_with('"') && asset.etag.ends_with('"') && asset.etag.len() == 18);
        assert!(!asset.bytes.is_empty(), "{} is empty", asset.path);
        let same_tag: Vec<&Asset> = assets()
            .iter()
            .filter(|other| other.etag == asset.etag)
            .collect();
        assert!(same_tag.iter().all(|other| other.bytes == asset.bytes));
    }
}
