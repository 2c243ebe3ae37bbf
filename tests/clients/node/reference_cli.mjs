// The commands of the reference program `openclaw`, unmodified, against a running gateway, and its
// headless node host as a node of it. Each command is a process of its own that takes seconds to
// begin, so there is one per line of the table and little else. Started by ../run with the packaged Node.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

const url = process.env.OPENCLAW_BASE_URL.replace(/^http/, "ws");
const token = process.env.OPENCLAW_TOKEN;
const program = process.env.OPENCLAW_REFERENCE;

const homes = [];

// An own home with settings that lead to the gateway; nothing of the machine's environment.
function home(settings) {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-reference-"));
  homes.push(folder);
  mkdirSync(join(folder, ".openclaw"));
  writeFileSync(join(folder, ".openclaw", "openclaw.json"), JSON.stringify(settings));
  return folder;
}

function start(folder, args, more = {}) {
  const env = { PATH: process.env.PATH, HOME: folder, TERM: "dumb", NO_COLOR: "1", ...more };
  return spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
}

// How a command ended, and what it wrote.
function run(folder, args) {
  return new Promise((resolve, reject) => {
    const child = start(folder, args);
    let out = "";
    let err = "";
    child.stdout.on("data", (piece) => (out += piece));
    child.stderr.on("data", (piece) => (err += piece));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

let here;
before(() => {
  here = home({ gateway: { mode: "remote", remote: { url, token } } });
});
after(() => homes.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const named = ["--url", url, "--token", token];

// What is typed, and what must be in what is printed. Text is looked for in stdout; a function gets the
// parsed JSON.
const works = [
  [["health"], /Agents: main \(default\)/],
  [["health", "--json"], ({ ok }) => ok],
  [["status", "--json"], ({ gateway }) => gateway.reachable && gateway.url === url],
  [["status", "--all"], /reachable/],
  [["gateway", "status", ...named, "--require-rpc"], /Read probe: ok/],
  [["gateway", "call", "health"], /"ok": true/],
  [["gateway", "usage-cost"], /Usage cost \(30 days\)/],
  [["models", "list"], /fake\/fake-1/],
  [["agent", "--message", "SAY:hello from the reference"], /hello from the reference/],
  [["agent", "--message", "SAY:hello", "--json"], ({ status, result }) => status === "ok" && result.payloads[0].text === "hello"],
  [["devices", "list", "--json"], ({ paired, pending }) => Array.isArray(paired) && Array.isArray(pending)],
  [["nodes", "status", "--json"], ({ nodes }) => Array.isArray(nodes)],
  [["nodes", "pending", "--json"], (pending) => Array.isArray(pending)],
  [["system", "presence"], (rows) => rows.some(({ mode }) => mode === "gateway")],
  [["logs", "--limit", "5"], /Log file: .*openclaw\.log/],
  [["channels", "status"], /Gateway reachable/],
  [["skills", "list"], /No skills/],
  [["hooks", "list"], /No hooks/],
  [["cron", "list"], /No automations/],
  [["approvals", "get", "--gateway", "--json"], ({ path, hash }) => path.endsWith("exec-approvals.json") && hash],
  [["secrets", "reload"], /Secrets reloaded/],
];

// What does not work, and the reason that must be said.
const says = [
  [["cron", "add", "--name", "x", "--every", "1h", "--message", "hi"], /no schedules/],
  [["message", "send", "--channel", "telegram", "--target", "1", "--message", "hi"], /no chat channels/],
  [["gateway", "status", "--url", url, "--token", "wrong", "--require-rpc"], /gateway token mismatch/],
];

// Where much else runs, a command of the reference takes twenty seconds.
const patience = { timeout: 180_000 };

describe("a command of the reference", { concurrency: 2 }, () => {
  for (const [args, expected] of works) {
    const typed = args.filter((word) => !named.includes(word)).join(" ");
    test(typed, patience, async () => {
      const ran = await run(here, args);
      assert.equal(ran.code, 0, JSON.stringify(ran));
      if (expected instanceof RegExp) assert.match(ran.out, expected);
      else assert.ok(expected(JSON.parse(ran.out)), ran.out);
    });
  }

  for (const [args, reason] of says) {
    test(`${args.slice(0, 2).join(" ")} says why not: ${reason.source}`, patience, async () => {
      const ran = await run(here, args);
      assert.equal(ran.code, 1, JSON.stringify(ran));
      assert.match(ran.out + ran.err, reason);
    });
  }
});

test("the headless node host of the reference answers a command", patience, async () => {
  const { hostname, port } = new URL(url);
  const args = ["node", "run", "--host", hostname, "--port", port, "--display-name", "reference-node"];
  const node = start(home({}), args, { OPENCLAW_GATEWAY_TOKEN: token });
  try {
    let out = "";
    await new Promise((resolve, reject) => {
      const hear = (piece) => {
        out += piece;
        if (out.includes("node host gateway connected")) resolve();
      };
      node.stdout.on("data", hear);
      node.stderr.on("data", hear);
      node.on("close", (code) => reject(new Error(`it ended with ${code}: ${out}`)));
    });
    const which = ["--command", "system.which", "--params", '{"bins":["sh"]}', "--json"];
    const ran = await run(here, ["nodes", "invoke", "--node", "reference-node", ...which]);
    assert.equal(ran.code, 0, JSON.stringify(ran));
    const { ok, command, payload } = JSON.parse(ran.out);
    assert.deepEqual([ok, command], [true, "system.which"]);
    assert.match(payload.bins.sh, /\/sh$/);
    const rules = await run(here, ["approvals", "get", "--node", "reference-node", "--json"]);
    assert.equal(rules.code, 0, JSON.stringify(rules));
    assert.ok(JSON.parse(rules.out).hash, rules.out);
  } finally {
    node.removeAllListeners("close");
    node.kill("SIGTERM");
    await new Promise((resolve) => (node.exitCode === null ? node.on("close", resolve) : resolve()));
  }
});
