use super::*;

const LIMIT: usize = 70_000;

/// A masked frame, as clients send them.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..126 => bytes.push(0x80 | u8::try_from(len).unwrap()),
        len @ 126..65_536 => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            bytes.push(0xff);
            bytes.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Arrived>, Broken> {
    let mut out = VecDeque::new();
    Reader::new(LIMIT).feed(bytes, &mut out)?;
    Ok(out.into())
}

#[test]
fn messages_are_the_same_however_their_bytes_are_split() {
    let long = vec![b'x'; 65_536];
    let bytes = [
        masked(0x81, b"hello"),
        masked(0x01, "ä".as_bytes().split_at(1).0),
        masked(0x89, b"are you there"),
        masked(0x80, "ä".as_bytes().split_at(1).1),
        masked(0x82, &[0xff; 300]),
        masked(0x81, b""),
        masked(0x8a, b""),
        masked(0x81, &long),
        masked(0x88, &1000u16.to_be_bytes()),
    ]
    .concat();
    let whole = vec![
        Arrived::Message(b"hello".to_vec()),
        Arrived::Ping(b"are you there".to_vec()),
        Arrived::Message("ä".into()),
        Arrived::Message(vec![0xff; 300]),
        Arrived::Message(Vec::new()),
        Arrived::Pong,
        Arrived::Message(long),
        Arrived::Close,
    ];
    assert_eq!(read(&bytes).unwrap(), whole);
    for size in [1, 2, 3, 7, 1000] {
        let mut reader = Reader::new(LIMIT);
        let mut out = VecDeque::new();
        for piece in bytes.chunks(size) {
            reader.feed(piece, &mut out).unwrap();
        }
        assert_eq!(Vec::from(out), whole, "in pieces of {size}");
        assert_eq!(reader.head.capacity() + reader.message.capacity(), 0);
    }
}

#[test]
fn what_the_standard_forbids_ends_the_connection_with_its_code() {
    let many = [masked(0x01, b"a"), masked(0x00, b"b").repeat(256)].concat();
    let pieces = [masked(0x01, &vec![b'x'; LIMIT]), masked(0x80, b"y")].concat();
    for (bytes, code) in [
        (vec![0x81, 0x01, b'a'], 1002),
        (masked(0xc1, b"a"), 1002),
        (masked(0x83, b"a"), 1002),
        (masked(0x8b, b"a"), 1002),
        (masked(0x09, b"a"), 1002),
        (masked(0x89, &[0; 126]), 1002),
        (masked(0x80, b"a"), 1002),
        ([masked(0x01, b"a"), masked(0x81, b"b")].concat(), 1002),
        (masked(0x81, &[0xff]), 1007),
        (masked(0x81, &vec![b'x'; LIMIT + 1]), 1009),
        (
            vec![
                0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ],
            1009,
        ),
        (pieces, 1009),
        (many, 1008),
    ] {
        assert_eq!(read(&bytes).unwrap_err().0, code, "{:?}", bytes.get(..2));
    }
}

#[test]
fn what_is_written_is_what_the_standard_shows() {
    let mut out = Vec::new();
    write_text("Hello", &mut out);
    write_ping(&mut out);
    write_pong(b"x", &mut out);
    write_close(&Close::new(1000, ""), &mut out);
    assert_eq!(out, b"\x81\x05Hello\x89\x00\x8a\x01x\x88\x02\x03\xe8");
    let mut long = Vec::new();
    write_text(&"x".repeat(65_536), &mut long);
    assert_eq!(long.get(..10).unwrap(), b"\x81\x7f\0\0\0\0\0\x01\0\0");
}

#[test]
fn reasons_are_cut_between_characters() {
    assert_eq!(cut(&"a".repeat(200)).len(), 120);
    let text = format!("{}ä", "a".repeat(119));
    assert_eq!(cut(&text), "a".repeat(119));
    assert_eq!(cut(""), "");
}
