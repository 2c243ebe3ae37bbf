"""The official openai package for Python, unmodified: responses and embeddings.

Started by ../run, which sets OPENCLAW_BASE_URL, OPENCLAW_TOKEN and FAULTS_FROM.
"""

import base64
import itertools
import json
import os
import time
import unittest

import openai
from pydantic import BaseModel

BASE_URL = os.environ["OPENCLAW_BASE_URL"] + "/v1"
TOKEN = os.environ["OPENCLAW_TOKEN"]

GREETING = "Hello from the fake model."
BOTH = ("openclaw", "fake/fake-1")
EMBEDDER = "fake/fake-embed"
# One red pixel.
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMB"
    "AQDJ/pLvAAAAAElFTkSuQmCC"
)
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


fault_numbers = itertools.count(int(os.environ["FAULTS_FROM"]))


def fault(model):
    """Asks `model` at a provider of its own, because one that failed rests for a while."""
    name = f"fault-{next(fault_numbers)}/fake-1"
    if model == BOTH[0]:
        return {"model": model, "extra_headers": {"x-openclaw-model": name}}
    return {"model": name}


class City(BaseModel):
    city: str
    people: int


def client(**options):
    settings = {"base_url": BASE_URL, "api_key": TOKEN, "max_retries": 0, "timeout": 30}
    return openai.OpenAI(**{**settings, **options})


def ask(text, **options):
    return client().responses.create(input=text, **options)


class Create(unittest.TestCase):
    def test_text(self):
        for model in BOTH:
            answer = ask("hi", model=model, metadata={"a": "b"})
            self.assertEqual((answer.object, answer.status), ("response", "completed"))
            self.assertEqual((answer.model, answer.output_text), (model, GREETING))
            self.assertEqual(answer.metadata, {"a": "b"})
            self.assertEqual(answer.usage.output_tokens, 6)
            self.assertEqual(
                answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens
            )
            self.assertEqual(answer.usage.input_tokens_details.cached_tokens, 0)
            self.assertIsNone(answer.error)

    def test_instructions_reach_the_model(self):
        for model in BOTH:
            answer = ask("ECHO_SYSTEM", model=model, instructions="The word is heliotrope.")
            self.assertIn("heliotrope", answer.output_text)

    def test_images(self):
        content = [
            {"type": "input_text", "text": "ECHO_IMAGES"},
            {"type": "input_image", "image_url": PIXEL, "detail": "auto"},
        ]
        for model in BOTH:
            answer = ask([{"role": "user", "content": content}], model=model)
            self.assertEqual(answer.output_text, "1 images: image/png")

    def test_too_long(self):
        for model in BOTH:
            answer = ask("BIG:500", model=model, max_output_tokens=16)
            self.assertEqual(answer.status, "incomplete")
            self.assertEqual(answer.incomplete_details.reason, "max_output_tokens")


class Stream(unittest.TestCase):
    def test_events(self):
        for model in BOTH:
            events = list(ask("hi", model=model, stream=True))
            self.assertEqual([e.sequence_number for e in events], list(range(len(events))))
            self.assertEqual(events[0].type, "response.created")
            self.assertEqual(events[-1].type, "response.completed")
            self.assertEqual(events[-1].response.output_text, GREETING)
            deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
            self.assertEqual("".join(deltas), GREETING)

    def test_the_packages_own_helper(self):
        for model in BOTH:
            seen = ""
            with client().responses.stream(model=model, input="hi") as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        seen += event.delta
                        self.assertEqual(event.snapshot, seen)
                final = stream.get_final_response()
            self.assertEqual((seen, final.output_text), (GREETING, GREETING))

    def test_a_broken_answer_is_a_failed_response(self):
        for model in BOTH:
            *_, last = ask("CUT", stream=True, **fault(model))
            self.assertEqual(last.type, "response.failed")
            self.assertTrue(last.response.error.message)


class Structured(unittest.TestCase):
    good = '{"city":"Oslo","people":700000}'

    def test_parse(self):
        for model in BOTH:
            answer = client().responses.parse(
                model=model, input=f"JSON:{self.good}", text_format=City
            )
            self.assertEqual(answer.output_parsed, City(city="Oslo", people=700000))

    def test_what_does_not_match_is_repaired(self):
        for model in BOTH:
            answer = client().responses.parse(
                model=model, input='JSON:{"city":"Oslo"}\n' + self.good, text_format=City
            )
            self.assertEqual(answer.output_parsed.people, 700000)

    def test_what_never_matches_is_an_error(self):
        for model in BOTH:
            with self.assertRaises(openai.UnprocessableEntityError) as caught:
                client().responses.parse(model=model, input="JSON:{}\n[]", text_format=City)
            self.assertEqual(caught.exception.code, "invalid_output")

    def test_streamed(self):
        for model in BOTH:
            with client().responses.stream(
                model=model, input=f"JSON:{self.good}", text_format=City
            ) as stream:
                for _ in stream:
                    pass
                self.assertEqual(stream.get_final_response().output_parsed.city, "Oslo")


class Tools(unittest.TestCase):
    question = 'TOOL:get_weather{"city":"Oslo"}'

    def calls(self, answer):
        return [item for item in answer.output if item.type == "function_call"]

    def test_round_trip_by_the_id(self):
        for model in BOTH:
            first = ask(self.question, model=model, tools=[WEATHER])
            (call,) = self.calls(first)
            self.assertEqual(json.loads(call.arguments), {"city": "Oslo"})
            second = client().responses.create(
                model=model,
                previous_response_id=first.id,
                tools=[WEATHER],
                input=[
                    {
                        "type": "function_call_output",
                        "call_id": call.call_id,
                        "output": "4 degrees",
                    }
                ],
            )
            self.assertEqual(second.output_text, "The tool said: 4 degrees")

    def test_round_trip_with_the_whole_conversation(self):
        for model in BOTH:
            conversation = [{"role": "user", "content": self.question}]
            first = ask(conversation, model=model, tools=[WEATHER], store=False)
            (call,) = self.calls(first)
            conversation += first.output
            conversation.append(
                {"type": "function_call_output", "call_id": call.call_id, "output": "5 degrees"}
            )
            second = ask(conversation, model=model, tools=[WEATHER], store=False)
            self.assertEqual(second.output_text, "The tool said: 5 degrees")

    def test_streamed(self):
        for model in BOTH:
            with client().responses.stream(
                model=model, input=self.question, tools=[WEATHER]
            ) as stream:
                done = [e for e in stream if e.type == "response.function_call_arguments.done"]
                final = stream.get_final_response()
            self.assertEqual(json.loads(done[0].arguments), {"city": "Oslo"})
            (call,) = self.calls(final)
            self.assertEqual(json.loads(call.arguments), {"city": "Oslo"})


class Keeping(unittest.TestCase):
    def settled(self, response_id):
        for _ in range(200):
            found = client().responses.retrieve(response_id)
            if found.status not in ("queued", "in_progress"):
                return found
            time.sleep(0.05)
        self.fail(f"{response_id} is still in progress")

    def test_a_conversation_goes_on(self):
        for model in BOTH:
            first = ask("SAY:my number is 4711", model=model)
            second = ask("hi", model=model, previous_response_id=first.id)
            self.assertEqual(second.previous_response_id, first.id)
            self.assertGreater(second.usage.input_tokens, first.usage.input_tokens)

    def test_retrieve_and_delete(self):
        for model in BOTH:
            answer = ask("hi", model=model)
            found = client().responses.retrieve(answer.id)
            self.assertEqual(found.output_text, GREETING)
            client().responses.delete(answer.id)
            with self.assertRaises(openai.NotFoundError):
                client().responses.retrieve(answer.id)
            with self.assertRaises(openai.BadRequestError) as caught:
                ask("hi", model=model, previous_response_id=answer.id)
            self.assertEqual(caught.exception.code, "previous_response_not_found")

    def test_background(self):
        for model in BOTH:
            begun = ask("SLOW:20", model=model, background=True)
            self.assertIn(begun.status, ("queued", "in_progress"))
            self.assertEqual(self.settled(begun.id).output_text, GREETING)

    def test_cancel(self):
        for model in BOTH:
            begun = ask("HANGMID", model=model, background=True)
            stopped = client().responses.cancel(begun.id)
            self.assertEqual(stopped.status, "cancelled")
            self.assertEqual(client().responses.retrieve(begun.id).status, "cancelled")


class Errors(unittest.TestCase):
    def test_bad_requests(self):
        for options in (
            {"temperature": 9},
            {"tools": [{"type": "web_search"}]},
            {"tool_choice": "required"},
            {"max_output_tokens": 0},
        ):
            with self.assertRaises(openai.BadRequestError, msg=str(options)):
                ask("hi", model=BOTH[0], **options)
        with self.assertRaises(openai.NotFoundError):
            ask("hi", model="nobody/nothing")
        with self.assertRaises(openai.AuthenticationError):
            client(api_key="not-the-token").responses.create(model=BOTH[0], input="hi")

    def test_upstream_fails(self):
        for model in BOTH:
            with self.assertRaises(openai.BadRequestError) as caught:
                ask("STATUS:400", **fault(model))
            self.assertEqual(caught.exception.body["code"], "invalid_request_error")


class Embeddings(unittest.TestCase):
    def test_several_texts(self):
        # The package asks for base64 by itself and unpacks it.
        answer = client().embeddings.create(model=EMBEDDER, input=["oslo", "bergen"])
        self.assertEqual([row.index for row in answer.data], [0, 1])
        self.assertEqual(len(answer.data[0].embedding), 8)
        floats = client().embeddings.create(
            model=EMBEDDER, input="oslo", encoding_format="float"
        )
        for packed, plain in zip(answer.data[0].embedding, floats.data[0].embedding):
            self.assertAlmostEqual(packed, plain, places=6)
        packed = client().embeddings.create(
            model=EMBEDDER, input="oslo", encoding_format="base64", dimensions=3
        )
        self.assertEqual(len(base64.b64decode(packed.data[0].embedding)), 12)

    def test_the_model_of_a_header(self):
        answer = client().embeddings.create(
            model="openclaw", input="oslo", extra_headers={"x-openclaw-model": EMBEDDER}
        )
        self.assertEqual(len(answer.data[0].embedding), 8)

    def test_tokens_are_refused(self):
        with self.assertRaises(openai.BadRequestError):
            client().embeddings.create(model=EMBEDDER, input=[1, 2, 3])


if __name__ == "__main__":
    unittest.main(verbosity=1)
