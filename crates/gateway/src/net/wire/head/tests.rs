use super::*;

const LIMITS: HeadLimits = HeadLimits {
    line: 64,
    header: 64,
    headers: 256,
    count: 4,
};

fn read(head: &str) -> Result<Framing, Fault> {
    assert_eq!(
        end_of_head(head.as_bytes(), 0),
        Some(head.len()),
        "{head:?} is not one head"
    );
    check(head.as_bytes(), &LIMITS)
}

#[test]
fn plain_heads_pass() {
    for (head, framing) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Framing::Length(0)),
        ("GET /a?b=c%20d HTTP/1.0\r\n\r\n", Framing::Length(0)),
        (
            "POST /x HTTP/1.1\r\ncontent-LENGTH:  12 \r\n\r\n",
            Framing::Length(12),
        ),
        (
            "POST /x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n",
            Framing::Chunked,
        ),
        (
            "GET http://a:1/b HTTP/1.1\r\nx: \u{e9}\t\r\ny:\r\n\r\n",
            Framing::Length(0),
        ),
    ] {
        assert_eq!(read(head), Ok(framing), "{head:?}");
    }
}

#[test]
fn ambiguous_heads_are_malformed() {
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nno-colon\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET /\r\n\r\n",
        " / HTTP/1.1\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n",
        "GET /a#b HTTP/1.1\r\n\r\n",
        "GET /a\\b HTTP/1.1\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        assert_eq!(read(head), Err(Fault::Malformed), "{head:?}");
    }
}

#[test]
fn large_heads_say_what_is_large() {
    let target = |length: usize| format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(length));
    assert_eq!(read(&target(50)), Ok(Framing::Length(0)));
    assert_eq!(read(&target(51)), Err(Fault::TargetTooLong));
    assert_eq!(read(&target(300)), Err(Fault::HeadersTooLarge));
    let header = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(62));
    assert_eq!(read(&header), Err(Fault::HeadersTooLarge));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5));
    assert_eq!(read(&many), Err(Fault::HeadersTooLarge));
}

#[test]
fn growing_heads_are_stopped_in_time() {
    let line = vec![b'a'; 300];
    assert_eq!(overflow(&line, &LIMITS), Some(Fault::HeadersTooLarge));
    assert_eq!(overflow(&line[..200], &LIMITS), None);
    let mut long = vec![b'a'; 100];
    long.push(b'\n');
    assert_eq!(overflow(&long, &LIMITS), Some(Fault::TargetTooLong));
    let mut headers = b"GET / HTTP/1.1\r\n".to_vec();
    headers.extend(vec![b'a'; 300]);
    assert_eq!(overflow(&headers, &LIMITS), Some(Fault::HeadersTooLarge));
}

#[test]
fn the_end_is_found_however_bytes_arrive() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    for seen in 0..head.len() {
        let early = end_of_head(&head[..seen], 0);
        let found = early.or_else(|| end_of_head(head, seen));
        assert_eq!(found, Some(27), "after {seen} bytes");
    }
}
