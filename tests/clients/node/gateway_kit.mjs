// What the suites of the official gateway client share: clients, device keys, and a notebook of every
// frame the gateway sent, held against the schemas of the official protocol package.

import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";

import { GatewayClient } from "@openclaw/gateway-client";
import { Ajv } from "ajv";
import { WebSocket } from "ws";

export const url = process.env.OPENCLAW_BASE_URL.replace(/^http/, "ws");
export const token = process.env.OPENCLAW_TOKEN;

const ALL_SCOPES = ["admin", "read", "write", "approvals", "pairing", "questions", "talk"].map(
  (name) => `operator.${name}`,
);

// --- every frame that arrives, whichever client reads it

const notebook = [];
const asked = new WeakMap();

const receive = WebSocket.prototype.emit;
WebSocket.prototype.emit = function emit(event, data, ...rest) {
  if (event === "message") {
    const frame = JSON.parse(data.toString());
    notebook.push({ frame, method: asked.get(this)?.get(frame.id) });
  }
  return receive.call(this, event, data, ...rest);
};
const transmit = WebSocket.prototype.send;
WebSocket.prototype.send = function send(data, ...rest) {
  const frame = JSON.parse(data.toString());
  if (!asked.has(this)) asked.set(this, new Map());
  asked.get(this).set(frame.id, frame.method);
  return transmit.call(this, data, ...rest);
};

// --- the schemas of the package

const schemaFile = new URL("../protocol.schema.json", import.meta.resolve("@openclaw/gateway-protocol"));
const schema = JSON.parse(readFileSync(schemaFile));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: "gateway", definitions: schema.definitions });
const compiled = new Map();

// The schema of a name; undefined where the package has none.
function validator(name) {
  if (!(name in schema.definitions)) return undefined;
  if (!compiled.has(name)) compiled.set(name, ajv.compile({ $ref: `gateway#/definitions/${name}` }));
  return compiled.get(name);
}

const EVENTS = {
  agent: "AgentEvent",
  chat: "ChatEvent",
  tick: "TickEvent",
  shutdown: "ShutdownEvent",
  "device.pair.requested": "DevicePairRequestedEvent",
  "device.pair.resolved": "DevicePairResolvedEvent",
  "node.invoke.request": "NodeInvokeRequestEvent",
};
const RESULTS = {
  "agent.identity.get": "AgentIdentityResult",
  "exec.approvals.get": "ExecApprovalsSnapshot",
  "exec.approvals.set": "ExecApprovalsSnapshot",
  "exec.approvals.node.get": "ExecApprovalsNodeSnapshot",
  "config.schema": "ConfigSchemaResponse",
};

// What the reference gateway 2026.9.6 sends, as recorded, and the schemas of the package (2026.9.1, the
// newest there is) do not know yet. Clients of 2026.9.6 use these keys.
const NEWER = [
  { name: "AgentEvent", path: "", keys: ["agentId", "sessionId", "sessionKey"] },
  { name: "HelloOk", path: "/auth", keys: ["method"] },
  { name: "HelloOk", path: "/snapshot/health", keys: ["modelRuntime"] },
  { name: "HelloOk", path: /^\/snapshot\/presence\/\d+$/, keys: ["clientId"] },
  { name: "PresenceEntry", path: "", keys: ["clientId"] },
];
const isNewer = (name, { instancePath, params }) =>
  NEWER.some(
    (known) =>
      known.name === name &&
      (known.path === instancePath || (known.path instanceof RegExp && known.path.test(instancePath))) &&
      known.keys.includes(params.additionalProperty),
  );

const pascal = (method) =>
  method.split(".").map((word) => word[0].toUpperCase() + word.slice(1)).join("");

function complaints({ frame, method }) {
  const check = (name, value) => {
    const valid = validator(name);
    if (!valid || valid(value)) return [];
    return valid.errors
      .filter((error) => !isNewer(name, error))
      .map(({ instancePath, message, params }) =>
        `${method ?? frame.event}: ${name}${instancePath} ${message} ${JSON.stringify(params)}`);
  };
  const frames = { req: "RequestFrame", res: "ResponseFrame", event: "EventFrame" };
  const found = check(frames[frame.type] ?? "GatewayFrame", frame);
  if (frame.type === "event") {
    if (EVENTS[frame.event]) found.push(...check(EVENTS[frame.event], frame.payload));
    if (frame.event === "presence") {
      for (const entry of frame.payload.presence) found.push(...check("PresenceEntry", entry));
    }
    return found;
  }
  if (!frame.ok || frame.payload?.status === "accepted") return found;
  if (method === "connect") return [...found, ...check("HelloOk", frame.payload)];
  if (method === "sessions.list") {
    for (const row of frame.payload.sessions) found.push(...check("SessionRow", row));
  }
  return [...found, ...check(RESULTS[method] ?? `${pascal(method ?? "")}Result`, frame.payload)];
}

// Fails with everything the gateway sent that the package's schemas do not allow.
export function assertFramesAreValid() {
  assert.ok(notebook.length > 0, "no frame was seen");
  const all = new Set(notebook.flatMap(complaints));
  assert.deepEqual([...all], []);
}

export const framesSeen = () => notebook.length;

// --- clients

// Connects with the official client and resolves when the gateway said hello.
export function connect(options = {}) {
  const events = [];
  const waiting = new Set();
  const closes = [];
  return new Promise((resolve, reject) => {
    const client = new GatewayClient({
      url,
      token,
      scopes: ALL_SCOPES,
      ...options,
      onHelloOk: (hello) => resolve({ client, hello, events, closes, request, next, stop }),
      onConnectError: reject,
      onClose: (code, reason) => {
        closes.push({ code, reason });
        for (const look of waiting) look();
      },
      onGap: (gap) => reject(new Error(`a hole in the events: ${JSON.stringify(gap)}`)),
      onEvent: (event) => {
        events.push(event);
        for (const look of waiting) look();
      },
    });
    const request = (method, params = {}, extra = {}) =>
      client.request(method, params, { timeoutMs: 15_000, ...extra });
    // The first event, seen already or still to come, that `wanted` accepts.
    const next = (name, wanted = () => true, patience = 15_000) =>
      until(() => events.find(({ event, payload }) => event === name && wanted(payload)), `event ${name}`, patience);
    const until = (look, what, patience) =>
      new Promise((found, failed) => {
        const done = (settle, value) => {
          waiting.delete(again);
          clearTimeout(timer);
          settle(value);
        };
        const again = () => {
          const value = look();
          if (value !== undefined) done(found, value);
        };
        const timer = setTimeout(
          () => done(failed, new Error(`${what} did not come; seen: ${events.map((e) => e.event)}`)),
          patience,
        );
        waiting.add(again);
        again();
      });
    const stop = () => client.stopAndWait({ timeoutMs: 2_000 }).catch(() => {});
    client.start();
  });
}

// Why a connection is refused.
export async function refused(options) {
  try {
    const connected = await connect(options);
    await connected.stop();
  } catch (error) {
    return error;
  }
  return assert.fail("the connection was let in");
}

// --- device keys, kept and used as the official client asks of its host

export function device() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const tokens = new Map();
  return {
    deviceId: createHash("sha256").update(raw).digest("hex"),
    tokens,
    options: {
      deviceIdentity: {
        deviceId: createHash("sha256").update(raw).digest("hex"),
        privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
        publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
      },
      hostDeps: {
        signDevicePayload: (pem, payload) => sign(null, Buffer.from(payload), pem).toString("base64url"),
        publicKeyRawBase64UrlFromPem: (pem) =>
          createPublicKey(pem).export({ type: "spki", format: "der" }).subarray(-32).toString("base64url"),
        loadDeviceAuthToken: ({ role }) => tokens.get(role) ?? null,
        storeDeviceAuthToken: ({ role, token: secret, scopes }) =>
          tokens.set(role, { token: secret, role, scopes, updatedAtMs: Date.now() }),
        clearDeviceAuthToken: ({ role }) => tokens.delete(role),
      },
    },
  };
}
