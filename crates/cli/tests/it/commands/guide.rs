//! Every settings file that the guide shows is one.

use super::Sandbox;

/// A block of code: what stands behind its fence, and its lines.
struct Block {
    info: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                open = true;
                let info = info.to_owned();
                found.push(Block {
                    info,
                    text: String::new(),
                });
            }
            None if open => {
                let block = found.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    found
}

#[test]
fn shows_settings_that_are_valid() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    let pages = ["configuration", "costs", "routing"]
        .map(|page| std::fs::read_to_string(format!("{docs}/{page}.md")).unwrap());
    let blocks: Vec<Block> = pages.iter().flat_map(|page| blocks(page)).collect();
    let beside: Vec<(&str, &str)> = blocks
        .iter()
        .filter_map(|block| Some((block.info.split_once("file=")?.1, block.text.as_str())))
        .collect();
    assert_eq!(beside.len(), 1);
    let mut checked = 0;
    for Block { info, text } in &blocks {
        let name = match info.as_str() {
            "json5 settings" => "openclaw.json",
            "yaml settings" => "openclaw.yaml",
            _ => continue,
        };
        let mut sandbox = Sandbox::new()
            .with("OPENCLAW_GATEWAY_TOKEN", "3f9c17be2d84650a1b2c3d4e5f607182")
            .with("ACME_KEY", "a-key-of-acme")
            .with_settings(name, text);
        for (name, text) in &beside {
            sandbox = sandbox.with_settings(name, text);
        }
        let ran = sandbox.run(&["config", "validate"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{text}");
        checked += 1;
    }
    assert!(checked > 20, "{checked} examples");
}
