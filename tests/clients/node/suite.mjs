// The official openai package for Node, unmodified, against a running gateway.
// Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN, FAKE_MODEL_URL and FAULTS_FROM.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import OpenAI from "openai";

const baseURL = `${process.env.OPENCLAW_BASE_URL}/v1`;
const token = process.env.OPENCLAW_TOKEN;

const GREETING = "Hello from the fake model.";
const AGENT = "openclaw";
const RAW = "fake/fake-1";
const BOTH = [AGENT, RAW];
// One red pixel.
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMB" +
  "AQDJ/pLvAAAAAElFTkSuQmCC";
const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
};

const client = (options = {}) =>
  new OpenAI({ baseURL, apiKey: token, maxRetries: 0, timeout: 30_000, ...options });
const user = (content) => [{ role: "user", content }];
const ask = (options = {}, extra = {}) =>
  client().chat.completions.create({ model: AGENT, messages: user("hi"), ...options }, extra);

let faults = Number(process.env.FAULTS_FROM);
// Asks `model` at a provider of its own, because one that failed rests for a while.
const fault = (model) => {
  const name = `fault-${faults++}/fake-1`;
  return model === BOTH[0]
    ? [{ model }, { headers: { "x-openclaw-model": name } }]
    : [{ model: name }, {}];
};

describe("completion", () => {
  for (const model of [AGENT, "openclaw/main", RAW]) {
    test(model, async () => {
      const answer = await ask({ model });
      assert.equal(answer.object, "chat.completion");
      assert.equal(answer.model, model);
      assert.equal(answer.choices[0].message.content, GREETING);
      assert.equal(answer.choices[0].finish_reason, "stop");
      const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } =
        answer.usage;
      assert.ok(prompt > 0);
      assert.deepEqual([completion, total], [6, prompt + 6]);
    });
  }

  test("headers name the run and the session", async () => {
    const { response } = await ask().withResponse();
    assert.ok(response.headers.get("x-openclaw-run-id"));
    assert.match(response.headers.get("x-openclaw-session-key"), /^agent:main:/);
  });

  test("many at once", async () => {
    const texts = Array.from({ length: 32 }, (_, number) => `number ${number}`);
    const answers = await Promise.all(
      texts.map((text) => ask({ messages: user(`SAY:${text}`) })),
    );
    assert.deepEqual(
      answers.map((answer) => answer.choices[0].message.content),
      texts,
    );
  });
});

describe("stream", () => {
  for (const model of BOTH) {
    test(`${model}, with usage`, async () => {
      const stream = await ask({ model, stream: true, stream_options: { include_usage: true } });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
      assert.equal(text, GREETING);
      assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
      const { usage } = chunks.at(-1);
      assert.ok(usage.prompt_tokens > 0);
      assert.equal(usage.total_tokens, usage.prompt_tokens + 6);
    });

    test(`${model}, through the package's own helper`, async () => {
      const deltas = [];
      const stream = client().chat.completions.stream({ model, messages: user("hi") });
      stream.on("content", (delta) => deltas.push(delta));
      const whole = await stream.finalChatCompletion();
      assert.equal(deltas.join(""), GREETING);
      assert.equal(whole.choices[0].message.content, GREETING);
      assert.equal(whole.choices[0].finish_reason, "stop");
    });

    test(`${model}, left in the middle`, async () => {
      const stream = await ask({ model, messages: user("HANGMID"), stream: true });
      let seen = "";
      for await (const chunk of stream) {
        seen += chunk.choices[0].delta.content ?? "";
        if (seen === "Hello from the") break;
      }
      assert.equal(seen, "Hello from the");
    });

    test(`${model}, broken in the middle`, async () => {
      await assert.rejects(async () => {
        const [where, options] = fault(model);
        const stream = await ask({ ...where, messages: user("CUT"), stream: true }, options);
        for await (const chunk of stream) assert.ok(chunk.id);
      }, OpenAI.APIError);
    });
  }
});

describe("tools", () => {
  const question = 'TOOL:get_weather{"city":"Oslo"}';

  for (const model of BOTH) {
    test(`${model}, round trip by hand`, async () => {
      const messages = user(question);
      const first = await ask({ model, messages, tools: [WEATHER] });
      const { message, finish_reason } = first.choices[0];
      assert.equal(finish_reason, "tool_calls");
      const [call] = message.tool_calls;
      assert.deepEqual(JSON.parse(call.function.arguments), { city: "Oslo" });
      messages.push(message, { role: "tool", tool_call_id: call.id, content: "4 degrees" });
      const second = await ask({ model, messages, tools: [WEATHER] });
      assert.equal(second.choices[0].message.content, "The tool said: 4 degrees");
    });

    for (const stream of [false, true]) {
      test(`${model}, round trip by the package, stream ${stream}`, async () => {
        const asked = [];
        const weather = {
          ...WEATHER.function,
          parse: JSON.parse,
          function: ({ city }) => {
            asked.push(city);
            return `${city}: 6 degrees`;
          },
        };
        const runner = client().chat.completions.runTools({
          model,
          stream,
          messages: user(question),
          tools: [{ type: "function", function: weather }],
        });
        assert.equal(await runner.finalContent(), "The tool said: Oslo: 6 degrees");
        assert.deepEqual(asked, ["Oslo"]);
      });
    }
  }
});

describe("sessions", () => {
  const session = async (options) => {
    const { response } = await ask(options).withResponse();
    return response.headers.get("x-openclaw-session-key");
  };

  test("each request has its own", async () => {
    assert.notEqual(await session(), await session());
  });

  test("a user has one", async () => {
    const name = `ben-${randomUUID()}`;
    assert.equal(await session({ user: name }), await session({ user: name }));
  });
});

describe("images", () => {
  for (const model of BOTH) {
    test(`${model}, data URL`, async () => {
      const content = [
        { type: "text", text: "ECHO_IMAGES" },
        { type: "image_url", image_url: { url: PIXEL } },
      ];
      const answer = await ask({ model, messages: user(content) });
      assert.equal(answer.choices[0].message.content, "1 images: image/png");
    });
  }
});

describe("errors", () => {
  test("wrong token", async () => {
    const call = client({ apiKey: "not-the-token" }).models.list();
    await assert.rejects(call, OpenAI.AuthenticationError);
  });

  test("unknown model", async () => {
    await assert.rejects(ask({ model: "nobody/nothing" }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, "invalid_model");
      assert.ok(Array.isArray(error.error.available_models));
      return true;
    });
  });

  for (const options of [
    { temperature: 9 },
    { messages: [] },
    { max_tokens: 0 },
    { tool_choice: "required" },
    { stop: ["a", "b", "c", "d", "e"] },
  ]) {
    test(`bad request ${JSON.stringify(options)}`, async () => {
      await assert.rejects(ask(options), OpenAI.BadRequestError);
    });
  }

  for (const model of BOTH) {
    test(`${model}, upstream is rate limiting`, async () => {
      const [where, options] = fault(model);
      const call = ask({ ...where, messages: user("STATUS:429:1") }, options);
      await assert.rejects(call, OpenAI.RateLimitError);
    });

    test(`${model}, upstream fails`, async () => {
      const [where, options] = fault(model);
      const call = ask({ ...where, messages: user("STATUS:500") }, options);
      await assert.rejects(call, OpenAI.InternalServerError);
    });
  }
});

describe("models", () => {
  test("list", async () => {
    const ids = [];
    for await (const model of client().models.list()) ids.push(model.id);
    for (const id of ["openclaw", "openclaw/default", "openclaw/main"]) {
      assert.ok(ids.includes(id), `${id} in ${ids}`);
    }
  });

  test("retrieve", async () => {
    assert.equal((await client().models.retrieve("openclaw/main")).id, "openclaw/main");
    await assert.rejects(client().models.retrieve("openclaw/nobody"), OpenAI.NotFoundError);
  });
});
