//! The task behind a connection: reads, writes, watches the silence, comes back.

use super::door::{self, Frame, Socket};
use super::{Incoming, Loss, Shared};
use crate::{Backoff, ClientError};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use protocol::{Event, HelloOk};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Sent when the gateway has been silent for too long. Source: WebSocket protocol, section 19.
const SILENT: u16 = 4000;
/// Time between two ticks when the gateway does not say.
const TICK: Duration = Duration::from_secs(30);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection ended.
enum End {
    /// By our own wish.
    Asked,
    /// By the other side, or on the way; with the close code, when one was sent, and the reason.
    Lost(Option<u16>, String),
    /// Nothing was heard for too long.
    Silent,
}

/// Drives the socket until nobody needs it any more.
pub(super) async fn drive(
    shared: Arc<Shared>,
    mut socket: Socket,
    mut waiting: mpsc::Receiver<Message>,
) {
    loop {
        let (code, reason) = match serve(&shared, socket, &mut waiting).await {
            End::Asked => {
                shared.calls.lost(None, "");
                return;
            }
            End::Lost(code, reason) => (code, reason),
            End::Silent => (
                Some(SILENT),
                "the gateway was silent for too long".to_owned(),
            ),
        };
        shared.calls.lost(code, &reason);
        let error = ClientError::Closed {
            address: shared.options.endpoint.socket_address(),
            code,
            reason,
        };
        let Some((next, hello)) = come_back(&shared, error, &mut waiting).await else {
            return;
        };
        // What was not written is not repeated: its callers were told.
        while waiting.try_recv().is_ok() {}
        let hello = Arc::new(hello);
        shared.hello.send_replace(Arc::clone(&hello));
        shared.calls.open();
        tell(&shared, Incoming::Reconnected(hello));
        socket = next;
    }
}

fn tell(shared: &Shared, incoming: Incoming) {
    // Without a reader there is nobody to tell.
    drop(shared.events.send(incoming));
}

/// Tries until it works; `None` when there is no point in it or nobody waits.
async fn come_back(
    shared: &Shared,
    mut error: ClientError,
    waiting: &mut mpsc::Receiver<Message>,
) -> Option<(Socket, HelloOk)> {
    let mut backoff = Backoff::default();
    loop {
        let retry_in = retry(shared, &error, &mut backoff);
        tell(shared, Incoming::Closed(Arc::new(Loss { error, retry_in })));
        let delay = retry_in?;
        let deserted = async {
            // Calls made before the loss may still lie here; the end comes with the last handle.
            while waiting.recv().await.is_some() {}
        };
        let attempt = async {
            tokio::time::sleep(delay).await;
            door::enter(&shared.options).await
        };
        tokio::select! {
            () = shared.closing.cancelled() => return None,
            () = deserted => return None,
            outcome = attempt => match outcome {
                Ok(entered) => return Some(entered),
                Err(failed) => error = failed,
            },
        }
    }
}

/// When to try again; `None` where trying again cannot help.
fn retry(shared: &Shared, error: &ClientError, backoff: &mut Backoff) -> Option<Duration> {
    if !shared.options.reconnect {
        return None;
    }
    match error {
        ClientError::Unauthorized { .. }
        | ClientError::BadAddress { .. }
        | ClientError::Device { .. } => None,
        ClientError::PairingRequired { wait, .. } => {
            (*wait || shared.options.wait_for_pairing).then(|| backoff.delay())
        }
        ClientError::RateLimited { retry_after, .. } => {
            let delay = backoff.delay();
            Some(retry_after.map_or(delay, |told| told.max(delay)))
        }
        // A certificate can be renewed meanwhile.
        ClientError::Unreachable { .. }
        | ClientError::Untrusted { .. }
        | ClientError::TimedOut { .. }
        | ClientError::Closed { .. }
        | ClientError::Refused { .. }
        | ClientError::Protocol { .. } => Some(backoff.delay()),
    }
}

/// One connection, from hello to its end.
async fn serve(shared: &Shared, socket: Socket, waiting: &mut mpsc::Receiver<Message>) -> End {
    let told = shared.hello.borrow().policy.tick_interval_ms;
    let tick = if told == 0 {
        TICK
    } else {
        Duration::from_millis(told)
    };
    let (mut sink, mut stream) = socket.split();
    let end = tokio::select! {
        end = read(shared, &mut stream, tick.saturating_mul(2)) => end,
        end = write(shared, &mut sink, waiting) => end,
    };
    let goodbye = match &end {
        End::Asked => Message::Close(None),
        End::Silent => Message::Close(Some(CloseFrame {
            code: CloseCode::from(SILENT),
            reason: "tick timeout".into(),
        })),
        End::Lost(..) => return end,
    };
    // The other side may be gone; then there is nobody to say it to.
    drop(tokio::time::timeout(GOODBYE, sink.send(goodbye)).await);
    end
}

async fn write(
    shared: &Shared,
    sink: &mut SplitSink<Socket, Message>,
    waiting: &mut mpsc::Receiver<Message>,
) -> End {
    loop {
        let message = tokio::select! {
            () = shared.closing.cancelled() => return End::Asked,
            message = waiting.recv() => message,
        };
        let Some(message) = message else {
            return End::Asked;
        };
        if let Err(error) = sink.send(message).await {
            return End::Lost(None, error.to_string());
        }
    }
}

async fn read(shared: &Shared, stream: &mut SplitStream<Socket>, patience: Duration) -> End {
    let mut last = None;
    loop {
        let Ok(received) = tokio::time::timeout(patience, stream.next()).await else {
            return End::Silent;
        };
        let message = match received {
            Some(Ok(Message::Close(Some(frame)))) => {
                return End::Lost(Some(frame.code.into()), frame.reason.to_string());
            }
            Some(Ok(Message::Close(None))) | None => return End::Lost(None, String::new()),
            Some(Ok(message)) => message,
            Some(Err(error)) => return End::Lost(None, error.to_string()),
        };
        if let Some(frame) = Frame::read(&message) {
            take(shared, frame, &mut last);
        }
    }
}

/// Hands a frame to whoever waits for it. What this version does not know is passed over.
fn take(shared: &Shared, frame: Frame, last: &mut Option<u64>) {
    if frame.kind == "res" {
        if let Some(id) = frame.id.clone() {
            shared.calls.answered(&id, frame.outcome());
        }
        return;
    }
    let Some(name) = frame.event.filter(|_| frame.kind == "event") else {
        return;
    };
    if let Some(seq) = frame.seq {
        if last.is_some_and(|last| seq != last.saturating_add(1)) {
            tell(shared, Incoming::Gap);
        }
        *last = Some(seq);
    }
    let event = Event {
        event: name,
        payload: frame.payload,
        seq: frame.seq,
        state_version: frame.state_version,
    };
    tell(shared, Incoming::Event(Arc::new(event)));
}
