//! The calls of the recordings, made again.

use super::compare::{differences, differences_in_words};
use super::events::Heard;
use super::file::Reference;
use super::table::Table;
use super::translate::Translation;
use crate::identity::Phone;
use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, Socket, owner_with};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// The files in the order that gives each what it needs: a session before those that list it.
const FILES: [&str; 16] = [
    "chat", "agent", "sessions", "health", "status", "agents", "tools", "skills", "hooks", "misc",
    "device", "exec", "node", "send", "cron", "config",
];

/// How long an answer, or the end of a run, may take.
const PATIENCE: Duration = Duration::from_secs(12);

/// The table, in the hands of two replays at a time.
pub(crate) type Shared = Arc<Mutex<Table>>;

/// A gateway of ours to which the recorded calls are made.
pub(crate) struct Replay {
    reference: Reference,
    table: Shared,
    owner: Client,
    reader: Client,
    nobody: Client,
    /// What `hello` lists.
    served: BTreeSet<String>,
    words: Translation,
    heard: Heard,
    /// The call that waits for the decision about an approval.
    waiting: Option<String>,
    /// A paired device and a node, for the lists.
    others: [Client; 2],
}

impl Replay {
    pub(crate) async fn new(site: &Site, reference: Reference, table: Shared) -> Self {
        let version = reference.protocol();
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
            table,
            reader: connect(json!(["operator.read"])).await,
            nobody: connect(json!([])).await,
            owner,
            served,
            words: Translation::default(),
            heard: Heard::default(),
            waiting: None,
            others: others(site, reference).await,
        }
    }

    /// Lets the node do something, so that it is asked.
    async fn call_the_node(&mut self) {
        let id = self.others[1].hello["server"]["connId"].clone();
        let list = self.owner.call("node.pair.list", json!({})).await.unwrap();
        for request in list["pending"].as_array().unwrap() {
            let approval = json!({ "requestId": request["requestId"] });
            let approved = self.owner.call("node.pair.approve", approval).await;
            approved.unwrap();
        }
        let nodes = self.owner.call("node.list", json!({})).await.unwrap();
        let node = nodes["nodes"][0]["nodeId"].clone();
        let asked = json!({ "nodeId": node, "command": "system.which",
            "params": { "bins": ["sh"] }, "timeoutMs": 100, "idempotencyKey": id });
        self.owner.call("node.invoke", asked).await.unwrap_err();
        let request = self.others[1].event("node.invoke.request").await;
        self.heard.ours(vec![request]);
    }

    /// Makes every call.
    pub(crate) async fn run(mut self) {
        self.owner
            .call("sessions.subscribe", json!({}))
            .await
            .unwrap();
        self.call_the_node().await;
        let mut files: Vec<_> = FILES
            .into_iter()
            .filter_map(|name| self.reference.file(name))
            .collect();
        // The session of all the others comes first, as it did there.
        for file in &mut files {
            if let Some(at) = file.iter().position(|(name, _)| name == "sessions.create") {
                let (name, entry) = file.remove(at);
                self.entry(&name, &entry).await;
            }
        }
        for (name, entry) in files.iter().flatten() {
            self.entry(name, entry).await;
        }
        for client in [&mut self.owner].into_iter().chain(&mut self.others) {
            self.heard.ours(client.events());
        }
        self.heard.compare(self.reference, &self.table);
    }

    fn found(&self, what: &str, lines: impl IntoIterator<Item = String>) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            table.found(self.reference.folder(), &format!("{what} {line}"));
        }
    }

    fn skips(&self, name: &str) -> bool {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.skips(self.reference.folder(), name)
    }

    async fn entry(&mut self, name: &str, entry: &Value) {
        self.heard.recorded(&entry["events"]);
        if self.skips(name) {
            return;
        }
        let method = entry["method"].as_str().unwrap();
        let mut recorded = entry["responses"].as_array().unwrap().as_slice();
        if !self.served.contains(method) && recorded.iter().any(|answer| answer["ok"] == true) {
            return self.found(method, ["not served".to_owned()]);
        }
        let params = self.words.params(method, &entry["params"]);
        let id = self.client(name).start(method, params.clone()).await;
        if method == "exec.approval.request" {
            self.waiting = Some(id.clone());
        }
        if let (true, Some(asked)) = (recorded.len() > 1, self.waiting.clone())
            && let ("exec.approval.resolve", Some((decided, rest))) =
                (method, recorded.split_first())
        {
            // The recorder took the second answer of the request for the first of this call.
            if let Some(ours) = self.answer("exec.approval.request", &asked).await {
                self.answered("exec.approval.request", name, decided, &ours);
            }
            recorded = rest;
        }
        let mut all_alike = true;
        for recorded in recorded {
            let Some(ours) = self.answer(name, &id).await else {
                return;
            };
            if let Ok(payload) = &ours {
                self.words.learn(name, method, payload);
            }
            all_alike &= self.answered(method, name, recorded, &ours);
            if !all_alike {
                // A second answer follows only a first one that is like the recorded one.
                break;
            }
        }
        if name == "chat.send.slow" {
            let run = params["idempotencyKey"].as_str().unwrap_or_default();
            self.until_it_speaks(run).await;
        }
        if all_alike {
            self.until_over(name, method, &params, recorded).await;
        }
    }

    /// Waits for the first words of a run that is to be stopped in the middle.
    async fn until_it_speaks(&mut self, run: &str) {
        let speaks = |payload: &Value| payload["runId"] == run && payload["state"] == "delta";
        let first = self.owner.event_where("chat", speaks).await;
        self.heard.ours(vec![first]);
    }

    /// Compares an answer; whether both worked, or both did not.
    fn answered(
        &self,
        method: &str,
        name: &str,
        recorded: &Value,
        ours: &Result<Value, Value>,
    ) -> bool {
        match (recorded["ok"] == true, ours) {
            (true, Ok(payload)) => {
                self.found(method, differences(&[&recorded["payload"]], &[payload]));
                true
            }
            (false, Err(error)) => {
                self.found(name, differences_in_words(&recorded["error"], error));
                true
            }
            (true, Err(error)) => {
                let line = format!("refused, recorded as working: {}", error["message"]);
                self.found(name, [line]);
                false
            }
            (false, Ok(_)) => {
                let line = format!("works, recorded {}", recorded["error"]["code"]);
                self.found(name, [line]);
                false
            }
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

    /// After a call that starts a run waits until everything of it was told, and keeps the events.
    async fn until_over(&mut self, name: &str, method: &str, params: &Value, recorded: &[Value]) {
        let starts = matches!(method, "chat.send" | "sessions.send" | "agent");
        let works = recorded.iter().all(|answer| answer["ok"] == true);
        let goes_on = ["chat.send.slow", "chat.send.dup", "agent.dup"].contains(&name);
        let run = match (starts && works && !goes_on, name) {
            (true, _) => params["idempotencyKey"].as_str().unwrap_or_default(),
            (false, "chat.abort") => params["runId"].as_str().unwrap_or_default(),
            (false, _) => return,
        };
        let state = |payload: &Value| payload["state"].as_str().unwrap_or_default().to_owned();
        let over = |payload: &Value| {
            payload["runId"] == run
                && ["final", "error", "aborted"].contains(&state(payload).as_str())
        };
        let row = |payload: &Value| payload["runId"] == run && payload["phase"] == "end";
        let owner = &mut self.owner;
        let told = async {
            let mut last = vec![owner.event_where("chat", over).await];
            if name != "chat.send.cmd" {
                last.push(owner.event_where("sessions.changed", row).await);
            }
            last
        };
        match timeout(PATIENCE, told).await {
            Ok(last) => self.heard.ours(last),
            Err(_) => self.found(name, ["the end of the run was not told".to_owned()]),
        }
    }

    /// The next answer to a call; `None` when it does not come.
    async fn answer(&mut self, name: &str, id: &str) -> Option<Result<Value, Value>> {
        let answer = timeout(PATIENCE, self.client(name).answer(id)).await.ok();
        if answer.is_none() {
            self.found(name, ["an answer did not come".to_owned()]);
        }
        answer
    }
}

/// A paired device and a node, as they were recorded.
async fn others(site: &Site, reference: Reference) -> [Client; 2] {
    let clients = reference.file("handshake").unwrap();
    let connect = async |name: &str| {
        let (_, recorded) = clients.iter().find(|(known, _)| known == name).unwrap();
        let mut params = recorded["connect"].clone();
        params["auth"] = json!({ "token": TOKEN });
        let socket = Socket::open(site.address).await;
        Phone::new().connect(socket, &params).await.unwrap()
    };
    let ui = match reference {
        Reference::V3 => "gateway-client/ui/operator",
        Reference::V4 => "openclaw-tui/ui/operator",
    };
    [connect(ui).await, connect("node-host/node/node").await]
}
