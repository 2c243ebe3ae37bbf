use serde_json::json;

use crate::home::{Home, lines};

#[test]
fn files_merge_in_order_and_siblings_win() {
    let home = Home::with(
        "{\n  $include: ['./a.json5', 'sub/b.yaml'],\n  own: {y: 'top'},\n  list: {$include: './list.json'},\n}",
    );
    home.write("a.json5", "{own: {x: 'a', y: 'a'}, arr: [1, 2], only: 'a'}");
    home.write(
        "sub/b.yaml",
        "own:\n  x: b\n  z: b\narr: []\nnested:\n  $include: ./c.json\n",
    );
    home.write("sub/c.json", "{deep: true}");
    home.write("list.json", "[1]");
    let document = home.load().unwrap();
    let expected = json!({
        "own": {"x": "b", "y": "top", "z": "b"}, "arr": [], "only": "a",
        "nested": {"deep": true}, "list": [1],
    });
    assert_eq!(*document.value(), expected);
    assert_eq!(*document.raw(), expected);
    let names = [
        "openclaw.json",
        "a.json5",
        "sub/b.yaml",
        "sub/c.json",
        "list.json",
    ];
    let mut sources = document.sources().to_vec();
    let mut expected = names.map(|name| home.path().join(name));
    sources.sort();
    expected.sort();
    assert_eq!(sources, expected);
    let problem = document.error("own.z", "is odd");
    assert_eq!(problem.to_string(), "own.z: is odd (b.yaml:3)");
}

#[test]
fn everything_that_is_wrong_with_includes_is_told_at_once() {
    let home = Home::with(
        "{\n a: {$include: './gone.json'},\n b: {$include: '../out.json'},\n c: {$include: 7},\n d: {$include: './loop.json'},\n e: {$include: './list.json', x: 1},\n f: {$include: './bad.json'},\n}",
    );
    home.write("loop.json", "{again: {$include: './loop.json'}}");
    home.write("list.json", "[1]");
    home.write("bad.json", "{\n x: }");
    let problems = home.load().unwrap_err();
    let found = lines(&problems.0, &home.path());
    let expected = [
        "a.$include: cannot read ./gone.json: ",
        "b.$include: cannot read ",
        "c.$include: takes the name of a file or a list of names (openclaw.json:4)",
        "again.$include: loop.json includes itself (loop.json:1)",
        "e.$include: the file must contain an object, because there are keys beside it (openclaw.json:6)",
        "not valid JSON5: unexpected close brace (bad.json:2)",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_folder_is_read() {
    let outside = Home::new();
    let secret = outside.write("secret.json", "{stolen: true}");
    let mut home = Home::with("{$include: './link.json'}");
    std::os::unix::fs::symlink(&secret, home.path().join("link.json")).unwrap();
    let absolute = format!("{{$include: '{}'}}", secret.display());
    for text in ["{$include: './link.json'}", &absolute] {
        home.write("openclaw.json", text);
        let found = home.load().unwrap_err().to_string();
        assert!(
            found.contains("is outside the folder of the settings file"),
            "{found}"
        );
    }
    home.set("OPENCLAW_INCLUDE_ROOTS", outside.path().to_str().unwrap());
    assert_eq!(*home.load().unwrap().value(), json!({"stolen": true}));
}

#[test]
fn chains_and_floods_are_bounded() {
    let home = Home::with("{$include: './0.json'}");
    for number in 0..12 {
        let next = format!("{{n: {{$include: './{}.json'}}}}", number + 1);
        home.write(&format!("{number}.json"), next);
    }
    home.write("12.json", "{}");
    let found = home.load().unwrap_err().to_string();
    assert!(
        found.contains("more than 10 files include each other"),
        "{found}"
    );

    let many = |next: &str| format!("{{$include: [{}]}}", format!("'./{next}',").repeat(20));
    home.write("openclaw.json", many("x.json"));
    home.write("x.json", many("y.json"));
    home.write("y.json", many("z.json"));
    home.write("z.json", "{}");
    let found = home.load().unwrap_err().to_string();
    assert!(found.contains("too much is included"), "{found}");

    home.write("openclaw.json", "{$include: './9.json'}");
    home.write("9.json", "{a: 1}");
    assert_eq!(*home.load().unwrap().value(), json!({"a": 1}));
}
