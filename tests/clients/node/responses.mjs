// The official openai package for Node, unmodified: responses and embeddings.
// Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN and FAULTS_FROM.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import OpenAI from "openai";

const baseURL = `${process.env.OPENCLAW_BASE_URL}/v1`;
const token = process.env.OPENCLAW_TOKEN;

const GREETING = "Hello from the fake model.";
const BOTH = ["openclaw", "fake/fake-1"];
const EMBEDDER = "fake/fake-embed";
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "Tells the weather of a city.",
  strict: false,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};
const CITY = {
  type: "json_schema",
  name: "city",
  strict: true,
  schema: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

const { responses, embeddings } = new OpenAI({
  baseURL,
  apiKey: token,
  maxRetries: 0,
  timeout: 30_000,
});
let faults = Number(process.env.FAULTS_FROM);
// Asks `model` at a provider of its own, because one that failed rests for a while.
const fault = (model) => {
  const name = `fault-${faults++}/fake-1`;
  return model === BOTH[0]
    ? [{ model }, { headers: { "x-openclaw-model": name } }]
    : [{ model: name }, {}];
};
const calls = (answer) => answer.output.filter((item) => item.type === "function_call");

for (const model of BOTH) {
  describe(model, () => {
    test("a whole answer", async () => {
      const answer = await responses.create({ model, input: "hi", metadata: { a: "b" } });
      assert.equal(answer.status, "completed");
      assert.equal(answer.model, model);
      assert.equal(answer.output_text, GREETING);
      assert.deepEqual(answer.metadata, { a: "b" });
      assert.equal(answer.usage.output_tokens, 6);
    });

    test("a stream", async () => {
      const types = [];
      let text = "";
      for await (const event of await responses.create({ model, input: "hi", stream: true })) {
        assert.equal(event.sequence_number, types.length);
        types.push(event.type);
        if (event.type === "response.output_text.delta") text += event.delta;
      }
      assert.equal(text, GREETING);
      assert.equal(types[0], "response.created");
      assert.equal(types.at(-1), "response.completed");
    });

    test("a stream through the package's own helper", async () => {
      const stream = responses.stream({ model, input: "hi" });
      let snapshot = "";
      stream.on("response.output_text.delta", (event) => (snapshot = event.snapshot));
      const final = await stream.finalResponse();
      assert.equal(snapshot, GREETING);
      assert.equal(final.output_text, GREETING);
    });

    test("an answer of a form", async () => {
      const format = { text: { format: CITY } };
      const input = 'JSON:{"town":"Oslo"}\n{"city":"Oslo"}';
      const answer = await responses.parse({ model, input, ...format });
      assert.deepEqual(answer.output_parsed, { city: "Oslo" });
      await assert.rejects(
        responses.parse({ model, input: "JSON:{}\n[]", ...format }),
        (error) => error instanceof OpenAI.UnprocessableEntityError
          && error.code === "invalid_output",
      );
    });

    test("a tool, there and back", async () => {
      const options = { model, tools: [WEATHER] };
      const input = 'TOOL:get_weather{"city":"Oslo"}';
      const first = await responses.create({ ...options, input });
      const [call] = calls(first);
      assert.deepEqual(JSON.parse(call.arguments), { city: "Oslo" });
      const result = { type: "function_call_output", call_id: call.call_id, output: "4 degrees" };
      const second = await responses.create({
        ...options,
        previous_response_id: first.id,
        input: [result],
      });
      assert.equal(second.output_text, "The tool said: 4 degrees");
      const whole = [{ role: "user", content: input }, ...first.output, result];
      const third = await responses.create({ ...options, store: false, input: whole });
      assert.equal(third.output_text, "The tool said: 4 degrees");
      const streamed = await responses.stream({ ...options, input }).finalResponse();
      assert.deepEqual(JSON.parse(calls(streamed)[0].arguments), { city: "Oslo" });
    });

    test("retrieve, continue, delete", async () => {
      const answer = await responses.create({ model, input: "hi" });
      assert.equal((await responses.retrieve(answer.id)).output_text, GREETING);
      const next = { model, input: "more", previous_response_id: answer.id };
      assert.equal((await responses.create(next)).previous_response_id, answer.id);
      await responses.delete(answer.id);
      await assert.rejects(responses.retrieve(answer.id), OpenAI.NotFoundError);
      await assert.rejects(responses.create(next), (error) =>
        error.code === "previous_response_not_found");
    });

    test("in the background, and cancelled", async () => {
      const begun = await responses.create({ model, input: "SLOW:20", background: true });
      let found = begun;
      for (let tries = 0; tries < 200 && found.status === "in_progress"; tries += 1) {
        await pause(50);
        found = await responses.retrieve(begun.id);
      }
      assert.equal(found.output_text, GREETING);
      const hanging = await responses.create({ model, input: "HANGMID", background: true });
      assert.equal((await responses.cancel(hanging.id)).status, "cancelled");
    });

    test("errors", async () => {
      await assert.rejects(
        responses.create({ model, input: "hi", temperature: 9 }),
        OpenAI.BadRequestError,
      );
      const [where, options] = fault(model);
      await assert.rejects(
        responses.create({ ...where, input: "STATUS:400" }, options),
        OpenAI.BadRequestError,
      );
    });
  });
}

test("embeddings", async () => {
  const answer = await embeddings.create({ model: EMBEDDER, input: ["oslo", "bergen"] });
  assert.deepEqual(answer.data.map((row) => row.index), [0, 1]);
  assert.equal(answer.data[0].embedding.length, 8);
  const plain = await embeddings.create({
    model: EMBEDDER,
    input: "oslo",
    encoding_format: "float",
  });
  plain.data[0].embedding.forEach((number, place) =>
    assert.ok(Math.abs(number - answer.data[0].embedding[place]) < 1e-6));
});
