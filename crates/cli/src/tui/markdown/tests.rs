use super::*;

fn shown(text: &str, width: usize) -> String {
    let lines = render(text, width, Theme::Plain);
    let lines: Vec<String> = lines
        .iter()
        .map(|line| line.to_string().trim_end().to_owned())
        .collect();
    lines.join("\n")
}

#[test]
fn blocks_are_parted_and_lists_are_indented() {
    let text =
        "# Head\nfirst *line*\nsecond\n\n- one\n- two\n  1. deep and long enough to wrap\n\n> said";
    assert_eq!(
        shown(text, 24),
        "Head\n\nfirst line\nsecond\n\n• one\n• two\n  1. deep and long\n     enough to wrap\n\n▎ said"
    );
}

#[test]
fn code_keeps_its_shape() {
    assert_eq!(
        shown("```rust\nfn main() {\n    let x = 1;\n}\n```", 12),
        "rust\n│ fn main()\n│ {\n│     let x\n│ = 1;\n│ }"
    );
}

#[test]
fn tables_shrink_and_at_last_become_lists() {
    let table = "| name | price |\n|---|--:|\n| bread and butter | 12 |";
    assert_eq!(
        shown(table, 40),
        "name             │ price\n─────────────────┼──────\nbread and butter │    12"
    );
    assert_eq!(
        shown(table, 16),
        "name     │ price\n─────────┼──────\nbread    │    12\nand      │\nbutter   │"
    );
    assert_eq!(shown(table, 9), "name:\nbread and\nbutter\nprice: 12");
}

#[test]
fn links_tell_where_they_lead() {
    assert_eq!(
        shown("[ours](https://a.example)", 60),
        "ours (https://a.example)"
    );
    assert_eq!(shown("<https://a.example>", 60), "https://a.example");
}

#[test]
fn an_entity_is_no_way_around_the_cleaning() {
    assert_eq!(shown("a&#27;[2Jb &#x202e;c `x`", 60), "a␛[2Jb \u{fffd}c x");
}
