//! The plain page under its content security policy. Source: security specification, 6.9.

use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fallback")
            .join(name),
    )
    .unwrap()
}

/// The values of an attribute in HTML text whose attributes are all in double quotes.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn nothing_is_inline() {
    let html = page("index.html");
    assert!(!html.contains("<style"), "a style element");
    assert!(!html.contains(" style="), "a style attribute");
    let handler = html
        .split_whitespace()
        .find(|word| word.starts_with("on") && word.contains('='));
    assert_eq!(handler, None, "an event attribute");
    let scripts: Vec<&str> = html.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1);
    assert!(
        scripts[0].contains("src=\"./app.js\"></script>"),
        "{}",
        scripts[0]
    );
}

#[test]
fn nothing_comes_from_elsewhere() {
    let html = page("index.html");
    for attribute in ["src", "href", "action"] {
        for value in values(&html, attribute) {
            let local = value.starts_with("./") || value.starts_with('#');
            assert!(
                local || value.starts_with("data:image/svg+xml,"),
                "{attribute}={value}"
            );
            if let Some(name) = value.strip_prefix("./") {
                assert!(!page(name).is_empty());
            }
        }
    }
    for name in ["app.js", "style.css"] {
        let text = page(name);
        for elsewhere in ["http://", "https://", "@import", "url("] {
            assert!(!text.contains(elsewhere), "{name} has {elsewhere}");
        }
    }
}

#[test]
fn text_of_models_never_becomes_markup_or_code() {
    let script = page("app.js");
    for sink in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "setAttribute",
        ".style",
        "srcdoc",
    ] {
        assert!(!script.contains(sink), "app.js uses {sink}");
    }
}

#[test]
fn the_credential_is_kept_in_memory_only() {
    let script = page("app.js");
    for store in [
        "localStorage",
        "sessionStorage",
        "document.cookie",
        "indexedDB",
        "console.",
    ] {
        assert!(!script.contains(store), "app.js uses {store}");
    }
}

#[test]
fn every_element_the_script_names_is_there_and_every_field_has_a_label() {
    let (html, script) = (page("index.html"), page("app.js"));
    let ids = values(&html, "id");
    let named: Vec<&str> = script
        .split("by(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(
        named.len() > 20,
        "the script names its elements with by(\"…\")"
    );
    for id in named {
        assert!(ids.contains(&id), "no element has the id {id}");
    }
    let labels = values(&html, "for");
    for field in html
        .split("<input")
        .skip(1)
        .chain(html.split("<textarea").skip(1))
    {
        let id = values(field, "id")[0];
        assert!(labels.contains(&id), "{id} has no label");
    }
    for attribute in ["aria-labelledby", "aria-describedby"] {
        for target in values(&html, attribute) {
            assert!(
                ids.contains(&target),
                "{attribute} points to {target}, which is not there"
            );
        }
    }
}
