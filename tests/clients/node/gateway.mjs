// The official @openclaw/gateway-client, unmodified, against a running gateway; every frame is held
// against the schemas of @openclaw/gateway-protocol. Started by ../run with the packaged Node.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { assertFramesAreValid, connect, device, framesSeen, refused, token, url } from "./gateway_kit.mjs";

const GREETING = "Hello from the fake model.";

let backend;
before(async () => {
  backend = await connect();
});
after(() => backend.stop());

// Sends a chat message and resolves with its events until the last one.
async function chat(link, sessionKey, message, last = "final") {
  const runId = randomUUID();
  const ack = await link.request("chat.send", { sessionKey, message, idempotencyKey: runId });
  assert.equal(ack.runId, runId);
  const mine = (payload) => payload.runId === runId;
  const end = await link.next("chat", (payload) => mine(payload) && payload.state === last);
  const seen = link.events.filter((e) => e.event === "chat" && mine(e.payload)).map((e) => e.payload);
  return { runId, ack, end: end.payload, seen };
}

describe("a backend on loopback with the gateway token", () => {
  test("is greeted with protocol 4 and what works", () => {
    const { hello } = backend;
    assert.equal(hello.protocol, 4);
    assert.equal(hello.auth.role, "operator");
    assert.ok(hello.auth.scopes.includes("operator.admin"));
    for (const method of ["health", "agent", "chat.send", "sessions.list", "config.get"]) {
      assert.ok(hello.features.methods.includes(method), method);
    }
    for (const event of ["tick", "chat", "agent", "presence"]) {
      assert.ok(hello.features.events.includes(event), event);
    }
    assert.equal(hello.snapshot.presence[0].mode, "gateway");
    assert.equal(hello.policy.tickIntervalMs, 30_000);
  });

  test("runs an agent and gets both answers", async () => {
    const early = [];
    const reply = await backend.request(
      "agent",
      { message: "hi", agentId: "main", sessionKey: `agent:main:${randomUUID()}`, idempotencyKey: randomUUID() },
      { expectFinal: true, timeoutMs: 30_000, onAccepted: (payload) => early.push(payload) },
    );
    assert.equal(reply.status, "ok");
    assert.equal(reply.result.payloads[0].text, GREETING);
    const waited = await backend.request("agent.wait", { runId: reply.runId, timeoutMs: 5_000 });
    assert.equal(waited.status, "ok");
  });

  test("hears a streamed answer and finds it in the history", async () => {
    const sessionKey = `agent:main:${randomUUID()}`;
    const { seen, end, runId } = await chat(backend, sessionKey, "SAY:one two three four five");
    assert.equal(end.message.content[0].text, "one two three four five");
    const deltas = seen.filter(({ state }) => state === "delta");
    assert.ok(deltas.length > 0, "no delta came before the end");
    assert.equal(deltas.at(-1).message.content[0].text, "one two three four five");
    const history = await backend.request("chat.history", { sessionKey, limit: 10 });
    assert.deepEqual(history.messages.map(({ role }) => role), ["user", "assistant"]);
    const again = await backend.request("chat.send", { sessionKey, message: "SAY:one two three four five", idempotencyKey: runId });
    assert.deepEqual([again.runId, again.status], [runId, "ok"]);
  });

  test("stops an answer and keeps its beginning", async () => {
    const sessionKey = `agent:main:${randomUUID()}`;
    const runId = randomUUID();
    await backend.request("chat.send", { sessionKey, message: "HANGMID", idempotencyKey: runId });
    await backend.next("chat", (p) => p.runId === runId && p.state === "delta");
    const stopped = await backend.request("chat.abort", { sessionKey, runId });
    assert.deepEqual(stopped, { ok: true, aborted: true, runIds: [runId] });
    await backend.next("chat", (p) => p.runId === runId && p.state === "aborted");
    const { messages } = await backend.request("chat.history", { sessionKey });
    assert.equal(messages.at(-1).role, "assistant");
  });

  test("is refused in the recorded words", async () => {
    await assert.rejects(backend.request("no.such.method"), /unknown method: no\.such\.method/);
    await assert.rejects(backend.request("chat.send", { sessionKey: "main" }), /invalid chat\.send params/);
    const reader = await connect({ scopes: ["operator.read"] });
    await assert.rejects(
      reader.request("chat.send", { sessionKey: "main", message: "x", idempotencyKey: randomUUID() }),
      /missing scope: operator\.write/,
    );
    await reader.stop();
    const wrong = await refused({ token: "wrong" });
    assert.match(wrong.message, /gateway token mismatch/);
  });

  test("keeps hundreds of calls on one socket apart", async () => {
    const days = Array.from({ length: 200 }, (_, i) => (i % 30) + 1);
    const replies = await Promise.all(days.map((n) => backend.request("usage.cost", { days: n })));
    assert.deepEqual(replies.map(({ days: n }) => n), days);
  });
});

describe("every method clients cannot do without", () => {
  const sessionKey = `agent:main:${randomUUID()}`;
  // Methods of subsystems that are not there yet say so; clients are not told of them in the hello.
  const absent = ["wake", "cron.add", "cron.update", "cron.remove", "cron.run"];
  const calls = [
    ["health"],
    ["status"],
    ["system-presence"],
    ["last-heartbeat"],
    ["models.list"],
    ["agents.list"],
    ["agent.identity.get", { agentId: "main" }],
    ["skills.status"],
    ["channels.status"],
    ["usage.cost", { days: 1 }],
    ["logs.tail", { limit: 5 }],
    ["config.get"],
    ["config.schema"],
    ["cron.status"],
    ["cron.list", { includeDisabled: true }],
    ["cron.runs", { limit: 5 }],
    ["sessions.subscribe"],
    ["sessions.create", { key: sessionKey, agentId: "main", label: `Suite ${sessionKey}` }],
    ["sessions.messages.subscribe", { key: sessionKey }],
    ["sessions.describe", { key: sessionKey }],
    ["sessions.patch", { key: sessionKey, label: `Renamed ${sessionKey}` }],
    ["sessions.list", { limit: 5 }],
    ["chat.startup", { sessionKey, limit: 10 }],
    ["chat.history", { sessionKey }],
    ["sessions.reset", { key: sessionKey }],
    ["sessions.delete", { key: sessionKey }],
    ["device.pair.list"],
    ["node.list"],
    ["node.pair.list"],
    ["exec.approvals.get"],
    ["chat.metadata"],
    ["commands.list"],
    ["tools.catalog"],
    ["sessions.preview", { keys: [sessionKey] }],
    ["models.authStatus"],
    ["config.schema.lookup", { path: "gateway.port" }],
    ["usage.status"],
    ["gateway.identity.get"],
    ["system.info"],
    ["update.status"],
    ["exec.approval.list"],
    ["plugin.approval.list"],
    ["question.list"],
    ["taskSuggestions.list"],
    ["tasks.list"],
    ["tts.status"],
    ["talk.config"],
    ["voicewake.get"],
    ["hooks.status"],
    ["plugins.list"],
    ["plugins.controlUi.list"],
    ["agents.files.list", { agentId: "main" }],
    ["doctor.memory.status"],
    ["sessions.usage"],
    ["sessions.groups.list"],
  ];
  for (const [method, params] of calls) {
    test(method, async () => {
      await backend.request(method, params ?? {});
      assert.ok(backend.hello.features.methods.includes(method), "it works and is not in the hello");
    });
  }

  test("config.set and config.patch keep to the base hash", async () => {
    const { hash, raw } = await backend.request("config.get");
    await assert.rejects(
      backend.request("config.patch", { raw: "{}", baseHash: "0" }),
      /config changed since last load/,
    );
    const patched = await backend.request("config.patch", {
      raw: JSON.stringify({ agents: { defaults: { timeoutSeconds: 599 } } }),
      baseHash: hash,
    });
    assert.equal(patched.ok, true);
    const now = await backend.request("config.get");
    assert.equal(now.parsed.agents.defaults.timeoutSeconds, 599);
    assert.ok(!now.raw.includes("fake-key"), "a secret is in config.get");
    const restored = await backend.request("config.set", { raw, baseHash: now.hash });
    assert.equal(restored.ok, true);
  });

  for (const method of absent) {
    test(`${method} says that it is not there`, async () => {
      assert.ok(!backend.hello.features.methods.includes(method));
      const error = await backend.request(method).then(() => undefined, (it) => it);
      assert.ok(error, "it answered");
      assert.notEqual(error.message, "");
      assert.ok(!error.message.startsWith("unknown method"), error.message);
    });
  }
});

describe("a device", () => {
  const laptop = device();
  const ui = { ...laptop.options, clientName: "openclaw-tui", mode: "ui" };

  test("with the gateway token is paired at once and gets a token of its own", async () => {
    const paired = await connect(ui);
    assert.ok(laptop.tokens.get("operator")?.token, "no device token was stored");
    assert.notEqual(laptop.tokens.get("operator").token, token);
    const { paired: list } = await paired.request("device.pair.list");
    assert.ok(list.some(({ deviceId }) => deviceId === laptop.deviceId));
    await paired.stop();
  });

  test("comes back with its own token alone", async () => {
    const again = await connect({ ...ui, token: undefined });
    assert.equal(again.hello.auth.method, "device-token");
    const { end } = await chat(again, `agent:main:${randomUUID()}`, "SAY:welcome back");
    assert.equal(end.message.content[0].text, "welcome back");
    await again.stop();
  });

  test("is cut off within a second when its token is revoked", async () => {
    const held = await connect({ ...ui, token: undefined });
    const before = Date.now();
    await backend.request("device.token.revoke", { deviceId: laptop.deviceId, role: "operator" });
    while (held.closes.length === 0 && Date.now() - before < 5_000) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(held.closes[0]?.code, 4001);
    assert.ok(Date.now() - before < 1_000, "it took longer than a second");
    await held.stop();
    const error = await refused({ ...ui, token: undefined });
    assert.match(error.message, /device token mismatch|pairing required|unauthorized/);
  });

  test("without a secret waits for a person, who may let it in", async () => {
    const stranger = device();
    const options = { ...stranger.options, clientName: "openclaw-tui", mode: "ui", token: undefined };
    const error = await refused(options);
    assert.match(error.message, /pairing required|unauthorized|token/i);
  });
});

describe("a node", () => {
  test("answers what an operator asks of it", async () => {
    const box = device();
    const node = await connect({
      ...box.options,
      clientName: "node-host",
      clientDisplayName: "suite-node",
      mode: "node",
      role: "node",
      scopes: [],
      caps: ["system"],
      commands: ["system.which", "system.run"],
    });
    assert.equal(node.hello.auth.role, "node");
    const { pending } = await backend.request("node.pair.list");
    for (const { requestId, nodeId } of pending) {
      if (nodeId === box.deviceId) await backend.request("node.pair.approve", { requestId });
    }
    const described = await backend.request("node.describe", { nodeId: box.deviceId });
    assert.equal(described.connected, true);
    const answer = backend.request("node.invoke", {
      nodeId: box.deviceId,
      command: "system.which",
      params: { bins: ["sh"] },
      idempotencyKey: randomUUID(),
    });
    const { payload } = await node.next("node.invoke.request");
    assert.deepEqual(JSON.parse(payload.paramsJSON), { bins: ["sh"] });
    const result = { id: payload.id, nodeId: box.deviceId, ok: true, payloadJSON: '{"bins":{"sh":"/bin/sh"}}' };
    assert.deepEqual(await node.request("node.invoke.result", result), { ok: true });
    const { payload: found, command } = await answer;
    assert.deepEqual([command, found], ["system.which", { bins: { sh: "/bin/sh" } }]);
    await assert.rejects(node.request("health"), /unauthorized role: node/);
    await node.stop();
  });
});

describe("an approval", () => {
  for (const decision of ["allow-once", "deny"]) {
    test(`asked by one client is answered by another: ${decision}`, async () => {
      const phone = device();
      const reviewer = await connect({ ...phone.options, clientName: "openclaw-tui", mode: "ui", scopes: ["operator.approvals"] });
      const id = randomUUID();
      const answer = backend.request(
        "exec.approval.request",
        { id, command: "echo hi", commandArgv: ["echo", "hi"], cwd: "/tmp", host: "gateway", agentId: "main", sessionKey: "agent:main:main", timeoutMs: 10_000, twoPhase: true },
        { expectFinal: true },
      );
      const { payload } = await reviewer.next("exec.approval.requested", (p) => p.id === id);
      assert.deepEqual(payload.request.commandArgv, ["echo", "hi"]);
      await reviewer.request("exec.approval.resolve", { id, decision });
      assert.equal((await answer).decision, decision);
      await assert.rejects(reviewer.request("exec.approval.resolve", { id, decision }), /approval|unknown/);
      await reviewer.stop();
    });
  }
});

// An address may have 64 connections that have not said who they are.
test("two hundred clients are there at once", async () => {
  const links = [];
  while (links.length < 200) {
    const more = Array.from({ length: 50 }, () => connect({ scopes: ["operator.read"] }));
    links.push(...(await Promise.all(more)));
  }
  const healths = await Promise.all(links.map((link) => link.request("health")));
  assert.ok(healths.every(({ ok }) => ok));
  await Promise.all(links.map((link) => link.stop()));
});

test("the address with a path of its own is the same gateway", async () => {
  const link = await connect({ url: `${url}/ws` });
  assert.equal((await link.request("health")).ok, true);
  await link.stop();
});

test("every frame is what the official schemas allow", () => {
  assert.ok(framesSeen() > 500);
  assertFramesAreValid();
});
