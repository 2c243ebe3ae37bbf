//! The calls of the recordings, made again.

use super::compare::{Difference, differences};
use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, owner_with};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// The families in the order that gives each what it needs: a session before those that list it.
const FAMILIES: [&str; 17] = [
    "health", "status", "chat", "agent", "sessions", "agents", "tools", "skills", "hooks", "misc",
    "device", "exec", "node", "send", "cron", "config", "end",
];

/// How long the end of a run may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// A difference, and what it belongs to: a method, `hello`, or an event with its stream and phase.
pub(crate) type Found = BTreeMap<String, BTreeSet<Difference>>;

/// One of the reference gateways.
#[derive(Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) folder: &'static str,
    pub(crate) protocol: u32,
}

/// A gateway of ours to which the recorded calls are made.
pub(crate) struct Replay {
    reference: Reference,
    owner: Client,
    reader: Client,
    nobody: Client,
    /// What `hello` lists.
    served: BTreeSet<String>,
    /// What earlier answers said, by what it is for.
    known: BTreeMap<&'static str, Value>,
    events: Vec<Value>,
    pub(crate) found: Found,
    /// Recorded methods that we do not have.
    pub(crate) absent: BTreeSet<String>,
}

/// One file of the recordings.
fn file(reference: Reference, name: &str) -> Map<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(
        "../../../shared/spec/recordings/{}/{name}.json",
        reference.folder
    ));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        let path = path.display();
        panic!(
            "the recordings are to stand beside the checkout, and {path} cannot be read: {error}"
        )
    });
    serde_json::from_str(&text).unwrap()
}

impl Replay {
    pub(crate) async fn new(site: &Site, reference: Reference) -> Self {
        let version = reference.protocol;
        let connect = async |scopes: Value| {
            let fields = json!({ "scopes": scopes, "minProtocol": version, "maxProtocol": version,
                "caps": ["tool-events"] });
            Client::connect(site.address, &owner_with(&fields))
                .await
                .unwrap()
        };
        let owner = connect(owner_with(&json!({}))["scopes"].clone()).await;
        let served = owner.hello["features"]["methods"].as_array().unwrap();
        let served = served
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect();
        Self {
            reference,
            reader: connect(json!(["operator.read"])).await,
            nobody: connect(json!([])).await,
            owner,
            served,
            known: BTreeMap::new(),
            events: Vec::new(),
            found: Found::new(),
            absent: BTreeSet::new(),
        }
    }

    /// Makes every call.
    pub(crate) async fn run(&mut self) {
        self.call_first().await;
        for family in FAMILIES.iter().filter(|it| **it != "end") {
            let path = format!("{}/{family}", self.reference.folder);
            // Each reference has families of its own.
            if ["v3/status", "v3/hooks", "v3/tools", "v3/node", "v3/send"].contains(&path.as_str())
            {
                continue;
            }
            for (name, entry) in file(self.reference, family) {
                self.entry(&name, &entry).await;
            }
        }
        self.events.extend(self.owner.events());
        self.compare_events();
    }

    /// What the recorded sessions had before the first call.
    async fn call_first(&mut self) {
        for method in ["sessions.subscribe"] {
            if self.served.contains(method) {
                self.owner.call(method, json!({})).await.unwrap();
            }
        }
        let recorded = file(self.reference, "handshake");
        let hello = &recorded["gateway-client/backend/operator"]["hello"];
        let found = differences(hello, &self.owner.hello);
        self.keep("hello", found);
    }

    async fn entry(&mut self, name: &str, entry: &Value) {
        let method = entry["method"].as_str().unwrap();
        let recorded = entry["responses"].as_array().unwrap();
        let is_served = self.served.contains(method);
        if !is_served && recorded.iter().any(|answer| answer["ok"] == true) {
            self.absent.insert(method.to_owned());
            return;
        }
        let params = self.params(method, &entry["params"]);
        let message = params["message"].as_str().unwrap_or_default().to_owned();
        let run = params["idempotencyKey"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let id = self.client(name).start(method, params).await;
        for (at, recorded) in recorded.iter().enumerate() {
            let answer = tokio::time::timeout(PATIENCE, self.client(name).answer(&id)).await;
            let Ok(answer) = answer else {
                let place = "answer".to_owned();
                let how = format!("answer {} did not come", at + 1);
                self.keep(name, BTreeSet::from([Difference { place, how }]));
                return;
            };
            let ours = match &answer {
                Ok(payload) => json!({ "ok": true, "payload": payload }),
                Err(error) => json!({ "ok": false, "error": error }),
            };
            let mut found = outcome(recorded, &ours);
            if !is_served && !found.is_empty() {
                self.absent.insert(method.to_owned());
                return;
            }
            if found.is_empty() {
                found = differences(&recorded["payload"], &ours["payload"]);
            }
            if let Ok(payload) = answer {
                self.learn(name, method, payload);
            }
            self.found
                .entry(method.to_owned())
                .or_default()
                .extend(found);
            if at == 0 && recorded["ok"] != ours["ok"] {
                // The second answer follows only a first one that was like the recorded one.
                return;
            }
        }
        let sends = matches!(method, "chat.send" | "sessions.send");
        let goes_on = message.starts_with("SLOW") || name.rsplit('.').next() == Some("dup");
        if sends && recorded[0]["ok"] == true && !goes_on && !name.starts_with("scope") {
            self.until_over(name, &run).await;
        }
        if method == "chat.abort" && name == "chat.abort" {
            self.until_over(name, "lab-slow").await;
        }
    }

    /// Who makes a call: some were recorded because the caller may not make them.
    fn client(&mut self, name: &str) -> &mut Client {
        match name {
            "scope.none" | "scope.none.health" => &mut self.nobody,
            "scope.write" | "scope.admin" => &mut self.reader,
            _ => &mut self.owner,
        }
    }

    /// Waits for the last event of a run and keeps those before it.
    async fn until_over(&mut self, name: &str, run: &str) {
        let over = |payload: &Value| {
            let state = payload["state"].as_str().unwrap_or_default();
            (payload["runId"] == run || run == "lab-slow")
                && ["final", "error", "aborted"].contains(&state)
        };
        let last = tokio::time::timeout(PATIENCE, self.owner.event_where("chat", over)).await;
        if let Ok(last) = last {
            self.events.push(last);
        } else {
            let place = "events".to_owned();
            let how = "no end of a run came".to_owned();
            self.keep(name, BTreeSet::from([Difference { place, how }]));
        }
    }

    /// Remembers what later calls name.
    fn learn(&mut self, name: &str, method: &str, payload: Value) {
        match method {
            "config.get" | "config.patch" => {
                self.known.insert("config", payload);
            }
            "exec.approvals.get" => {
                self.known.insert("approvals", payload);
            }
            "cron.add" if name == "cron.add" => {
                self.known.insert("job", payload);
            }
            "cron.add" => {
                self.known.insert("other job", payload);
            }
            "wizard.start" => {
                self.known.insert("wizard", payload);
            }
            _ => {}
        }
    }

    /// The recorded parameters in words our fake model and our gateway know.
    fn params(&self, method: &str, recorded: &Value) -> Value {
        let mut params = translated(recorded);
        let known = |what: &str, key: &str| self.known.get(what).map(|it| it[key].clone());
        let mut set = |key: &str, value: Option<Value>| {
            if let (Some(value), Some(old)) = (value, params.get_mut(key))
                && !["dead", "nope"].contains(&old.as_str().unwrap_or_default())
            {
                *old = value;
            }
        };
        match method {
            "config.patch" | "config.set" | "config.apply" => {
                set("baseHash", known("config", "hash"));
                if method == "config.set" && recorded["raw"].as_str().unwrap_or_default().len() > 9
                {
                    set("raw", known("config", "raw"));
                }
            }
            "exec.approvals.set" => set("baseHash", known("approvals", "hash")),
            "cron.update" | "cron.run" | "cron.runs" | "cron.remove" => {
                set("id", known("job", "id"));
            }
            "wizard.status" | "wizard.cancel" | "wizard.next" => {
                set("sessionId", known("wizard", "sessionId"));
            }
            _ => {}
        }
        params
    }

    /// Every kind of event that was recorded and came.
    fn compare_events(&mut self) {
        let recorded = file(self.reference, "events");
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for event in recorded.into_values() {
            all.entry(kind_of(&event)).or_default().push(event);
        }
        for ours in std::mem::take(&mut self.events) {
            let kind = kind_of(&ours);
            for recorded in all.get(&kind).into_iter().flatten() {
                let found = differences(recorded, &ours);
                self.keep(&kind, found);
            }
        }
    }

    fn keep(&mut self, what: &str, found: BTreeSet<Difference>) {
        self.found.entry(what.to_owned()).or_default().extend(found);
    }
}

/// Whether both succeed, or both fail with the same code.
fn outcome(recorded: &Value, ours: &Value) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    let mut differs = |place: &str, how: String| {
        let place = place.to_owned();
        found.insert(Difference { place, how });
    };
    if recorded["ok"] != ours["ok"] {
        let how = if ours["ok"] == true {
            format!("works, recorded {}", recorded["error"]["code"])
        } else {
            format!("refused, recorded as working: {}", ours["error"]["message"])
        };
        differs("ok", how);
    } else if recorded["ok"] == false && recorded["error"]["code"] != ours["error"]["code"] {
        let (was, is) = (&recorded["error"]["code"], &ours["error"]["code"]);
        differs("error.code", format!("{is}, recorded {was}"));
    }
    found
}

/// An event with what tells its payloads apart.
fn kind_of(event: &Value) -> String {
    let payload = &event["payload"];
    let data = &payload["data"];
    let words = [
        &event["event"],
        &payload["stream"],
        &data["phase"],
        &payload["state"],
        &payload["reason"],
        &payload["phase"],
    ];
    let words: Vec<_> = words.into_iter().filter_map(Value::as_str).collect();
    words.join("/")
}

fn translated(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(match text.as_str() {
            "hello SAY:one" => "SAY:one".to_owned(),
            "hi SAY:agent" => "SAY:agent".to_owned(),
            "MOCK_400" => "STATUS:400".to_owned(),
            "MOCK_SLOW" => "SLOW:2000".to_owned(),
            "mock/mock-2" => "fake/fake-2".to_owned(),
            "<token>" => TOKEN.to_owned(),
            text if text.starts_with("MOCK_TOOL:") => "TOOL:ls{\"path\":\".\"}".to_owned(),
            text => text.to_owned(),
        }),
        Value::Array(all) => all.iter().map(translated).collect(),
        Value::Object(all) => {
            let all = all
                .iter()
                .map(|(key, value)| (key.clone(), translated(value)));
            Value::Object(all.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
