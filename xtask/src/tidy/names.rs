//! Names that describe their author's uncertainty.

use super::Problem;
use std::path::{Component, Path};

/// Rooms into which everything fits.
const ROOMS: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "types", "manager", "managers",
];

/// Last words of type names that say nothing.
const WORDS: &[&str] = &[
    "Manager",
    "Helper",
    "Helpers",
    "Util",
    "Utils",
    "Common",
    "Core",
    "Base",
    "Impl",
    "Data",
    "Info",
    "Processor",
    "Engine",
];

/// Types that keep such a name, each for a reason.
const ALLOWED: &[(&str, &str)] = &[
    (
        "ModelInfo",
        "what a catalog knows about a model; a Model is the thing itself",
    ),
    (
        "LockInfo",
        "what the lock file says about its holder; a Lock is the thing itself",
    ),
    (
        "MethodInfo",
        "one line of the method table; Method is the trait",
    ),
];

/// Checks the names of a file and of the folders above it.
pub(super) fn check_path(path: &Path, found: &mut Vec<Problem>) {
    if path.file_name().is_some_and(|name| name == "mod.rs") {
        found.push(Problem::new(
            path,
            0,
            "a module is name.rs beside name/, never mod.rs",
        ));
    }
    let rust = path.extension().is_some_and(|ending| ending == "rs");
    if !rust {
        return;
    }
    let rooms = path.with_extension("");
    for part in rooms.components() {
        if let Component::Normal(name) = part
            && let Some(room) = ROOMS.iter().find(|room| name == **room)
        {
            let rule = format!("{room} is no name for a module; name what it holds");
            found.push(Problem::new(path, 0, rule));
        }
    }
}

/// The rule a type name breaks, if any.
pub(super) fn type_rule(name: &str) -> Option<String> {
    if ALLOWED.iter().any(|(allowed, _)| *allowed == name) {
        return None;
    }
    let last = last_word(name);
    WORDS.contains(&last).then(|| {
        format!("{name} ends in {last}, which says nothing; name what it is, or split what it does")
    })
}

/// The name of a module that fits everything, declared in place.
pub(super) fn room_rule(name: &str) -> Option<String> {
    ROOMS
        .contains(&name)
        .then(|| format!("{name} is no name for a module; name what it holds"))
}

/// `Last` of `FirstThenLast`.
fn last_word(name: &str) -> &str {
    let start = name.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
    name.get(start..).unwrap_or(name)
}
