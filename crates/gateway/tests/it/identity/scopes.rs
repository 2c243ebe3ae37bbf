use super::*;
use crate::ws::client::owner_with;
use protocol::Scope;

/// What a caller holding these scopes may do.
fn may(held: &[&str], needed: Scope) -> bool {
    let has = |name: &str| held.contains(&name) || held.contains(&"operator.admin");
    match needed {
        Scope::Any => true,
        Scope::Node => false,
        Scope::Read => has("operator.read") || has("operator.write"),
        Scope::Talk => has("operator.talk") || has("operator.write"),
        Scope::Write
        | Scope::Admin
        | Scope::Approvals
        | Scope::Pairing
        | Scope::Questions
        | Scope::TalkSecrets => needed.name().is_some_and(has),
    }
}

/// C5, R9: every method answers by the table, whoever asks.
#[tokio::test]
async fn every_method_asks_for_the_scope_of_the_table() {
    let site = Site::start().await;
    for held in [
        &[][..],
        &["operator.read"],
        &["operator.write"],
        &["operator.pairing"],
        &["operator.approvals"],
        &["operator.admin"],
    ] {
        let params = owner_with(&json!({ "scopes": held }));
        for method in protocol::methods::all() {
            // What may be done is not done here: it would change the gateway under test.
            if may(held, method.scope) {
                continue;
            }
            let mut client = Client::connect(site.address, &params).await.unwrap();
            let error = client.call(method.name, json!({})).await.unwrap_err();
            let expected = match method.scope.name() {
                Some(scope) => format!("missing scope: {scope}"),
                None => "unauthorized role: operator".to_owned(),
            };
            assert_eq!(error["message"], expected, "{} with {held:?}", method.name);
        }
        let mut client = Client::connect(site.address, &params).await.unwrap();
        for method in ["health", "status", "device.pair.list", "login.link"] {
            let info = protocol::methods::find(method).unwrap();
            let answer = client.call(method, json!({})).await;
            assert_eq!(
                answer.is_ok(),
                may(held, info.scope),
                "{method} with {held:?}"
            );
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_node_may_use_the_methods_of_nodes_and_nothing_else() {
    let site = Site::start().await;
    let mut params = asking(&[], &secret());
    params["role"] = "node".into();
    params["client"]["id"] = "node-host".into();
    params["client"]["mode"] = "node".into();
    let phone = Phone::new();
    for method in protocol::methods::all().filter(|method| method.scope != Scope::Node) {
        let mut node = phone.near(&site, &params).await.unwrap();
        let error = node.call(method.name, json!({})).await.unwrap_err();
        assert_eq!(
            error["message"], "unauthorized role: node",
            "{}",
            method.name
        );
    }
    site.stop().await;
}
