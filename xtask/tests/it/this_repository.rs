//! This repository keeps the house rules.

use std::path::Path;

#[test]
fn is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let problems = xtask::tidy::problems(root).unwrap();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        told.is_empty(),
        "run cargo xtask tidy:\n{}",
        told.join("\n")
    );
}
