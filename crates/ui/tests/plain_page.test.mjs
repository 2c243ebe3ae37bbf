// What the plain page does, against a document and a gateway made of plain objects.
// Run: node --test crates/ui/tests/plain_page.test.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../fallback/", import.meta.url);
const ids = [...readFileSync(new URL("index.html", folder), "utf8").matchAll(/ id="([^"]+)"/g)].map(
  (match) => match[1],
);

const STATUS = {
  runtimeVersion: "1.2.3",
  uptimeMs: 3_720_000,
  addresses: ["http://127.0.0.1:18789"],
  agents: [{ agentId: "main", name: "", model: "offline/demo" }],
  sessions: { count: 0 },
  activeRuns: 0,
  today: { calls: 2, costUsd: "0.000000", unpricedCalls: 1 },
  budgets: [
    { scope: "gateway", window: "day", limitUsd: "5.000000", spentUsd: "1.250000" },
    { scope: "agent", name: "main", window: "day", limitUsd: "1.000000", spentUsd: "0.000000" },
  ],
  endpoints: { chatCompletions: false },
  health: { reasons: [] },
  warnings: ["<b>look</b>"],
};

class Element {
  constructor() {
    this.children = [];
    this.listeners = {};
    this.dataset = {};
    this.hidden = false;
    this.value = "";
    this.textContent = "";
    this.className = "";
    this.scrollTop = 0;
    this.scrollHeight = 1000;
  }
  addEventListener(kind, listener) {
    this.listeners[kind] = listener;
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  focus() {}
  fire(kind) {
    return this.listeners[kind]({ preventDefault() {} });
  }
}

let loads = 0;

// Opens the page with a fragment, on a gateway that answers by `routes`.
async function open(hash, routes) {
  const elements = Object.fromEntries(ids.map((id) => [id, new Element()]));
  const calls = [];
  const replaced = [];
  globalThis.document = {
    hidden: false,
    getElementById: (id) => elements[id] ?? assert.fail(`no element ${id}`),
    createElement: () => new Element(),
  };
  globalThis.location = { hash, pathname: "/", search: "" };
  globalThis.history = {
    replaceState: (_state, _title, address) => {
      replaced.push(address);
      globalThis.location.hash = "";
    },
  };
  globalThis.addEventListener = () => {};
  globalThis.setInterval = () => 0;
  globalThis.fetch = async (path, options) => {
    const body = options.body && JSON.parse(options.body);
    const bearer = options.headers?.authorization;
    calls.push({ path, body, bearer, fragment: globalThis.location.hash });
    const [status, answer] = routes(path, body, bearer);
    return new Response(JSON.stringify(answer), { status });
  };
  await import(new URL(`app.js?load=${++loads}`, folder));
  return { elements, calls, replaced };
}

const ok = (data) => [200, { ok: true, data }];
const refused = (status, message) => [status, { error: { message, type: "x", code: "X" } }];

function gateway(path, body, bearer) {
  if (path === "/readyz") return [200, { ready: true }];
  if (path === "/api/login") {
    return body.code === "once" ? ok({ token: "secret" }) : refused(401, "unauthorized");
  }
  if (bearer !== "Bearer secret") return refused(401, "Unauthorized");
  if (path === "/api/rpc/status") return ok(STATUS);
  if (path === "/api/rpc/chat.history") {
    return ok({ messages: [{ role: "user", content: [{ type: "text", text: "before" }] }] });
  }
  if (path === "/api/rpc/agent") {
    return ok({ status: "ok", result: { payloads: [{ text: `<i>${body.message}</i>` }] } });
  }
  return refused(404, `no ${path}`);
}

test("a one-time link signs in and leaves the address before the first request", async () => {
  const { elements, calls, replaced } = await open("#code=once", gateway);
  assert.deepEqual(replaced, ["/"]);
  assert.ok(calls.every((call) => call.fragment === ""));
  assert.deepEqual(calls[0], { path: "/api/login", body: { code: "once" }, bearer: undefined, fragment: "" });
  assert.equal(elements["signed-in"].hidden, false);
  assert.equal(elements["sign-in"].hidden, true);
  assert.equal(elements.ready.textContent, "running");
  assert.deepEqual(elements.messages.children.map((item) => item.textContent), ["before"]);
});

test("the status is shown as text, unknown costs as unknown", async () => {
  const { elements } = await open("#token=secret", gateway);
  const shown = elements.status.children.map((child) => child.textContent);
  assert.deepEqual(shown.slice(0, 4), ["Version", "1.2.3", "Running for", "1 h 2 min"]);
  assert.ok(shown.includes("main: offline/demo"));
  assert.ok(shown.includes("1.25 USD of 5.00 USD spent today"), shown.join("; "));
  assert.ok(shown.includes("2, 0.00 USD and 1 call without a known price"));
  assert.deepEqual(elements.warnings.children.map((item) => item.textContent), ["<b>look</b>"]);
});

test("a used link says so and offers to sign in", async () => {
  const { elements } = await open("#code=used", gateway);
  assert.match(elements.notice.textContent, /used or is too old/);
  assert.equal(elements["sign-in"].hidden, false);
  assert.equal(elements["signed-in"].hidden, true);
});

test("a pasted token signs in and does not stay in its field", async () => {
  const { elements } = await open("", gateway);
  assert.equal(elements.notice.hidden, true, "nobody has done anything wrong yet");
  assert.equal(elements["sign-in"].hidden, false);
  elements.token.value = "wrong";
  await elements["token-form"].fire("submit");
  assert.match(elements.notice.textContent, /not accepted/);
  assert.equal(elements.token.value, "");
  elements.token.value = " secret ";
  await elements["token-form"].fire("submit");
  assert.equal(elements["signed-in"].hidden, false);
  assert.equal(elements.notice.hidden, true);
});

test("a gateway without authentication needs no sign-in", async () => {
  const { elements } = await open("", (path, body) => gateway(path, body, "Bearer secret"));
  assert.equal(elements["signed-in"].hidden, false);
});

test("a message is sent once with its own key and the answer shown as text", async () => {
  const { elements, calls } = await open("#code=once", gateway);
  elements.message.value = "hello";
  elements["chat-form"].fire("submit");
  elements.message.value = "too soon";
  elements["chat-form"].fire("submit");
  await new Promise((done) => setTimeout(done, 20));
  const sent = calls.filter((call) => call.path === "/api/rpc/agent");
  assert.equal(sent.length, 1);
  assert.match(sent[0].body.idempotencyKey, /^[0-9a-f]{32}$/);
  assert.deepEqual(
    { ...sent[0].body, idempotencyKey: "" },
    { message: "hello", sessionKey: "main", idempotencyKey: "" },
  );
  const said = elements.messages.children.map((item) => [item.className, item.textContent]);
  assert.deepEqual(said, [["user", "before"], ["user", "hello"], ["assistant", "<i>hello</i>"]]);
  assert.equal(elements.send.disabled, false);
  assert.equal(elements.messages.scrollTop, elements.messages.scrollHeight);
  const after = calls.slice(calls.indexOf(sent[0]) + 1).map((call) => call.path);
  assert.deepEqual(after, ["/api/rpc/status"]);
});

test("a revoked token signs out and clears what was shown", async () => {
  let revoked = false;
  const { elements } = await open("#token=secret", (path, body, bearer) =>
    gateway(path, body, revoked ? "" : bearer),
  );
  revoked = true;
  await elements.refresh.fire("click");
  assert.equal(elements["signed-in"].hidden, true);
  assert.match(elements.notice.textContent, /signed out/);
  assert.deepEqual(elements.status.children, []);
  assert.deepEqual(elements.messages.children, []);
});

test("what is not ready is named to those who have signed in", async () => {
  const failing = (path, body, bearer) => {
    if (path !== "/readyz") return gateway(path, body, bearer);
    const known = bearer === "Bearer secret";
    return [503, known ? { ready: false, failing: ["state"] } : { ready: false }];
  };
  const signedIn = (await open("#code=once", failing)).elements.ready;
  assert.equal(signedIn.textContent, "not ready: state");
  const stranger = (await open("", failing)).elements.ready;
  assert.equal(stranger.textContent, "not ready");
  assert.equal(stranger.dataset.state, "failing");
});
