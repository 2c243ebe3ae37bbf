use super::*;
use serde_json::json;

fn told(event: &str, payload: &str) -> Outgoing {
    Outgoing::Event {
        told: Told::new(event, &json!({ "x": payload })).unwrap(),
        numbered: true,
    }
}

fn drain(outbox: &Outbox) -> Vec<Next> {
    std::iter::from_fn(|| outbox.take().filter(|next| !matches!(next, Next::Close(_)))).collect()
}

#[test]
fn what_may_be_missed_is_left_out_for_a_slow_reader_and_the_count_has_no_holes() {
    let outbox = Outbox::new(Reservoir::default());
    outbox.push(told("chat", "a"));
    outbox.push(Outgoing::Frame("x".repeat(BUSY_BYTES)));
    outbox.push(told("tick", "missed"));
    outbox.push(told("chat", "b"));
    let sent = drain(&outbox);
    assert_eq!(sent.len(), 3);
    assert_eq!(
        sent.last(),
        Some(&Next::Send(
            r#"{"type":"event","event":"chat","payload":{"x":"b"},"seq":2}"#.to_owned()
        ))
    );
}

#[test]
fn a_reader_with_too_much_waiting_is_given_up_and_gives_everything_back() {
    let reservoir = Reservoir::default();
    let outbox = Outbox::new(reservoir.clone());
    let other = Outbox::new(reservoir.clone());
    other.push(Outgoing::Frame("kept".to_owned()));
    for _ in 0..51 {
        outbox.push(Outgoing::Frame("x".repeat(1024 * 1024)));
    }
    assert_eq!(
        outbox.take(),
        Some(Next::Close(Close::new(1008, "slow consumer")))
    );
    assert_eq!(reservoir.0.load(Ordering::Relaxed), 4);
    drop(other);
    assert_eq!(reservoir.0.load(Ordering::Relaxed), 0);
}

#[test]
fn a_close_comes_behind_what_waits_and_nothing_behind_it() {
    let outbox = Outbox::new(Reservoir::default());
    outbox.push(Outgoing::Frame("last".to_owned()));
    outbox.close(Close::new(1012, "service restart"));
    outbox.push(Outgoing::Frame("late".to_owned()));
    assert_eq!(outbox.take(), Some(Next::Send("last".to_owned())));
    assert_eq!(
        outbox.take(),
        Some(Next::Close(Close::new(1012, "service restart")))
    );
    outbox.give_up();
    assert_eq!(outbox.take(), Some(Next::GiveUp));
}
