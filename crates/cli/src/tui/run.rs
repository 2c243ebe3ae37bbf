//! The loop: waits for keys, news and time, shows what they changed.

use super::link::Link;
use super::model::{Effect, Event, Model};
use super::terminal::{Keys, Screen};
use crate::failure::{Failure, Kind};
use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;

/// How often what moves by itself is drawn.
const BEAT: Duration = Duration::from_millis(100);
/// How long events are taken in before a frame is shown.
const FRAME: Duration = Duration::from_millis(16);

/// What asks this process to end or to draw everything again.
struct Signals {
    ends: [Signal; 2],
    continues: Signal,
}

/// What the loop waits for.
enum Woken {
    By(Event),
    Redraw,
    End,
}

/// Holds the terminal until the user leaves it.
///
/// # Errors
/// When the terminal refuses or has gone.
pub(crate) async fn run(mut model: Model, mut link: impl Link) -> Result<(), Failure> {
    let outcome = hold(&mut model, &mut link).await;
    link.close().await;
    outcome.map_err(|error| {
        Failure::new(Kind::Other, format!("cannot use this terminal: {error}"))
            .fix("openclaw agent -m \"…\", which needs no screen")
    })
}

async fn hold(model: &mut Model, link: &mut impl Link) -> io::Result<()> {
    let mut signals = Signals {
        ends: [
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ],
        continues: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
    };
    let mut screen = Screen::open()?;
    let mut keys = Keys::listen()?;
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (columns, rows) = screen.size()?;
    model.update(Event::Resize { columns, rows });
    loop {
        model.update(Event::Time(now()));
        screen.draw(model)?;
        let woken = tokio::select! {
            key = keys.next() => key.map_or(Woken::End, Woken::By),
            news = link.next() => Woken::By(Event::News(news)),
            _ = beat.tick(), if model.is_moving() => Woken::By(Event::Time(now())),
            woken = signals.next() => woken,
        };
        let event = match woken {
            Woken::By(event) => event,
            Woken::Redraw => {
                screen.retake()?;
                continue;
            }
            Woken::End => return Ok(()),
        };
        model.update(Event::Time(now()));
        let started = Instant::now();
        let mut next = Some(event);
        while let Some(event) = next {
            for effect in model.update(event) {
                if carry_out(effect, &mut screen, link)?.is_break() {
                    return Ok(());
                }
            }
            next = Some(())
                .filter(|()| started.elapsed() < FRAME)
                .and_then(|()| keys.ready().or_else(|| link.ready().map(Event::News)));
        }
    }
}

impl Signals {
    async fn next(&mut self) -> Woken {
        let [terminate, hangup] = &mut self.ends;
        tokio::select! {
            _ = terminate.recv() => Woken::End,
            _ = hangup.recv() => Woken::End,
            _ = self.continues.recv() => Woken::Redraw,
        }
    }
}

fn carry_out(
    effect: Effect,
    screen: &mut Screen,
    link: &mut impl Link,
) -> io::Result<ControlFlow<()>> {
    match effect {
        Effect::Call {
            ask,
            method,
            params,
        } => link.call(ask, method, params),
        Effect::Copy(text) => screen.copy(&text)?,
        Effect::Mouse(ours) => screen.mouse(ours)?,
        Effect::Suspend => screen.suspend()?,
        Effect::Quit => return Ok(ControlFlow::Break(())),
    }
    Ok(ControlFlow::Continue(()))
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
