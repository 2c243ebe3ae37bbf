"""The official openai package for Python, unmodified, against a running gateway.

Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN, FAKE_MODEL_URL and FAULTS_FROM.
"""

import asyncio
import itertools
import json
import os
import unittest
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

import openai

BASE_URL = os.environ["OPENCLAW_BASE_URL"] + "/v1"
TOKEN = os.environ["OPENCLAW_TOKEN"]
FAKE_URL = os.environ["FAKE_MODEL_URL"]

GREETING = "Hello from the fake model."
AGENT = "openclaw"
RAW = "fake/fake-1"
# One red pixel.
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMB"
    "AQDJ/pLvAAAAAElFTkSuQmCC"
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


fault_numbers = itertools.count(int(os.environ["FAULTS_FROM"]))


def fault(model):
    """Asks `model` at a provider of its own, because one that failed rests for a while."""
    name = f"fault-{next(fault_numbers)}/fake-1"
    if model == AGENT:
        return {"model": model, "extra_headers": {"x-openclaw-model": name}}
    return {"model": name}


def client(**options):
    settings = {"base_url": BASE_URL, "api_key": TOKEN, "max_retries": 0, "timeout": 30}
    return openai.OpenAI(**{**settings, **options})


def user(content):
    return [{"role": "user", "content": content}]


def requests_of_the_model():
    """What the fake model was asked, oldest first."""
    with urllib.request.urlopen(FAKE_URL + "/__fake/requests", timeout=10) as answer:
        return json.load(answer)["requests"]


class Completion(unittest.TestCase):
    def check(self, model):
        answer = client().chat.completions.create(model=model, messages=user("hi"))
        self.assertEqual(answer.object, "chat.completion")
        self.assertEqual(answer.model, model)
        self.assertEqual(answer.choices[0].message.role, "assistant")
        self.assertEqual(answer.choices[0].message.content, GREETING)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertGreater(answer.usage.prompt_tokens, 0)
        self.assertEqual(answer.usage.completion_tokens, 6)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + 6)

    def test_agent(self):
        self.check(AGENT)

    def test_agent_by_name(self):
        self.check("openclaw/main")

    def test_raw_model(self):
        self.check(RAW)

    def test_raw_model_is_asked_nothing_but_the_request(self):
        mark = f"only this {uuid.uuid4()}"
        client().chat.completions.create(
            model=RAW, messages=user(mark), temperature=0.5, max_tokens=50, stop=["END"]
        )
        sent = [r for r in requests_of_the_model() if mark in json.dumps(r["messages"])]
        self.assertEqual(len(sent), 1)
        self.assertEqual(len(sent[0]["messages"]), 1, "no system text of ours")
        self.assertEqual(sent[0]["temperature"], 0.5)
        self.assertNotIn("tools", sent[0])

    def test_system_text_reaches_the_model(self):
        for model in (AGENT, RAW):
            messages = [
                {"role": "system", "content": "The word is heliotrope."},
                {"role": "user", "content": "ECHO_SYSTEM"},
            ]
            answer = client().chat.completions.create(model=model, messages=messages)
            self.assertIn("heliotrope", answer.choices[0].message.content, model)

    def test_headers_name_the_run_and_the_session(self):
        answer = client().chat.completions.with_raw_response.create(
            model=AGENT, messages=user("hi")
        )
        self.assertTrue(answer.headers["x-openclaw-run-id"])
        self.assertTrue(answer.headers["x-openclaw-session-key"].startswith("agent:main:"))

    def test_async_client(self):
        async def ask():
            async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=TOKEN) as asking:
                call = asking.chat.completions.create(model=AGENT, messages=user("hi"))
                return await call

        self.assertEqual(asyncio.run(ask()).choices[0].message.content, GREETING)

    def test_many_at_once(self):
        def ask(number):
            text = f"SAY:number {number}"
            answer = client().chat.completions.create(model=AGENT, messages=user(text))
            return answer.choices[0].message.content

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(32)))
        self.assertEqual(answers, [f"number {number}" for number in range(32)])


class Stream(unittest.TestCase):
    def check(self, model):
        stream = client().chat.completions.create(
            model=model,
            messages=user("hi"),
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(text, GREETING)
        self.assertEqual({chunk.object for chunk in chunks}, {"chat.completion.chunk"})
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
        self.assertEqual([reason for reason in reasons if reason], ["stop"])
        self.assertEqual(chunks[-1].choices, [])
        usage = chunks[-1].usage
        self.assertGreater(usage.prompt_tokens, 0)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + 6)

    def test_agent(self):
        self.check(AGENT)

    def test_raw_model(self):
        self.check(RAW)

    def test_no_usage_unless_asked(self):
        for model in (AGENT, RAW):
            stream = client().chat.completions.create(
                model=model, messages=user("hi"), stream=True
            )
            self.assertTrue(all(not chunk.usage and chunk.choices for chunk in stream), model)

    def test_text_comes_while_it_is_made(self):
        for model in (AGENT, RAW):
            stream = client().chat.completions.create(
                model=model, messages=user("HANGMID"), stream=True
            )
            seen = ""
            for chunk in stream:
                seen += chunk.choices[0].delta.content or ""
                if seen == "Hello from the":
                    break
            self.assertEqual(seen, "Hello from the", model)
            stream.close()

    def test_a_broken_answer_is_an_error_after_its_text(self):
        for model in (AGENT, RAW):
            seen = ""
            with self.assertRaises(openai.APIError, msg=model):
                stream = client().chat.completions.create(
                    messages=user("CUT"), stream=True, **fault(model)
                )
                for chunk in stream:
                    seen += chunk.choices[0].delta.content or ""
            self.assertTrue("Hello from the".startswith(seen), f"{model}: {seen!r}")


class Tools(unittest.TestCase):
    question = 'TOOL:get_weather{"city":"Oslo"}'

    def check_round_trip(self, model):
        messages = user(self.question)
        first = client().chat.completions.create(
            model=model, messages=messages, tools=[WEATHER]
        )
        choice = first.choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        call = choice.message.tool_calls[0]
        self.assertEqual(call.type, "function")
        self.assertEqual(call.function.name, "get_weather")
        self.assertEqual(json.loads(call.function.arguments), {"city": "Oslo"})
        # The client runs the tool and asks again.
        messages.append(choice.message)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "4 degrees"})
        second = client().chat.completions.create(
            model=model, messages=messages, tools=[WEATHER]
        )
        self.assertEqual(second.choices[0].message.content, "The tool said: 4 degrees")
        self.assertEqual(second.choices[0].finish_reason, "stop")

    def test_agent(self):
        self.check_round_trip(AGENT)

    def test_raw_model(self):
        self.check_round_trip(RAW)

    def test_in_one_session(self):
        asking = client(default_headers={"x-openclaw-session-key": f"tools-{uuid.uuid4()}"})
        first = asking.chat.completions.create(
            model=AGENT, messages=user(self.question), tools=[WEATHER]
        )
        message = first.choices[0].message
        result = {
            "role": "tool",
            "tool_call_id": message.tool_calls[0].id,
            "content": "5 degrees",
        }
        second = asking.chat.completions.create(
            model=AGENT, messages=[*user(self.question), message, result], tools=[WEATHER]
        )
        self.assertEqual(second.choices[0].message.content, "The tool said: 5 degrees")

    def test_streamed(self):
        for model in (AGENT, RAW):
            stream = client().chat.completions.create(
                model=model, messages=user(self.question), tools=[WEATHER], stream=True
            )
            name, arguments, reason = "", "", None
            for chunk in stream:
                for call in chunk.choices[0].delta.tool_calls or []:
                    name += call.function.name or ""
                    arguments += call.function.arguments or ""
                reason = chunk.choices[0].finish_reason or reason
            self.assertEqual((name, reason), ("get_weather", "tool_calls"), model)
            self.assertEqual(json.loads(arguments), {"city": "Oslo"}, model)


class Sessions(unittest.TestCase):
    def ask(self, text, **options):
        asking = client().chat.completions.with_raw_response
        answer = asking.create(model=AGENT, messages=user(text), **options)
        return answer.headers["x-openclaw-session-key"]

    def test_each_request_has_its_own(self):
        self.assertNotEqual(self.ask("hi"), self.ask("hi"))

    def test_a_user_has_one(self):
        name = f"ann-{uuid.uuid4()}"
        first = self.ask("my number is 4711", user=name)
        self.assertEqual(first, self.ask(f"recall {name}", user=name))
        sent = [r for r in requests_of_the_model() if f"recall {name}" in json.dumps(r)]
        self.assertIn("my number is 4711", json.dumps(sent[-1]["messages"]))

    def test_a_header_names_one(self):
        header = {"x-openclaw-session-key": f"named-{uuid.uuid4()}"}
        first = self.ask("hi", extra_headers=header)
        self.assertEqual(first, self.ask("again", extra_headers=header))
        self.assertTrue(first.endswith(header["x-openclaw-session-key"]), first)


class Images(unittest.TestCase):
    def test_data_urls_reach_the_model(self):
        content = [
            {"type": "text", "text": "ECHO_IMAGES"},
            {"type": "image_url", "image_url": {"url": PIXEL}},
        ]
        for model in (AGENT, RAW):
            answer = client().chat.completions.create(model=model, messages=user(content))
            self.assertEqual(answer.choices[0].message.content, "1 images: image/png", model)


class Errors(unittest.TestCase):
    def ask(self, **options):
        settings = {"model": AGENT, "messages": user("hi")}
        return client().chat.completions.create(**{**settings, **options})

    def test_wrong_token(self):
        with self.assertRaises(openai.AuthenticationError) as caught:
            client(api_key="not-the-token").chat.completions.create(
                model=AGENT, messages=user("hi")
            )
        self.assertEqual(caught.exception.status_code, 401)

    def test_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.ask(model="nobody/nothing")
        self.assertEqual(caught.exception.code, "invalid_model")
        self.assertIsInstance(caught.exception.body["available_models"], list)

    def test_unknown_agent(self):
        with self.assertRaises(openai.NotFoundError):
            self.ask(model="openclaw/nobody")

    def test_bad_requests(self):
        bad = [
            {"temperature": 9},
            {"top_p": 2},
            {"messages": []},
            {"messages": [{"role": "assistant", "content": "x"}]},
            {"max_tokens": 0},
            {"stop": ["a", "b", "c", "d", "e"]},
            {"tools": [{"type": "retrieval"}]},
            {"tool_choice": "required"},
            {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "no"}}},
        ]
        for options in bad:
            with self.assertRaises(openai.BadRequestError, msg=str(options)) as caught:
                self.ask(**options)
            self.assertTrue(caught.exception.body["message"], options)
            self.assertTrue(caught.exception.type, options)

    def test_upstream_is_rate_limiting(self):
        for model in (AGENT, RAW):
            with self.assertRaises(openai.RateLimitError, msg=model):
                self.ask(messages=user("STATUS:429:1"), **fault(model))

    def test_upstream_is_rate_limiting_a_stream(self):
        for model in (AGENT, RAW):
            with self.assertRaises(openai.APIError, msg=model):
                list(self.ask(messages=user("STATUS:429:1"), stream=True, **fault(model)))

    def test_upstream_fails(self):
        for model in (AGENT, RAW):
            with self.assertRaises(openai.InternalServerError, msg=model) as caught:
                self.ask(messages=user("STATUS:500"), **fault(model))
            self.assertGreaterEqual(caught.exception.status_code, 500)

    def test_upstream_says_nonsense(self):
        for model in (AGENT, RAW):
            with self.assertRaises(openai.APIError, msg=model):
                list(self.ask(messages=user("BADJSON"), stream=True, **fault(model)))


class Models(unittest.TestCase):
    def test_list(self):
        ids = [model.id for model in client().models.list()]
        for expected in ("openclaw", "openclaw/default", "openclaw/main"):
            self.assertIn(expected, ids)

    def test_retrieve(self):
        for name in ("openclaw", "openclaw/main"):
            model = client().models.retrieve(name)
            self.assertEqual((model.id, model.object), (name, "model"))

    def test_retrieve_unknown(self):
        with self.assertRaises(openai.NotFoundError):
            client().models.retrieve("openclaw/nobody")

    def test_wrong_token(self):
        with self.assertRaises(openai.AuthenticationError):
            client(api_key="not-the-token").models.list()


if __name__ == "__main__":
    unittest.main(verbosity=1)
