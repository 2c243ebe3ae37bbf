//! Kept responses: continued, fetched, deleted, cancelled, made in the background.

use super::{BOTH, PATH, ask, events, made, post, text};
use crate::site::Site;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Caller};

async fn send(caller: &Caller, method: Method, path: &str) -> Answer {
    caller.send(method, path, Bytes::new()).await.unwrap()
}

fn path(response: &Value) -> String {
    format!("{PATH}/{}", response["id"].as_str().unwrap())
}

/// Fetches a response until it is not in progress any more.
async fn settled(site: &Site, path: &str) -> Value {
    let mut found = Value::Null;
    for _ in 0..200 {
        let answer = site.caller().get(path).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        found = answer.json().unwrap();
        if found["status"] != "in_progress" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(found["status"], "in_progress");
    found
}

/// The texts of the last request to the model.
fn sent(site: &Site) -> String {
    site.model.requests().last().unwrap()["messages"].to_string()
}

#[tokio::test]
async fn a_response_continues_another() {
    for model in BOTH {
        let site = Site::start().await;
        let first = post(&site, &ask(model, "my number is 4711", &json!({}))).await;
        let session = first.header("x-openclaw-session-key").map(str::to_owned);
        assert_eq!(
            session
                .as_deref()
                .map(|key| key.starts_with("agent:main:openresponses:")),
            (model == "openclaw").then_some(true)
        );
        let first = first.json().unwrap();
        let more = json!({ "previous_response_id": first["id"] });
        let second = post(&site, &ask(model, "and now", &more)).await;
        assert_eq!(second.header("x-openclaw-session-key"), session.as_deref());
        let second = second.json().unwrap();
        let messages = sent(&site);
        assert!(messages.contains("4711") && messages.contains("Hello from the fake model."));
        // A conversation goes on from where it is continued, also twice from one place.
        let more = json!({ "previous_response_id": second["id"], "input": [
            { "type": "item_reference", "id": second["output"][0]["id"] },
            { "role": "user", "content": "third" }] });
        made(&site, &ask(model, "", &more)).await;
        let messages = sent(&site);
        assert!(
            messages.contains("4711") && messages.contains("and now"),
            "{messages}"
        );
        site.stop().await;
    }
}

#[tokio::test]
async fn a_conversation_moves_between_an_agent_and_a_model() {
    let site = Site::start().await;
    for (first, second) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let one = made(&site, &ask(first, "my number is 4711", &json!({}))).await;
        let more = json!({ "previous_response_id": one["id"] });
        made(&site, &ask(second, "and now", &more)).await;
        assert!(sent(&site).contains("4711"), "{first} to {second}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_user_has_one_session() {
    let site = Site::start().await;
    for _ in 0..2 {
        let answer = post(&site, &ask("openclaw", "hi", &json!({ "user": "ann" }))).await;
        assert_eq!(
            answer.header("x-openclaw-session-key"),
            Some("agent:main:openresponses-user:ann")
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn kept_responses_are_found_until_they_are_deleted() {
    let site = Site::start().await;
    for model in BOTH {
        let response = made(&site, &ask(model, "hi", &json!({}))).await;
        let path = path(&response);
        let found = site.caller().get(&path).await.unwrap();
        assert_eq!(found.json().unwrap(), response);
        let deleted = send(&site.caller(), Method::DELETE, &path).await;
        assert_eq!(
            deleted.json().unwrap(),
            json!({ "id": response["id"], "object": "response", "deleted": true })
        );
        for method in [Method::GET, Method::DELETE] {
            let gone = send(&site.caller(), method, &path).await;
            assert_eq!(gone.status, 404);
            assert_eq!(gone.json().unwrap()["error"]["code"], "not_found");
        }
        let unkept = made(&site, &ask(model, "hi", &json!({ "store": false }))).await;
        let path = super::keeping::path(&unkept);
        assert_eq!(site.caller().get(&path).await.unwrap().status, 404);
        let more = json!({ "previous_response_id": unkept["id"] });
        let refused = post(&site, &ask(model, "hi", &more)).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.json().unwrap()["error"]["code"],
            "previous_response_not_found"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_response_under_way_is_found_and_can_be_cancelled() {
    for model in BOTH {
        let site = Site::with(|settings| {
            settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 30_000 });
        })
        .await;
        let body = ask(model, "HANGMID", &json!({ "stream": true }));
        let mut stream = site.caller().stream(PATH, &body).await.unwrap();
        let first: Value = serde_json::from_str(&stream.next().await.unwrap().unwrap()).unwrap();
        let path = path(&first["response"]);
        let found = site.caller().get(&path).await.unwrap().json().unwrap();
        assert_eq!(found["status"], "in_progress");
        // What was said before it was stopped is kept.
        loop {
            let event = stream.next().await.unwrap().unwrap();
            if event.contains("from") {
                break;
            }
        }
        let stopped = send(&site.caller(), Method::POST, &format!("{path}/cancel")).await;
        assert_eq!(stopped.status, 200, "{}", stopped.text());
        let stopped = stopped.json().unwrap();
        assert_eq!(stopped["status"], "cancelled");
        assert!(text(&stopped).starts_with("Hello from"), "{stopped}");
        let rest = stream.collect().await.unwrap();
        assert_eq!(rest.last().unwrap(), "[DONE]");
        let last: Value = serde_json::from_str(&rest[rest.len() - 2]).unwrap();
        assert_eq!(last["response"]["status"], "cancelled");
        assert_eq!(
            site.caller().get(&path).await.unwrap().json().unwrap(),
            stopped
        );
        let again = send(&site.caller(), Method::POST, &format!("{path}/cancel")).await;
        assert_eq!(
            again.json().unwrap(),
            stopped,
            "a finished one stays as it is"
        );
        assert_eq!(site.model.open_calls(), 0);
        site.stop().await;
    }
}

#[tokio::test]
async fn a_caller_that_leaves_stops_it() {
    for model in BOTH {
        let site = Site::with(|settings| {
            settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 30_000 });
        })
        .await;
        let body = ask(model, "HANGMID", &json!({ "stream": true }));
        let mut stream = site.caller().stream(PATH, &body).await.unwrap();
        let first: Value = serde_json::from_str(&stream.next().await.unwrap().unwrap()).unwrap();
        drop(stream);
        let response = settled(&site, &path(&first["response"])).await;
        assert_eq!(response["status"], "cancelled");
        site.stop().await;
    }
}

#[tokio::test]
async fn one_in_the_background_goes_on_without_its_caller() {
    for model in BOTH {
        let site = Site::start().await;
        let body = ask(model, "SLOW:20", &json!({ "background": true }));
        let begun = made(&site, &body).await;
        assert_eq!(begun["status"], "in_progress");
        assert_eq!(begun["background"], true);
        let done = settled(&site, &path(&begun)).await;
        assert_eq!(
            (&done["status"], &done["id"]),
            (&json!("completed"), &begun["id"])
        );
        assert_eq!(text(&done), super::GREETING);

        let mut streamed = body.clone();
        streamed["stream"] = true.into();
        let mut stream = site.caller().stream(PATH, &streamed).await.unwrap();
        let first: Value = serde_json::from_str(&stream.next().await.unwrap().unwrap()).unwrap();
        drop(stream);
        let done = settled(&site, &path(&first["response"])).await;
        assert_eq!(done["status"], "completed");
        let stream = site.caller().stream(PATH, &streamed).await.unwrap();
        assert_eq!(
            events(stream).await.last().unwrap()["type"],
            "response.completed"
        );
        site.stop().await;
    }
}

#[tokio::test]
async fn one_in_the_background_can_be_cancelled_and_deleted() {
    for model in BOTH {
        let site = Site::with(|settings| {
            settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 30_000 });
        })
        .await;
        let body = ask(model, "HANGMID", &json!({ "background": true }));
        let begun = made(&site, &body).await;
        let path = path(&begun);
        let stopped = send(&site.caller(), Method::POST, &format!("{path}/cancel")).await;
        assert_eq!(stopped.json().unwrap()["status"], "cancelled");
        let begun = made(&site, &body).await;
        let path = super::keeping::path(&begun);
        let deleted = send(&site.caller(), Method::DELETE, &path).await;
        assert_eq!(deleted.status, 200);
        assert_eq!(site.caller().get(&path).await.unwrap().status, 404);
        assert_eq!(site.model.open_calls(), 0);
        site.stop().await;
    }
}

#[tokio::test]
async fn after_a_restart_nothing_stays_in_progress() {
    let site = Site::with(|settings| {
        settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 30_000 });
    })
    .await;
    let mut paths = Vec::new();
    for model in BOTH {
        let body = ask(model, "SLOW:300", &json!({ "background": true }));
        paths.push(path(&made(&site, &body).await));
    }
    let (model, home) = site.stop().await;
    let site = Site::on(model, home).await;
    // The run of an agent is finished, before the stop or after it; a model that was asked by
    // itself is not asked again.
    let agent = settled(&site, &paths[0]).await;
    assert_eq!(agent["status"], "completed", "{agent}");
    assert_eq!(text(&agent), super::GREETING);
    let direct = settled(&site, &paths[1]).await;
    assert_eq!(direct["status"], "failed");
    assert_eq!(direct["error"]["code"], "run_interrupted");
    site.stop().await;
}

#[tokio::test]
async fn nobody_finds_the_response_of_another() {
    let site = Site::with(|settings| {
        settings["gateway"]["auth"] = json!({ "mode": "trusted-proxy",
            "trustedProxy": { "userHeader": "x-user", "allowLoopback": true } });
        settings["gateway"]["trustedProxies"] = json!(["127.0.0.1"]);
    })
    .await;
    let user = |name: &str| site.stranger().header("x-user", name).unwrap();
    let body = ask("openclaw", "hi", &json!({}));
    let answer = user("ann").post_json(PATH, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let response = answer.json().unwrap();
    let path = path(&response);
    assert_eq!(user("ann").get(&path).await.unwrap().status, 200);
    let more = json!({ "previous_response_id": response["id"] });
    let stolen = user("ben")
        .post_json(PATH, &ask("openclaw", "hi", &more))
        .await
        .unwrap();
    assert_eq!(stolen.status, 400);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/cancel")),
    ] {
        assert_eq!(send(&user("ben"), method, &path).await.status, 404);
    }
    assert_eq!(user("ann").get(&path).await.unwrap().status, 200);
    site.stop().await;
}
