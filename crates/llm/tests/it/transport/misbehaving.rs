//! Providers that refuse, break off, fall silent or never end.

use super::against;
use crate::fake::{Fake, STOP, delta};
use domain::FailureKind;
use llm::Error;
use std::time::Duration;

fn timed_out_in(error: &Error) -> &'static str {
    let Error::TimedOut { phase, .. } = error else {
        panic!("{error:?}")
    };
    phase
}

#[tokio::test]
async fn silence_is_bounded_everywhere() {
    let before_head = against(|mut connection| async move { connection.closed().await }).await;
    assert_eq!(timed_out_in(&before_head.unwrap_err()), "first byte");

    let after_head = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.closed().await;
    })
    .await;
    assert_eq!(timed_out_in(&after_head.unwrap_err()), "first byte");

    let (partial, error) = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.say("par").await;
        connection.closed().await;
    })
    .await
    .unwrap();
    assert_eq!(timed_out_in(&error.unwrap()), "idle");
    assert_eq!(
        (partial.message.text().as_str(), partial.complete),
        ("par", false)
    );

    let error_body = against(|mut connection| async move {
        connection
            .write("HTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\n{")
            .await;
        connection.closed().await;
    })
    .await;
    assert_eq!(error_body.unwrap_err().kind(), FailureKind::ProviderFailed);
}

#[tokio::test]
async fn slow_but_alive_is_fine() {
    let (collected, error) = against(|mut connection| async move {
        connection.begin_stream().await;
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(120)).await;
            connection.say("x").await;
        }
        connection.end_stream().await;
    })
    .await
    .unwrap();
    assert_eq!(
        (collected.message.text().as_str(), error.is_none()),
        ("xxxxxx", true)
    );
}

#[tokio::test]
async fn an_answer_that_stopped_is_whole_even_if_the_end_mark_never_comes() {
    let hangs = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.chunk(&format!("{}{STOP}", delta("fine"))).await;
        connection.closed().await;
    });
    let breaks = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.chunk(&format!("{}{STOP}", delta("fine"))).await;
    });
    for answer in [hangs.await, breaks.await] {
        let (collected, error) = answer.unwrap();
        assert!(error.is_none() && collected.complete, "{error:?}");
        assert_eq!(collected.message.text(), "fine");
    }
}

#[tokio::test]
async fn cuts_and_nonsense_keep_what_was_said() {
    let cut = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.say("par").await;
    });
    let early_end = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.say("par").await;
        connection.write("0\r\n\r\n").await;
    });
    let bad_json = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.say("par").await;
        connection.chunk("data: {\"choices\": oops\n\n").await;
        connection.closed().await;
    });
    let bad_chunk = against(|mut connection| async move {
        connection.begin_stream().await;
        connection.say("par").await;
        connection.write("zz\r\n").await;
        connection.closed().await;
    });
    for answer in [cut.await, early_end.await, bad_json.await, bad_chunk.await] {
        let (collected, error) = answer.unwrap();
        assert_eq!(error.unwrap().kind(), FailureKind::BrokenStream);
        assert_eq!(
            (collected.message.text().as_str(), collected.complete),
            ("par", false)
        );
    }
    let nothing = against(|connection| async move { drop(connection) }).await;
    assert_eq!(nothing.unwrap_err().kind(), FailureKind::BrokenStream);
    let not_http = against(|mut connection| async move {
        connection.write("SSH-2.0-OpenSSH\r\n\r\n").await;
        connection.closed().await;
    });
    assert_eq!(
        not_http.await.unwrap_err().kind(),
        FailureKind::BrokenStream
    );
}

#[tokio::test]
async fn endless_answers_are_cut_off() {
    let block = "x".repeat(64 * 1024);
    let long = block.clone();
    let frame = against(move |mut connection| {
        let block = long.clone();
        async move {
            connection.begin_stream().await;
            connection.chunk("data: ").await;
            // More than the limit of one event, less than what would time out.
            for _ in 0..80 {
                connection.chunk(&block).await;
            }
            connection.closed().await;
        }
    });
    let error = frame.await.unwrap_err();
    assert!(
        error.to_string().contains("longer than 4194304 bytes"),
        "{error}"
    );

    let refusal = against(move |mut connection| {
        let block = block.clone();
        async move {
            connection
                .write("HTTP/1.1 500 Oops\r\ncontent-length: 1000000000\r\n\r\n")
                .await;
            for _ in 0..80 {
                connection.write(&block).await;
            }
            connection.closed().await;
        }
    });
    assert_eq!(
        refusal.await.unwrap_err().kind(),
        FailureKind::ProviderFailed
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let thief = Fake::start(|mut connection, _| async move { connection.closed().await }).await;
    let location = format!("location: http://127.0.0.1:{}/steal\r\n", thief.port);
    for status in ["301 M", "302 F", "307 T", "308 P"] {
        let location = location.clone();
        let answer = against(move |mut connection| {
            let location = location.clone();
            async move {
                connection.whole(status, &location, "").await;
                connection.closed().await;
            }
        });
        assert_eq!(
            answer.await.unwrap_err().kind(),
            FailureKind::InvalidRequest
        );
    }
    assert_eq!(thief.connections(), 0);
}

#[tokio::test]
async fn refusals_have_their_own_type() {
    let table = [
        (
            "429 Too Many",
            "retry-after: 7\r\n",
            r#"{"error":{"message":"slow"}}"#,
            FailureKind::RateLimited,
        ),
        ("500 Oops", "", "", FailureKind::ProviderFailed),
        (
            "401 No",
            "",
            r#"{"error":{"message":"bad key sk-canary-0123456789"}}"#,
            FailureKind::Unauthorized,
        ),
    ];
    for (status, headers, body, kind) in table {
        let answer = against(move |mut connection| async move {
            connection.whole(status, headers, body).await;
            connection.closed().await;
        });
        let error = answer.await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        if kind == FailureKind::RateLimited {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        }
    }
}

#[tokio::test]
async fn an_error_before_the_first_word_fails_the_call_itself() {
    let answer = against(|mut connection| async move {
        connection.begin_stream().await;
        connection
            .chunk(": waiting\n\ndata: {\"error\":{\"code\":429,\"message\":\"full\"}}\n\n")
            .await;
        connection.closed().await;
    });
    assert_eq!(answer.await.unwrap_err().kind(), FailureKind::RateLimited);
}
