//! `sessions.list`, `describe`, `get`, `preview`, `resolve`, `usage*`.

use crate::chat_rpc::{ended, send_in};
use crate::site::Site;
use crate::ws::client::Client;
use serde_json::{Value, json};

async fn talked(site: &Site) -> Client {
    let mut client = Client::open(site).await;
    for session in ["lab", "main", "other"] {
        let text = format!("SAY:hello from {session}");
        send_in(&mut client, session, &text, session).await;
        ended(&mut client, session).await;
    }
    client
}

fn keys(list: &Value) -> Vec<&str> {
    let sessions = list["sessions"].as_array().unwrap().iter();
    sessions.map(|row| row["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_are_paged_filtered_and_newest_first() {
    let site = Site::start().await;
    let mut client = talked(&site).await;
    let all =
        json!({ "includeDerivedTitles": true, "includeLastMessage": true, "includeGlobal": false });
    let all = client.call("sessions.list", all).await.unwrap();
    assert_eq!(
        keys(&all),
        ["agent:main:other", "agent:main:main", "agent:main:lab"]
    );
    let row = &all["sessions"][2];
    assert_eq!(row["derivedTitle"], "SAY:hello from lab");
    assert_eq!(row["lastMessagePreview"], "hello from lab");
    assert_eq!(
        (&row["kind"], &row["modelProvider"], &row["model"]),
        (&json!("direct"), &json!("fake"), &json!("fake-1"))
    );
    assert_eq!(
        (&row["hasActiveRun"], &row["archived"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&all["count"], &all["hasMore"], &all["nextOffset"]),
        (&json!(3), &json!(false), &Value::Null)
    );
    let page = client
        .call("sessions.list", json!({ "limit": 2 }))
        .await
        .unwrap();
    assert_eq!((keys(&page).len(), &page["nextOffset"]), (2, &json!(2)));
    let rest = client
        .call("sessions.list", json!({ "limit": 2, "offset": 2 }))
        .await
        .unwrap();
    assert_eq!(keys(&rest), ["agent:main:lab"]);
    let found = client
        .call("sessions.list", json!({ "search": "LAB" }))
        .await
        .unwrap();
    assert_eq!(keys(&found), ["agent:main:lab"]);
    client
        .call("sessions.patch", json!({ "key": "lab", "archived": true }))
        .await
        .unwrap();
    let shown = client.call("sessions.list", json!({})).await.unwrap();
    assert_eq!(keys(&shown).len(), 2);
    let away = client
        .call("sessions.list", json!({ "archived": true }))
        .await
        .unwrap();
    assert_eq!(keys(&away), ["agent:main:lab"]);
    for bad in [
        json!({ "limit": 0 }),
        json!({ "limit": 1_001 }),
        json!({ "agentId": "no" }),
    ] {
        client.call("sessions.list", bad).await.unwrap_err();
    }
    site.stop().await;
}

#[tokio::test]
async fn sessions_are_found_and_looked_into() {
    let site = Site::start().await;
    let mut client = talked(&site).await;
    client
        .call("sessions.patch", json!({ "key": "lab", "label": "My Lab" }))
        .await
        .unwrap();
    let row = client
        .call("sessions.describe", json!({ "key": "lab" }))
        .await
        .unwrap();
    let id = row["session"]["sessionId"].as_str().unwrap().to_owned();
    for asked in [
        json!({ "key": "LAB" }),
        json!({ "sessionId": id }),
        json!({ "label": "My Lab" }),
        json!({ "shortId": id[..20] }),
    ] {
        let found = client
            .call("sessions.resolve", asked.clone())
            .await
            .unwrap();
        assert_eq!(
            found,
            json!({ "ok": true, "key": "agent:main:lab", "agentId": "main" }),
            "{asked}"
        );
    }
    let error = client
        .call("sessions.resolve", json!({ "key": "none" }))
        .await
        .unwrap_err();
    assert_eq!(error["message"], "No session found: agent:main:none");
    let missing = json!({ "key": "none", "allowMissing": true });
    assert_eq!(
        client.call("sessions.resolve", missing).await.unwrap(),
        json!({ "ok": false })
    );
    let preview = json!({ "keys": ["lab", "none"], "limit": 3, "maxChars": 20 });
    let preview = client.call("sessions.preview", preview).await.unwrap();
    assert_eq!(
        preview["previews"][0]["items"][1],
        json!({ "role": "assistant", "text": "hello from lab" })
    );
    assert_eq!(
        preview["previews"][1],
        json!({ "key": "none", "status": "missing", "items": [] })
    );
    let got = client
        .call("sessions.get", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(got["messages"].as_array().unwrap().len(), 2);
    let none = client
        .call("sessions.get", json!({ "key": "none" }))
        .await
        .unwrap();
    assert_eq!(none, json!({ "messages": [] }));
    let branches = client
        .call("sessions.branches.list", json!({ "sessionKey": "lab" }))
        .await
        .unwrap();
    assert_eq!(branches["branches"][0]["headline"], "hello from lab");
    site.stop().await;
}

#[tokio::test]
async fn usage_of_sessions_adds_up_to_what_was_paid() {
    let site = Site::start().await;
    let mut client = talked(&site).await;
    let usage = client
        .call("sessions.usage", json!({ "limit": 2 }))
        .await
        .unwrap();
    assert_eq!(usage["sessions"].as_array().unwrap().len(), 2);
    let all = client.call("sessions.usage", json!({})).await.unwrap();
    let sum: f64 = all["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["usage"]["totalCost"].as_f64().unwrap())
        .sum();
    let total = all["totals"]["totalCost"].as_f64().unwrap();
    assert!((sum - total).abs() < 1e-9 && total > 0.0, "{all}");
    assert_eq!(all["aggregates"]["byModel"][0]["count"], 3);
    let series = client
        .call("sessions.usage.timeseries", json!({ "key": "lab" }))
        .await
        .unwrap();
    let point = &series["points"][0];
    assert_eq!(point["cumulativeTokens"], point["totalTokens"]);
    let logs = json!({ "key": "lab", "limit": 2 });
    let logs = client.call("sessions.usage.logs", logs).await.unwrap();
    assert_eq!(logs["logs"][1]["content"], "hello from lab");
    assert!(logs["logs"][1]["tokens"].as_u64().unwrap() > 0);
    for bad in [
        json!({ "range": "2d" }),
        json!({ "startDate": "x" }),
        json!({ "limit": 0 }),
    ] {
        client.call("sessions.usage", bad).await.unwrap_err();
    }
    site.stop().await;
}

/// The row of the session `lab` after this was said in it.
async fn after(client: &mut Client, text: &str, run: &str) -> Value {
    send_in(client, "lab", text, run).await;
    ended(client, run).await;
    let key = json!({ "key": "lab" });
    let described = client.call("sessions.describe", key).await.unwrap();
    described["session"].clone()
}

#[tokio::test]
async fn a_row_tells_how_the_last_run_went_and_how_full_the_context_is() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let first = after(&mut client, "SAY:one", "r1").await;
    assert_eq!(
        (&first["status"], &first["lastRunId"]),
        (&json!("done"), &json!("r1"))
    );
    let at = |row: &Value, name: &str| row[name].as_i64().unwrap();
    assert_eq!(
        at(&first, "runtimeMs"),
        at(&first, "endedAt") - at(&first, "startedAt")
    );
    let second = after(&mut client, "SAY:two", "r2").await;
    // The context is the prompt of the last answer, and not all prompts added up.
    let (one, all) = (at(&first, "totalTokens"), at(&second, "inputTokens"));
    assert_eq!(at(&second, "totalTokens"), all - one);
    let failed = after(&mut client, "STATUS:400", "r3").await;
    assert_eq!(
        (&failed["status"], &failed["abortedLastRun"]),
        (&json!("failed"), &json!(false))
    );
    assert!(!failed["lastRunError"].as_str().unwrap().is_empty());
    let status = client.call("status", json!({})).await.unwrap();
    let recent = &status["sessions"]["recent"][0];
    let (window, used) = (at(recent, "contextTokens"), at(recent, "totalTokens"));
    assert_eq!(
        (at(recent, "remainingTokens"), at(recent, "percentUsed")),
        (window - used, used * 100 / window)
    );
    let reset = json!({ "key": "lab" });
    client.call("sessions.reset", reset.clone()).await.unwrap();
    let anew = client.call("sessions.describe", reset).await.unwrap();
    let anew = &anew["session"];
    assert_eq!(
        (&anew["status"], &anew["totalTokensFresh"]),
        (&Value::Null, &json!(false))
    );
    site.stop().await;
}
