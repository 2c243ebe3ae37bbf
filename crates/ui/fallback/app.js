// The plain page: sign in, see the status, say something to the agent.
// The credential lives in this closure only: never in storage, a cookie or an address.

const READY_EVERY_MS = 10_000;
const SESSION = "main";

const by = (id) => document.getElementById(id);
let token = null;
let busy = false;

// Taken out of the address before anything else runs, so that it is in no history entry.
function takeFragment() {
  const fragment = new URLSearchParams(location.hash.replace(/^#/, ""));
  const found = { code: fragment.get("code"), token: fragment.get("token") };
  if (found.code || found.token) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return found;
}

class Refused extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
    });
  } catch {
    throw new Refused(0, "The gateway does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer?.ok) return answer.data;
  const message = answer?.error?.message ?? `The gateway answered ${response.status}.`;
  throw new Refused(response.status, message, response.headers.get("retry-after"));
}

const call = (method, params) => post(`/api/rpc/${method}`, params);

function explain(error) {
  if (error.status === 401) return "That was not accepted. Check the token, or ask for a new link.";
  if (error.status === 429 && error.retryAfter) {
    return `Too many attempts. Try again in ${error.retryAfter} s.`;
  }
  return error.message;
}

function notice(text) {
  by("notice").textContent = text ?? "";
  by("notice").hidden = !text;
}

function show(signedIn) {
  by("sign-in").hidden = signedIn;
  by("signed-in").hidden = !signedIn;
}

function signOut(reason) {
  token = null;
  show(false);
  notice(reason);
  by("messages").replaceChildren();
  by("status").replaceChildren();
  by("token").focus();
}

async function signIn(candidate) {
  token = candidate;
  try {
    showStatus(await call("status", {}));
  } catch (error) {
    token = null;
    show(false);
    throw error;
  }
  notice(null);
  show(true);
  by("message").focus();
  await watchReady();
  await showHistory().catch(() => {});
}

// ---- status

const DAY_S = 86_400;

function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < DAY_S) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / DAY_S)} d ${Math.floor((seconds % DAY_S) / 3600)} h`;
}

// Money comes with six decimals; zeros behind the cents tell nobody anything.
const dollars = (text) => `${text.replace(/(\.\d\d\d*?)0+$/, "$1")} USD`;

function cost(today) {
  const known = dollars(today.costUsd);
  if (!today.unpricedCalls) return known;
  const calls = today.unpricedCalls === 1 ? "1 call" : `${today.unpricedCalls} calls`;
  return `${known} and ${calls} without a known price`;
}

const WINDOWS = { day: "today", month: "this month" };

// The budgets of the whole gateway; those of agents and sessions are in `openclaw costs`.
function budgets(status) {
  const ours = (status.budgets ?? []).filter((budget) => budget.scope === "gateway");
  const shown = ours.map((budget) =>
    `${dollars(budget.spentUsd)} of ${dollars(budget.limitUsd)} spent ${WINDOWS[budget.window] ?? ""}`.trim(),
  );
  return shown.length ? shown.join(", ") : "none is set";
}

function showStatus(status) {
  const agents = (status.agents ?? []).map((agent) => `${agent.name || agent.agentId}: ${agent.model}`);
  const rows = [
    ["Version", status.runtimeVersion],
    ["Running for", duration(status.uptimeMs ?? 0)],
    ["Listening on", (status.addresses ?? []).join(", ")],
    ["Agents", agents.join(", ")],
    ["Sessions", status.sessions?.count],
    ["Runs under way", status.activeRuns],
    ["Model calls today", status.today && `${status.today.calls}, ${cost(status.today)}`],
    ["Budget", status.budgets && budgets(status)],
    ["OpenAI endpoint", status.endpoints && (status.endpoints.chatCompletions ? "on" : "off")],
  ];
  const children = [];
  for (const [name, value] of rows) {
    if (value === undefined || value === "") continue;
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = name;
    detail.textContent = String(value);
    children.push(term, detail);
  }
  by("status").replaceChildren(...children);
  const warnings = [...(status.warnings ?? []), ...(status.health?.reasons ?? [])];
  by("warnings").replaceChildren(
    ...warnings.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
  by("warnings").hidden = warnings.length === 0;
}

async function refresh() {
  try {
    showStatus(await call("status", {}));
    notice(null);
  } catch (error) {
    if (error.status === 401) signOut("You were signed out: the gateway no longer accepts this credential.");
    else notice(explain(error));
  }
}

async function watchReady() {
  const pill = by("ready");
  let state = "failing";
  let text = "not reachable";
  // What is not ready is told to those who have signed in only.
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch("/readyz", { headers, cache: "no-store", credentials: "omit" });
    const body = await response.json().catch(() => ({}));
    const failing = (body.failing ?? []).join(", ");
    state = response.ok ? "ready" : "failing";
    text = response.ok ? "running" : `not ready${failing && `: ${failing}`}`;
  } catch {
    // Said by the defaults above.
  }
  // The same text again would be read aloud again.
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = state;
}

// ---- chat

function say(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  by("messages").append(item);
  toEnd();
  return item;
}

// An answer grows after it was put there, so its beginning in view is not enough.
function toEnd() {
  by("messages").scrollTop = by("messages").scrollHeight;
}

function textOf(content) {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

async function showHistory() {
  const history = await call("chat.history", { sessionKey: SESSION, limit: 40 });
  by("messages").replaceChildren();
  for (const message of history.messages ?? []) {
    const text = textOf(message.content);
    if (text && (message.role === "user" || message.role === "assistant")) say(message.role, text);
  }
}

function randomKey() {
  // randomUUID is missing on plain http addresses other than localhost.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function working(now) {
  busy = now;
  by("send").disabled = now;
  by("stop").hidden = !now;
}

async function send(text) {
  say("user", text);
  const answer = say("waiting", "…");
  working(true);
  try {
    const reply = await call("agent", {
      message: text,
      sessionKey: SESSION,
      idempotencyKey: randomKey(),
    });
    const said = (reply.result?.payloads ?? []).map((payload) => payload.text).filter(Boolean);
    const ended = reply.status === "ok" ? "(no text)" : `The run ended: ${reply.summary ?? reply.status}.`;
    answer.className = reply.status === "ok" ? "assistant" : "failed";
    answer.textContent = said.length > 0 ? said.join("\n\n") : ended;
  } catch (error) {
    answer.className = "failed";
    answer.textContent = explain(error);
    if (error.status === 401) signOut("You were signed out: the gateway no longer accepts this credential.");
  } finally {
    working(false);
    toEnd();
  }
  if (answer.className === "assistant") await refresh();
}

// ---- events

by("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const candidate = by("token").value.trim();
  by("token").value = "";
  await signIn(candidate).catch((error) => {
    notice(explain(error));
    by("token").focus();
  });
});

by("chat-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = by("message").value.trim();
  if (!text || busy) return;
  by("message").value = "";
  send(text);
});

by("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    by("chat-form").requestSubmit();
  }
});

by("stop").addEventListener("click", () => {
  call("chat.abort", { sessionKey: SESSION }).catch((error) => notice(explain(error)));
});
by("sign-out").addEventListener("click", () => signOut(null));
by("refresh").addEventListener("click", refresh);

async function signInByFragment() {
  const found = takeFragment();
  if (!found.code && !found.token) return false;
  try {
    await signIn(found.token ?? (await post("/api/login", { code: found.code })).token);
  } catch (error) {
    const used = found.code && (error.status === 401 || error.status === 403);
    show(false);
    notice(used ? "This link was used or is too old. Run openclaw dashboard for a new one." : explain(error));
  }
  return true;
}

// A link opened in a tab that already shows this page changes the fragment only.
addEventListener("hashchange", signInByFragment);

if (!(await signInByFragment())) {
  // A gateway that was told to ask for no credential answers at once.
  await signIn(null).catch((error) => notice(error.status === 401 ? null : explain(error)));
}
if (token === null) await watchReady();
setInterval(() => {
  if (!document.hidden) watchReady();
}, READY_EVERY_MS);
