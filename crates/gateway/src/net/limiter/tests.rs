use super::*;
use std::net::IpAddr;
use tokio::time::advance;

const LIMIT: AttemptLimit = AttemptLimit {
    max_attempts: 20,
    window: Duration::from_mins(1),
    lockout: Duration::from_mins(1),
};

fn client(text: &str) -> ClientKey {
    ClientKey::of(text.parse().unwrap())
}

fn wrong(limiter: &Limiter, client: ClientKey) -> Result<(), Denied> {
    limiter.attempt(client, || false)
}

fn fail_until_locked(limiter: &Limiter, client: ClientKey) -> Duration {
    for _ in 0..20 {
        assert_eq!(wrong(limiter, client), Err(Denied::Wrong));
    }
    match wrong(limiter, client) {
        Err(Denied::LockedOut(wait)) => wait,
        other => panic!("expected a lockout, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_failures_are_checked_and_no_more() {
    let limiter = Limiter::new(LIMIT);
    let one = client("192.0.2.1");
    assert_eq!(fail_until_locked(&limiter, one), Duration::from_mins(1));
    let mut was_checked = false;
    let denied = limiter.attempt(one, || {
        was_checked = true;
        true
    });
    assert_eq!(
        (denied, was_checked),
        (Err(Denied::LockedOut(Duration::from_mins(1))), false)
    );
    assert_eq!(
        wrong(&limiter, client("192.0.2.2")),
        Err(Denied::Wrong),
        "others are not affected"
    );
    advance(Duration::from_mins(1)).await;
    assert_eq!(limiter.attempt(one, || true), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn right_answers_never_count() {
    let limiter = Limiter::new(LIMIT);
    let one = client("192.0.2.1");
    for _ in 0..19 {
        assert_eq!(wrong(&limiter, one), Err(Denied::Wrong));
    }
    for _ in 0..1000 {
        assert_eq!(limiter.attempt(one, || true), Ok(()));
    }
    assert_eq!(wrong(&limiter, one), Err(Denied::Wrong));
    assert!(matches!(wrong(&limiter, one), Err(Denied::LockedOut(_))));
    let fresh = Limiter::new(LIMIT);
    assert_eq!(fresh.attempt(one, || true), Ok(()));
    assert_eq!(fresh.tracked(), 0, "a right answer leaves nothing behind");
}

#[tokio::test(start_paused = true)]
async fn the_window_slides() {
    let limiter = Limiter::new(LIMIT);
    let one = client("192.0.2.1");
    for _ in 0..100 {
        assert_eq!(
            wrong(&limiter, one),
            Err(Denied::Wrong),
            "one every four seconds is allowed"
        );
        advance(Duration::from_secs(4)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn lockouts_double_to_a_quarter_of_an_hour_and_are_forgotten_after_good_behaviour() {
    let limiter = Limiter::new(LIMIT);
    let one = client("192.0.2.1");
    let mut waits = Vec::new();
    for _ in 0..6 {
        let wait = fail_until_locked(&limiter, one);
        waits.push(wait.as_secs());
        advance(wait).await;
    }
    assert_eq!(waits, [60, 120, 240, 480, 900, 900]);
    advance(MAX_LOCKOUT).await;
    assert_eq!(fail_until_locked(&limiter, one).as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn the_table_is_bounded_and_keeps_who_is_locked_out() {
    let limiter = Limiter::new(LIMIT);
    let locked = client("192.0.2.1");
    fail_until_locked(&limiter, locked);
    for number in 0..30_000u32 {
        if number % 100 == 0 {
            advance(Duration::from_millis(1001)).await;
        }
        let other = ClientKey::of(IpAddr::from(number.to_be_bytes()));
        assert_eq!(wrong(&limiter, other), Err(Denied::Wrong));
        assert!(limiter.tracked() <= MAX_CLIENTS);
        if number == 5000 {
            assert!(matches!(wrong(&limiter, locked), Err(Denied::LockedOut(_))));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn guessing_from_everywhere_is_slowed_down() {
    let limiter = Limiter::new(LIMIT);
    let address = |number: u32| ClientKey::of(IpAddr::from(number.to_be_bytes()));
    let checked = (0..1000)
        .filter(|n| wrong(&limiter, address(*n)) == Err(Denied::Wrong))
        .count();
    assert_eq!(checked, 200);
    advance(Duration::from_secs(1)).await;
    assert_eq!(wrong(&limiter, address(5000)), Err(Denied::Wrong));
}
