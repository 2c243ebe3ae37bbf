//! Each rule, broken on purpose in a small house of its own.

use std::path::Path;
use tempfile::TempDir;

const HEADER: &str = "//! A crate.\n//! What.\n//! Who.\n//! Never.\n//! Start.\n";

/// A workspace with the crates `domain`, `llm` and `testkit`, and nothing to complain about.
struct House(TempDir);

impl House {
    fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.put("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n[workspace.dependencies]\ndomain = { path = \"crates/domain\" }\nllm = { path = \"crates/llm\" }\nstate = { path = \"crates/state\" }\ntestkit = { path = \"crates/testkit\" }\n");
        for name in ["domain", "llm", "state", "testkit"] {
            house.crate_named(name, "");
        }
        house
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn crate_named(&self, name: &str, rest: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n{rest}"
        );
        self.put(&format!("crates/{name}/Cargo.toml"), &manifest);
        self.put(&format!("crates/{name}/src/lib.rs"), HEADER);
    }

    fn problems(&self) -> Vec<String> {
        let found = xtask::tidy::problems(self.0.path()).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    /// The one problem of a house, which is at `place` and says `words`.
    fn breaks(&self, place: &str, words: &str) {
        let problems = self.problems();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let (found, rule) = problems[0].split_once(": ").unwrap();
        assert_eq!(found, place);
        assert!(rule.contains(words), "{rule}");
    }
}

fn lines(first: &str, count: usize) -> String {
    format!("{first}\n{}", "// line\n".repeat(count - 1))
}

#[test]
fn a_tidy_house_has_no_problem() {
    assert_eq!(House::new().problems(), Vec::<String>::new());
}

#[test]
fn floors_are_climbed_upwards_only() {
    for (name, imported, words) in [
        ("domain", "llm", "domain on floor 0 imports llm on floor 1"),
        ("llm", "state", "llm on floor 1 imports state on floor 1"),
        ("llm", "testkit", "llm ships and imports testkit"),
    ] {
        let house = House::new();
        house.crate_named(
            name,
            &format!("[dependencies]\n{imported}.workspace = true\n"),
        );
        house.breaks(&format!("crates/{name}/Cargo.toml:10"), words);
    }
    let house = House::new();
    house.crate_named(
        "llm",
        "[dependencies]\ndomain.workspace = true\n\n[dev-dependencies]\ntestkit.workspace = true\n",
    );
    house.crate_named("testkit", "[dependencies]\nllm.workspace = true\n");
    assert_eq!(house.problems(), Vec::<String>::new());
}

#[test]
fn build_scripts_climb_upwards_too() {
    let house = House::new();
    house.crate_named("domain", "[build-dependencies]\nllm.workspace = true\n");
    house.breaks("crates/domain/Cargo.toml:10", "only lower floors");
}

#[test]
fn every_crate_has_a_place() {
    let house = House::new();
    house.crate_named("plugins", "");
    house.breaks("crates/plugins/Cargo.toml", "not in the floor plan");
}

#[test]
fn dependencies_are_declared_once() {
    let path = "crates/llm/Cargo.toml";
    let house = House::new();
    house.crate_named("llm", "[dependencies]\ndomain = { path = \"../domain\" }\n");
    house.breaks(&format!("{path}:10"), "domain is declared here");
    house.crate_named("llm", "[dependencies.domain]\npath = \"../domain\"\n");
    house.breaks(&format!("{path}:9"), "domain is declared here");
    house.crate_named(
        "llm",
        "[target.'cfg(unix)'.dependencies]\ndomain = { path = \"../domain\" }\n",
    );
    house.breaks(&format!("{path}:10"), "domain is declared here");
    house.crate_named("llm", "[dependencies.domain]\nworkspace = true\n");
    assert_eq!(house.problems(), Vec::<String>::new());
}

#[test]
fn the_house_lints_apply_to_every_crate() {
    let house = House::new();
    house.put(
        "crates/llm/Cargo.toml",
        "[package]\nname = \"llm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    house.breaks("crates/llm/Cargo.toml", "the house lints do not apply");
}

#[test]
fn files_are_short_or_say_why_not() {
    let path = "crates/llm/src/long.rs";
    for (first, count, breach) in [
        ("//! x", 400, None),
        ("//! x", 401, Some("401 lines, more than 400")),
        ("// tidy: long, one state machine read together", 401, None),
        ("// tidy: long, ", 401, Some("more than 400")),
        (
            "// tidy: long, one state machine read together",
            801,
            Some("801 lines, more than 800"),
        ),
        ("// tidy: table", 801, None),
        ("// tidy: generated", 5000, None),
        ("// tidy: whatever", 401, Some("more than 400")),
    ] {
        let house = House::new();
        house.put(path, &lines(first, count));
        match breach {
            Some(words) => house.breaks(path, words),
            None => assert_eq!(house.problems(), Vec::<String>::new(), "{first}"),
        }
    }
}

#[test]
fn crates_say_what_they_are() {
    let house = House::new();
    house.put(
        "crates/llm/src/lib.rs",
        "//! Models.\n//!\n//! a\n//! b\n//! c\n\nmod x;\n",
    );
    house.breaks("crates/llm/src/lib.rs:1", "the crate header has 4 lines");
}

#[test]
fn modules_have_names() {
    let house = House::new();
    house.put("crates/llm/src/sse/mod.rs", "");
    house.breaks("crates/llm/src/sse/mod.rs", "never mod.rs");
    for path in [
        "src/utils.rs",
        "src/helpers/http.rs",
        "tests/it/common.rs",
        "src/types.rs",
    ] {
        let house = House::new();
        house.put("crates/llm/tests/it/main.rs", "");
        house.put(&format!("crates/llm/{path}"), "");
        house.breaks(&format!("crates/llm/{path}"), "is no name for a module");
    }
    let house = House::new();
    house.put("crates/llm/src/sse.rs", "pub(crate) mod misc {\n}\n");
    house.breaks("crates/llm/src/sse.rs:1", "misc is no name for a module");
}

#[test]
fn types_have_names() {
    let path = "crates/llm/src/x.rs";
    for line in [
        "pub struct SessionManager;",
        "struct Helper {",
        "pub(crate) enum RouterCore {",
        "pub trait Processor<T> {",
        "    struct RequestData(u8);",
        "pub type UserInfo = u8;",
    ] {
        let house = House::new();
        house.put(path, &format!("//! x\n{line}\n"));
        house.breaks(&format!("{path}:2"), "which says nothing");
    }
    let fine = "struct Database;\nstruct Metadata;\nstruct ModelInfo;\nimpl X {\n    type Data = u8;\n}\n// struct Helper\n";
    let house = House::new();
    house.put(path, fine);
    assert_eq!(house.problems(), Vec::<String>::new());
}

#[test]
fn unfinished_work_has_a_number() {
    let word = ["TO", "DO"].concat();
    let path = "crates/llm/src/x.rs";
    for (text, breach) in [
        (format!("// {word}: later"), true),
        (format!("// {word} later (#12)"), true),
        (format!("// {word}(#12): later"), false),
        (format!("// {word} #12: later"), false),
        (format!("// a `{word}` needs a number"), false),
        (format!("const {word}S: u8 = 1;"), false),
    ] {
        let house = House::new();
        house.put(path, &format!("{text}\n"));
        if breach {
            house.breaks(&format!("{path}:1"), "needs an issue number");
        } else {
            assert_eq!(house.problems(), Vec::<String>::new(), "{text}");
        }
    }
}

#[test]
fn paths_of_one_machine_stay_there() {
    let [work, root, home] = ["work", "root", "home"].map(|name| format!("/{name}/"));
    for (text, breach) in [
        (format!("see {work}shared"), true),
        (format!("\"{root}.cargo\""), true),
        (format!("{home}alice/notes"), true),
        (format!("{home}%u and ${home}x"), false),
        (format!("{home}you/.openclaw"), false),
        (format!("{home}yours/.openclaw"), true),
        (format!("/proc/self{root}etc and frame{work}x"), false),
        ("target/debug and home/page".to_owned(), false),
    ] {
        let house = House::new();
        house.put("docs/page.md", &format!("# Page\n\n{text}\n"));
        if breach {
            house.breaks("docs/page.md:3", "is a path of one machine");
        } else {
            assert_eq!(house.problems(), Vec::<String>::new(), "{text}");
        }
    }
}

#[test]
fn integration_tests_are_one_program() {
    let house = House::new();
    house.put("crates/llm/tests/it/main.rs", "");
    house.put("crates/llm/tests/storm/main.rs", "");
    assert_eq!(house.problems(), Vec::<String>::new());
    house.put("crates/llm/tests/another.rs", "");
    house.breaks("crates/llm/tests/another.rs", "are one program");
}

#[test]
fn all_problems_are_told_at_once_and_foreign_folders_are_left_alone() {
    let house = House::new();
    for folder in ["target", "web/node_modules", "web/dist", ".git"] {
        house.put(&format!("{folder}/mod.rs"), "struct Helper;\n");
    }
    house.put("crates/llm/src/a.rs", "struct Helper;\nstruct Manager;\n");
    house.put("crates/state/src/b.rs", "struct Util;\n");
    let places: Vec<String> = house
        .problems()
        .iter()
        .map(|problem| problem.split(": ").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        [
            "crates/llm/src/a.rs:1",
            "crates/llm/src/a.rs:2",
            "crates/state/src/b.rs:1"
        ]
    );
    assert!(
        Path::new(house.0.path())
            .join("target/mod.rs")
            .try_exists()
            .unwrap()
    );
}
