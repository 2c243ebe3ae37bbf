//! Frames from bytes.

use llm::sse::{Parser, Stopped};
use proptest::prelude::*;
use std::convert::Infallible;

type Frames = Vec<(String, String, Vec<u8>)>;

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Result<Frames, usize> {
    let mut frames = Vec::new();
    let mut parser = Parser::new(limit);
    let mut take = |frame: llm::sse::Frame<'_>| -> Result<(), Infallible> {
        frames.push((
            frame.event.to_owned(),
            frame.id.to_owned(),
            frame.data.to_vec(),
        ));
        Ok(())
    };
    for piece in pieces {
        match parser.push(piece, &mut take) {
            Ok(()) => {}
            Err(Stopped::TooLong(error)) => return Err(error.limit),
        }
    }
    match parser.finish(&mut take) {
        Ok(()) => Ok(frames),
        Err(Stopped::TooLong(error)) => Err(error.limit),
    }
}

/// Frames whose data is text.
type Texts = Vec<(String, String, String)>;

fn simple(text: &str) -> Texts {
    let frames = parse([text.as_bytes()], 1 << 16).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    frames
        .into_iter()
        .map(|(event, id, data)| (event, id, text(data)))
        .collect()
}

#[test]
fn follows_the_standard() {
    let frame = |event: &str, id: &str, data: &str| (event.into(), id.into(), data.into());
    let table: Vec<(&str, Texts)> = vec![
        ("data: a\n\n", vec![frame("", "", "a")]),
        ("data:a\ndata: b\ndata\n\n", vec![frame("", "", "a\nb\n")]),
        ("data:  two spaces\n\n", vec![frame("", "", " two spaces")]),
        (": only a comment\n\n", vec![]),
        ("event: x\n\n", vec![]),
        (
            "event: x\ndata: 1\n\ndata: 2\n\n",
            vec![frame("x", "", "1"), frame("", "", "2")],
        ),
        (
            "id: 7\ndata: 1\n\ndata: 2\n\n",
            vec![frame("", "7", "1"), frame("", "7", "2")],
        ),
        ("id: a\0b\ndata: 1\n\n", vec![frame("", "", "1")]),
        (
            "data: a\r\rdata: b\r\n\r\n",
            vec![frame("", "", "a"), frame("", "", "b")],
        ),
        ("\u{feff}data: a\n\n", vec![frame("", "", "a")]),
        ("data: a\n\n\u{feff}data: b\n\n", vec![frame("", "", "a")]),
        ("data\n\n", vec![frame("", "", "")]),
        ("data: no empty line", vec![frame("", "", "no empty line")]),
        ("retry: 10\nother: x\ndata: 1\n\n", vec![frame("", "", "1")]),
        ("", vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(simple(text), expected, "{text:?}");
    }
}

#[test]
fn a_frame_without_end_is_refused() {
    let endless = [b'x'; 100];
    let line = std::iter::once(&b"data: "[..]).chain(std::iter::repeat_n(&endless[..], 100));
    assert_eq!(parse(line, 1000), Err(1000));
    let lines = std::iter::repeat_n(&b"data: 0123456789\n"[..], 1000);
    assert_eq!(parse(lines, 1000), Err(1000));
    let comments = std::iter::repeat_n(&b": 0123456789\n"[..], 1000);
    assert_eq!(parse(comments, 1000), Ok(vec![]));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "data: ",
        "data",
        ":",
        "event: e",
        "id: 1",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "x",
        "é",
        "\u{feff}",
        "\0",
        " ",
        "{\"a\":1}",
        "retry: 5",
    ];
    let piece = proptest::sample::select(words.map(str::as_bytes).map(<[u8]>::to_vec).to_vec());
    proptest::collection::vec(prop_oneof![9 => piece, 1 => any::<Vec<u8>>()], 0..40)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cuts_do_not_matter(stream in bytes(), cuts in proptest::collection::vec(0_usize..400, 0..6)) {
        let whole = parse([stream.as_slice()], 1 << 16);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
        prop_assert_eq!(&parse(pieces, 1 << 16), &whole);
        prop_assert_eq!(&parse(stream.chunks(1), 1 << 16), &whole);
    }
}
