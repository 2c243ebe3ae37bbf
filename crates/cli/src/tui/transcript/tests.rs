use super::*;
use serde_json::json;

const LOOK: Look = Look {
    width: 40,
    theme: Theme::Plain,
    expanded: false,
    thoughts: false,
    now: 0,
};

fn long() -> Transcript {
    let mut transcript = Transcript::default();
    for number in 0..50 {
        transcript.you(&format!("question {number}"));
        transcript.entries.push(Entry::Agent {
            prose: Prose::new(Voice::Agent, &format!("answer {number}\n\nand more")),
            standing: Standing::Done,
            run: None,
        });
    }
    transcript
}

fn shown(transcript: &Transcript, scroll: Scroll, height: usize) -> Vec<String> {
    let lines = transcript.window(scroll, height, LOOK);
    lines
        .iter()
        .map(|line| line.to_string().trim().to_owned())
        .collect()
}

#[test]
fn the_end_is_followed() {
    let mut transcript = long();
    assert_eq!(
        shown(&transcript, Scroll::Follow, 3),
        ["answer 49", "", "and more"]
    );
    transcript.you("and now?");
    assert_eq!(shown(&transcript, Scroll::Follow, 2), ["", "▌ and now?"]);
}

#[test]
fn whoever_reads_above_is_not_moved() {
    let mut transcript = long();
    let scroll = transcript.up(Scroll::Follow, 4, 3, LOOK);
    let before = shown(&transcript, scroll, 3);
    assert_eq!(before, ["and more", "", "▌ question 49"]);
    transcript.you("new");
    assert_eq!(shown(&transcript, scroll, 3), before);
    assert_eq!(
        transcript.down(scroll, 4, 3, LOOK),
        transcript.up(Scroll::Follow, 2, 3, LOOK)
    );
    assert_eq!(transcript.down(scroll, 8, 3, LOOK), Scroll::Follow);
    let top = transcript.up(scroll, 10_000, 3, LOOK);
    assert_eq!(shown(&transcript, top, 2), ["", "▌ question 0"]);
    assert_eq!(top, transcript.top(3, LOOK));
}

#[test]
fn a_short_conversation_cannot_be_scrolled() {
    let mut transcript = Transcript::default();
    transcript.you("hi");
    assert_eq!(transcript.up(Scroll::Follow, 1, 20, LOOK), Scroll::Follow);
    assert_eq!(transcript.top(20, LOOK), Scroll::Follow);
}

#[test]
fn a_card_shows_what_matters_and_no_secret() {
    let arguments = json!({ "to": "a", "apiKey": "sk-1", "accessToken": "t" });
    let mut card = Card::new("1", "send", &arguments, Outcome::Running(0));
    card.end(false, 1500);
    card.set_output("one\ntwo\nthree\nfour\n");
    let transcript = Transcript {
        entries: vec![Entry::Tool(card)],
    };
    let closed = shown(&transcript, Scroll::Follow, 9);
    assert_eq!(
        closed,
        [
            "",
            "✓ send accessToken: ***, apiKey…  1.5 s",
            "│ one",
            "│ two",
            "│ three",
            "└ 1 more line, Ctrl-O shows them"
        ]
    );
    let open = Look {
        expanded: true,
        ..LOOK
    };
    assert_eq!(transcript.window(Scroll::Follow, 9, open).len(), 6);
}

#[test]
fn a_megabyte_costs_what_is_visible() {
    let text = "A line of an answer that is not short at all.\n\n".repeat(25_000);
    let mut transcript = Transcript::default();
    transcript.entries.push(Entry::Agent {
        prose: Prose::new(Voice::Agent, &text),
        standing: Standing::Streaming,
        run: None,
    });
    assert_eq!(transcript.window(Scroll::Follow, 50, LOOK).len(), 50);
    let above = transcript.up(Scroll::Follow, 100, 50, LOOK);
    assert_eq!(transcript.window(above, 50, LOOK).len(), 50);
    let Some(Entry::Agent { prose, .. }) = transcript.entries.first() else {
        panic!("the answer is gone");
    };
    assert!(prose.blocks() > 20_000 && prose.laid_out() < 100);
}
