//! Who was let in where a proxy names users, and where nobody is asked.

use super::doors::{HERE, PROXY, Story, knock, outcome, socket};
use super::file::Reference;
use super::pairing::{ALL, asking, gateway, gateway_behind};
use super::replay::Shared;
use crate::identity::{FAR, Phone};
use crate::site::{Site, say};
use serde_json::{Value, json};
use testkit::Caller;

/// The Control UI instead of the command line.
fn page(mut params: Value) -> Value {
    params["client"]["id"] = "openclaw-control-ui".into();
    params["client"]["mode"] = "webchat".into();
    params
}

/// The stories of both modes.
pub(crate) async fn modes(table: Shared) {
    let mut story = Story::new(Reference::V4, "auth-modes", &table);
    Box::pin(trusted_proxy(&mut story)).await;
    Box::pin(none(&mut story)).await;
    story.end();
}

async fn trusted_proxy(story: &mut Story) {
    let site = gateway(json!({ "mode": "trusted-proxy", "trustedProxy": {
        "userHeader": "x-forwarded-user", "requiredHeaders": ["x-proof"],
        "allowUsers": ["ann"], "allowLoopback": true } }))
    .await;
    let own = format!("http://{}", site.address);
    let proof = ("x-proof", "1");
    let ann = ("x-forwarded-user", "ann");
    let scopes = ("x-openclaw-scopes", "operator.read");
    let cli = asking(4, &ALL, &json!({}));
    let page = page(cli.clone());
    let phone = Phone::new();
    let phones = [Phone::new(), Phone::new()];
    for (step, params, device, more) in [
        ("tp ui device-less", &page, None, &[proof, ann][..]),
        ("tp ui with device", &page, Some(&phones[0]), &[proof, ann]),
        ("tp ui w/ scopes header", &page, None, &[proof, ann, scopes]),
        ("tp missing user", &page, None, &[proof]),
        (
            "tp bad user",
            &page,
            None,
            &[proof, ("x-forwarded-user", "eve")],
        ),
        ("tp missing required header", &page, None, &[ann]),
        ("tp cli no device", &cli, None, &[proof, ann]),
        ("tp cli device", &cli, Some(&phones[1]), &[proof, ann]),
    ] {
        let mut headers = vec![("x-forwarded-for", FAR)];
        if params["client"]["mode"] == "webchat" {
            headers.push(("origin", &own));
        }
        headers.extend(more);
        let socket = socket(site.address, PROXY, &headers).await.unwrap();
        story.step(step, outcome(&knock(socket, device, params).await));
    }
    let direct = socket(site.address, HERE, &[]).await.unwrap();
    let answer = knock(direct, None, &cli).await;
    story.step("tp no proxy headers (direct loopback)", outcome(&answer));
    let foreign = [
        ("x-forwarded-for", FAR),
        proof,
        ann,
        ("origin", "https://evil.example"),
    ];
    story.step(
        "tp bad origin",
        match socket(site.address, PROXY, &foreign).await {
            Ok(socket) => outcome(&knock(socket, Some(&phone), &page).await),
            Err(status) => json!({ "status": status }),
        },
    );
    site.stop().await;
    proxied_http(story).await;
}

/// The same over HTTP, through a proxy on the address of the test's own client.
async fn proxied_http(story: &mut Story) {
    let auth = json!({ "mode": "trusted-proxy", "trustedProxy": {
        "userHeader": "x-forwarded-user", "allowUsers": ["ann"], "allowLoopback": true } });
    let site = gateway_behind("127.0.0.1", auth).await;
    let stranger = || site.stranger().header("x-forwarded-for", FAR).unwrap();
    let ann = || stranger().header("x-forwarded-user", "ann").unwrap();
    let reads = ann().header("x-openclaw-scopes", "operator.read").unwrap();
    story.step("tp http ok", seen(ann(), false).await);
    story.step("tp http none", seen(stranger(), false).await);
    story.step("tp http scopes", seen(reads, true).await);
    site.stop().await;
}

/// What a list of models, or a chat, is answered over HTTP.
async fn seen(caller: Caller, is_chat: bool) -> Value {
    let answer = if is_chat {
        caller.post_json("/v1/chat/completions", &say("hi")).await
    } else {
        caller.get("/v1/models").await
    };
    let answer = answer.unwrap();
    json!({ "s": answer.status.as_u16(), "b": answer.text() })
}

async fn none(story: &mut Story) {
    let site = gateway(json!({ "mode": "none" })).await;
    let own = format!("http://{}", site.address);
    let cli = asking(4, &ALL, &json!({}));
    let with_token = asking(4, &ALL, &json!({ "token": "any" }));
    let mut backend = cli.clone();
    backend["client"]["id"] = "gateway-client".into();
    backend["client"]["mode"] = "backend".into();
    let mut test = cli.clone();
    test["client"]["id"] = "test".into();
    test["client"]["mode"] = "test".into();
    let page = page(cli.clone());
    let (phone, other) = (Phone::new(), Phone::new());
    for (step, params, device) in [
        ("none cli no device", &cli, None),
        ("none cli device", &cli, Some(&phone)),
        ("none backend", &backend, None),
        ("none ui no device", &page, None),
        ("none ui device", &page, Some(&other)),
        ("none with token", &with_token, None),
        ("none test client", &test, None),
    ] {
        let origin = (params["client"]["mode"] == "webchat").then_some(("origin", &*own));
        let headers: Vec<_> = origin.into_iter().collect();
        let socket = socket(site.address, HERE, &headers).await.unwrap();
        story.step(step, outcome(&knock(socket, device, params).await));
    }
    http(story, &site).await;
    site.stop().await;
}

/// The same over HTTP.
async fn http(story: &mut Story, site: &Site) {
    story.step("none http", seen(site.stranger(), false).await);
    story.step("none http chat", seen(site.stranger(), true).await);
    let reads = site.stranger().header("x-openclaw-scopes", "operator.read");
    story.step(
        "none http chat read scope",
        seen(reads.unwrap(), true).await,
    );
}
