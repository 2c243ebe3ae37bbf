//! The floor plan: a crate imports crates of lower floors only.

use super::Problem;
use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package, TargetKind};
use std::path::{Path, PathBuf};

/// Where a crate lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On a floor of the house, from the ground up.
    Floor(u8),
    /// Beside the house: for development only, seen by no crate that ships.
    Beside,
}

/// The floor plan. Source: `ARCHITECTURE.md`, "The floor plan".
const PLAN: &[(&str, Place)] = &[
    ("domain", Place::Floor(0)),
    ("protocol", Place::Floor(0)),
    ("config", Place::Floor(0)),
    ("llm", Place::Floor(1)),
    ("state", Place::Floor(1)),
    ("sandbox", Place::Floor(1)),
    ("tools", Place::Floor(2)),
    ("channels", Place::Floor(2)),
    ("agent", Place::Floor(3)),
    ("automation", Place::Floor(3)),
    ("gateway", Place::Floor(4)),
    ("ui", Place::Floor(4)),
    ("client", Place::Floor(4)),
    ("cli", Place::Floor(5)),
    ("testkit", Place::Beside),
    ("bench", Place::Beside),
    ("xtask", Place::Beside),
];

fn place(name: &str) -> Option<Place> {
    PLAN.iter()
        .find(|(planned, _)| *planned == name)
        .map(|(_, place)| *place)
}

pub(super) fn check(root: &Path, found: &mut Vec<Problem>) -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace with cargo metadata")?;
    // Links on the way to the workspace must not make the paths differ.
    let root = root.canonicalize().context("cannot find the workspace")?;
    for package in &metadata.packages {
        let manifest = package.manifest_path.as_std_path();
        let manifest = manifest
            .canonicalize()
            .unwrap_or_else(|_| manifest.to_owned());
        let manifest = manifest.strip_prefix(&root).unwrap_or(&manifest).to_owned();
        imports(package, &manifest, found);
        test_binaries(package, &manifest, found);
    }
    Ok(())
}

fn imports(package: &Package, manifest: &Path, found: &mut Vec<Problem>) {
    let name = package.name.as_str();
    let Some(own) = place(name) else {
        let rule = format!("the crate {name} is not in the floor plan; give it a place there");
        found.push(Problem::new(manifest, 0, rule));
        return;
    };
    let ours = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some());
    for dependency in ours {
        // Tests may look anywhere; what ships may not.
        if dependency.kind == DependencyKind::Development {
            continue;
        }
        let Some(rule) = import_rule(name, own, &dependency.name) else {
            continue;
        };
        let line = line_of(package.manifest_path.as_std_path(), &dependency.name);
        found.push(Problem::new(manifest, line, rule));
    }
}

fn import_rule(name: &str, own: Place, imported: &str) -> Option<String> {
    let Some(other) = place(imported) else {
        return Some(format!(
            "{name} imports {imported}, which is not in the floor plan"
        ));
    };
    match (own, other) {
        (Place::Floor(_), Place::Beside) => Some(format!(
            "{name} ships and imports {imported}, which is for development only"
        )),
        (Place::Floor(own), Place::Floor(other)) if other >= own => Some(format!(
            "{name} on floor {own} imports {imported} on floor {other}; only lower floors may be \
             imported"
        )),
        (Place::Floor(_), Place::Floor(_)) | (Place::Beside, _) => None,
    }
}

/// The line of a manifest that names a dependency; 0 when it is not found.
fn line_of(manifest: &Path, dependency: &str) -> usize {
    let Ok(text) = std::fs::read_to_string(manifest) else {
        return 0;
    };
    let named = |line: &str| {
        line.trim_start()
            .strip_prefix(dependency)
            .is_some_and(|rest| rest.trim_start().starts_with(['.', '=']))
    };
    text.lines().position(named).map_or(0, |at| at + 1)
}

/// Linking is the slow part, so tests share a program; those that load the machine for a minute
/// would disturb the others' clocks and have one of their own.
const TEST_PROGRAMS: &[&str] = &["tests/it/main.rs", "tests/storm/main.rs"];

fn test_binaries(package: &Package, manifest: &Path, found: &mut Vec<Problem>) {
    let folder = manifest.parent().map(PathBuf::from).unwrap_or_default();
    for target in &package.targets {
        let is_test = target.kind.contains(&TargetKind::Test);
        let path = target.src_path.as_std_path();
        if is_test && !TEST_PROGRAMS.iter().any(|known| path.ends_with(known)) {
            let rule = "integration tests of a crate are one program; make this a module of \
                        tests/it/main.rs, or of tests/storm/main.rs when it is a load test";
            let file = format!("tests/{}.rs", target.name);
            found.push(Problem::new(folder.join(file), 0, rule));
        }
    }
}
