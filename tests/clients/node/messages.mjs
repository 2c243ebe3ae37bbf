// The official @anthropic-ai/sdk package for Node, unmodified, against a running gateway.
// Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN and FAULTS_FROM.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

const baseURL = process.env.OPENCLAW_BASE_URL;
const token = process.env.OPENCLAW_TOKEN;

const GREETING = "Hello from the fake model.";
const AGENT = "openclaw";
const RAW = "fake/fake-1";
const NATIVE = "fake-anthropic/fake-1";
const EVERY = [AGENT, RAW, NATIVE];
const WEATHER = {
  name: "get_weather",
  description: "Tells the weather of a city.",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};

const client = (options = {}) =>
  new Anthropic({ baseURL, apiKey: token, maxRetries: 0, timeout: 30_000, ...options });
const user = (content) => [{ role: "user", content }];
const ask = (content, options = {}) =>
  client().messages.create({ model: AGENT, max_tokens: 200, messages: user(content), ...options });

describe("messages", () => {
  for (const model of EVERY) {
    test(`whole, ${model}`, async () => {
      const answer = await ask("hi", { model });
      assert.equal(answer.model, model);
      assert.equal(answer.content[0].text, GREETING);
      assert.equal(answer.stop_reason, "end_turn");
      assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    });

    test(`streamed, ${model}`, async () => {
      const stream = client().messages.stream({
        model,
        max_tokens: 200,
        messages: user("SAY:one two three"),
      });
      const pieces = [];
      stream.on("text", (piece) => pieces.push(piece));
      const final = await stream.finalMessage();
      assert.ok(pieces.length > 1);
      assert.equal(pieces.join(""), "one two three");
      assert.equal(final.content[0].text, "one two three");
    });

    test(`a tool call goes round, ${model}`, async () => {
      const messages = user('TOOL:get_weather{"city":"Oslo"}');
      const first = await ask("", { model, messages, tools: [WEATHER] });
      const call = first.content.at(-1);
      assert.equal(first.stop_reason, "tool_use");
      assert.deepEqual(call.input, { city: "Oslo" });
      const second = await ask("", {
        model,
        tools: [WEATHER],
        messages: [
          ...messages,
          { role: "assistant", content: first.content },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: call.id, content: "sunny" }],
          },
        ],
      });
      assert.match(second.content[0].text, /sunny/);
    });
  }

  test("tokens are counted without a call", async () => {
    const counted = await client().messages.countTokens({ model: RAW, messages: user("hi") });
    assert.ok(counted.input_tokens > 0);
  });

  test("leaving a stream stops it", async () => {
    const stream = await client().messages.create({
      model: RAW,
      max_tokens: 200,
      stream: true,
      messages: user("SLOW:200"),
    });
    for await (const event of stream) {
      if (event.type === "content_block_delta") break;
    }
    stream.controller.abort();
  });
});

describe("refusals", () => {
  test("a wrong key", async () => {
    const wrong = client({ apiKey: "not-the-token-of-this-gateway" });
    await assert.rejects(
      wrong.messages.create({ model: AGENT, max_tokens: 10, messages: user("hi") }),
      Anthropic.AuthenticationError,
    );
  });

  test("an unknown model", async () => {
    await assert.rejects(ask("hi", { model: "nobody/knows" }), Anthropic.NotFoundError);
  });

  test("an error in the middle of a stream", async () => {
    // A provider of its own, because one that failed rests for a while.
    const model = `fault-${process.env.FAULTS_FROM}/fake-1`;
    const stream = client().messages.stream({ model, max_tokens: 200, messages: user("CUT") });
    await assert.rejects(stream.finalMessage());
  });
});
