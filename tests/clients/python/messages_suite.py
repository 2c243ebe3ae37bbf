"""The official anthropic package for Python, unmodified, against a running gateway.

Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN and FAULTS_FROM.
"""

import asyncio
import base64
import itertools
import os
import unittest

import anthropic

BASE_URL = os.environ["OPENCLAW_BASE_URL"]
TOKEN = os.environ["OPENCLAW_TOKEN"]

GREETING = "Hello from the fake model."
AGENT = "openclaw"
RAW = "fake/fake-1"
NATIVE = "fake-anthropic/fake-1"
EVERY = (AGENT, RAW, NATIVE)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}

fault_numbers = itertools.count(int(os.environ["FAULTS_FROM"]))


def fault():
    """A model of a provider of its own, because a provider that failed rests for a while."""
    return f"fault-{next(fault_numbers)}/fake-1"


def client(**options):
    settings = {"base_url": BASE_URL, "api_key": TOKEN, "max_retries": 0, "timeout": 30}
    return anthropic.Anthropic(**{**settings, **options})


def user(content):
    return [{"role": "user", "content": content}]


def ask(content="hi", **fields):
    return client().messages.create(
        **{"model": AGENT, "max_tokens": 200, "messages": user(content), **fields}
    )


class Messages(unittest.TestCase):
    def test_a_message_from_everybody(self):
        for model in EVERY:
            with self.subTest(model):
                answer = ask(model=model)
                self.assertEqual((answer.type, answer.role), ("message", "assistant"))
                self.assertEqual(answer.model, model)
                self.assertEqual(answer.content[0].text, GREETING)
                self.assertEqual(answer.stop_reason, "end_turn")
                self.assertGreater(answer.usage.input_tokens, 0)
                self.assertGreater(answer.usage.output_tokens, 0)

    def test_streams_add_up(self):
        for model in EVERY:
            with self.subTest(model), client().messages.stream(
                model=model, max_tokens=200, messages=user("SAY:one two three")
            ) as stream:
                pieces = list(stream.text_stream)
                final = stream.get_final_message()
                self.assertGreater(len(pieces), 1)
                self.assertEqual("".join(pieces), "one two three")
                self.assertEqual(final.content[0].text, "one two three")
                self.assertEqual(final.stop_reason, "end_turn")
                self.assertGreater(final.usage.output_tokens, 0)

    def test_async(self):
        async def one():
            async with anthropic.AsyncAnthropic(
                base_url=BASE_URL, api_key=TOKEN, max_retries=0
            ) as caller:
                answer = await caller.messages.create(
                    model=AGENT, max_tokens=100, messages=user("hi")
                )
                return answer.content[0].text

        self.assertEqual(asyncio.run(one()), GREETING)

    def test_system_text_reaches_the_model(self):
        for model in (RAW, NATIVE):
            with self.subTest(model):
                answer = ask("ECHO_SYSTEM", model=model, system="Speak like a pirate.")
                self.assertIn("Speak like a pirate.", answer.content[0].text)

    def test_images_reach_the_model(self):
        image = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        content = [
            {"type": "image", "source": image},
            {"type": "text", "text": "ECHO_IMAGES"},
        ]
        for model in EVERY:
            with self.subTest(model):
                self.assertIn("image/png", ask(content, model=model).content[0].text)

    def test_a_tool_call_goes_round(self):
        for model in EVERY:
            with self.subTest(model):
                messages = user('TOOL:get_weather{"city":"Oslo"}')
                first = ask(model=model, messages=messages, tools=[WEATHER])
                self.assertEqual(first.stop_reason, "tool_use")
                call = first.content[-1]
                self.assertEqual((call.type, call.name), ("tool_use", "get_weather"))
                self.assertEqual(call.input, {"city": "Oslo"})
                result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
                second = ask(
                    model=model,
                    tools=[WEATHER],
                    messages=[
                        *messages,
                        {"role": "assistant", "content": first.content},
                        {"role": "user", "content": [result]},
                    ],
                )
                self.assertIn("sunny", second.content[0].text)

    def test_a_streamed_tool_call(self):
        with client().messages.stream(
            model=RAW,
            max_tokens=200,
            tools=[WEATHER],
            messages=user('TOOL:get_weather{"city":"Oslo"}\nTOOL:get_weather{"city":"Bergen"}'),
        ) as stream:
            final = stream.get_final_message()
        cities = [block.input["city"] for block in final.content if block.type == "tool_use"]
        self.assertEqual(cities, ["Oslo", "Bergen"])

    def test_counting_costs_nothing_and_grows(self):
        short = client().messages.count_tokens(model=RAW, messages=user("hi"))
        long = client().messages.count_tokens(model=RAW, messages=user("hi " * 500))
        self.assertGreater(short.input_tokens, 0)
        self.assertGreater(long.input_tokens, short.input_tokens + 200)

    def test_documents_that_are_text(self):
        source = {"type": "text", "media_type": "text/plain", "data": "SAY:from the document"}
        answer = ask([{"type": "document", "source": source}], model=RAW)
        self.assertEqual(answer.content[0].text, "from the document")


class Refusals(unittest.TestCase):
    def test_a_wrong_key(self):
        with self.assertRaises(anthropic.AuthenticationError):
            client(api_key="not-the-token-of-this-gateway").messages.create(
                model=AGENT, max_tokens=10, messages=user("hi")
            )

    def test_an_unknown_model(self):
        with self.assertRaises(anthropic.NotFoundError) as caught:
            ask(model="nobody/knows")
        self.assertEqual(caught.exception.body["error"]["type"], "not_found_error")

    def test_a_broken_request(self):
        with self.assertRaises(anthropic.BadRequestError) as caught:
            ask([{"type": "hologram"}])
        self.assertEqual(caught.exception.body["type"], "error")
        self.assertIn("hologram", caught.exception.body["error"]["message"])

    def test_a_provider_that_fails(self):
        with self.assertRaises(anthropic.APIStatusError) as caught:
            ask("STATUS:500", model=fault())
        self.assertEqual(caught.exception.status_code, 502)

    def test_a_stream_that_breaks(self):
        with self.assertRaises(anthropic.APIError):
            with client().messages.stream(
                model=fault(), max_tokens=200, messages=user("CUT")
            ) as stream:
                stream.get_final_message()

    def test_a_bad_image(self):
        data = base64.b64encode(b"no image").decode()
        source = {"type": "base64", "media_type": "text/html", "data": data}
        with self.assertRaises(anthropic.BadRequestError):
            ask([{"type": "image", "source": source}])


if __name__ == "__main__":
    unittest.main(verbosity=2)
