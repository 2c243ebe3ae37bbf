use super::*;

fn parsed(text: &str) -> (String, String, Option<String>, bool) {
    let request = Request::parse(text.as_bytes()).unwrap();
    let params = request.params.map(|raw| raw.get().to_owned());
    (request.id, request.method, params, request.bare)
}

fn refused(text: &str) -> (Option<String>, bool, String) {
    match Request::parse(text.as_bytes()) {
        Err(Malformed::NotARequest { id, bare, why }) => (id, bare, why),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn requests_are_read_in_both_forms() {
    assert_eq!(
        parsed(
            r#"{"type":"req","id":"1","method":"health","params":{"probe":true},"traceparent":"x"}"#
        ),
        (
            "1".into(),
            "health".into(),
            Some(r#"{"probe":true}"#.into()),
            false
        )
    );
    assert_eq!(
        parsed(" {\"method\":\"h\\u0065alth\",\"id\":\"\\u00e4\"} "),
        ("ä".into(), "health".into(), None, true)
    );
    let deep = format!(
        r#"{{"type":"req","id":"1","method":"m","params":{}{}}}"#,
        "[".repeat(63),
        "]".repeat(63)
    );
    assert!(Request::parse(deep.as_bytes()).is_ok());
}

#[test]
fn what_is_not_json_is_told_apart_from_what_is_no_request() {
    for text in ["", "{", "hello", "{\"id\":}", "nul", "{} {}", "{'id':1}"] {
        assert_eq!(
            Request::parse(text.as_bytes()).unwrap_err(),
            Malformed::NotJson,
            "{text}"
        );
    }
    assert_eq!(
        Request::parse(b"{\"id\":\"\xff\"}").unwrap_err(),
        Malformed::NotJson
    );
    let endless = "[".repeat(1_000_000);
    assert_eq!(
        Request::parse(endless.as_bytes()).unwrap_err(),
        Malformed::NotJson
    );
}

#[test]
fn wrong_shapes_say_what_is_wrong_and_whose_they_are() {
    let some = |id: &str| Some(id.to_owned());
    let root = "at root: must be object";
    for (text, id, bare, why) in [
        ("null", None, false, root),
        ("7", None, false, root),
        ("\"text\"", None, false, root),
        ("[]", None, false, root),
        (
            "{}",
            None,
            true,
            "at root: must have required property 'id'",
        ),
        (
            r#"{"type":"req","id":"","method":"m"}"#,
            None,
            false,
            "at /id: must NOT have fewer than 1 characters",
        ),
        (
            r#"{"type":"req","id":7,"method":"m"}"#,
            None,
            false,
            "at /id: must be string",
        ),
        (
            r#"{"type":"req","id":"7"}"#,
            some("7"),
            false,
            "at root: must have required property 'method'",
        ),
        (
            r#"{"id":"7","method":{}}"#,
            some("7"),
            true,
            "at /method: must be string",
        ),
        (
            r#"{"type":"res","id":"7","ok":true}"#,
            some("7"),
            false,
            "at /type: must be equal to constant",
        ),
        (
            r#"{"type":7,"id":"7","method":"m"}"#,
            some("7"),
            false,
            "at /type: must be equal to constant",
        ),
    ] {
        assert_eq!(refused(text), (id, bare, why.to_owned()), "{text}");
    }
}

#[test]
fn ambiguous_and_deep_frames_are_refused_without_being_read() {
    let (_, _, why) = refused(r#"{"type":"req","id":"1","method":"health","id":"2"}"#);
    assert!(why.contains("same key twice"), "{why}");
    for depth in [65, 200_000] {
        let text = format!(
            r#"{{"id":"1","method":"m","params":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let (_, _, why) = refused(&text);
        assert!(why.contains("deeper than 64"), "{why}");
    }
}
