"""Streamed replies, read by other people's clients. Prints a line of JSON a case."""

import json
import sys

import httpx
import requests
import sseclient
from httpx_sse import connect_sse

WORDS, ITEMS = sys.argv[1:3]
STREAM = f"{WORDS}/v2/models/words/generate_stream"
WHOLE = f"{WORDS}/v2/models/words/generate"
CASES = []


def case(name):
    def register(function):
        CASES.append((name, function))
        return function

    return register


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"{got!r} is not {wanted!r}")


def generate(text):
    return requests.post(WHOLE, json={"text_input": text}, timeout=30).json()["text_output"]


@case("httpx-sse reads generate_stream, whatever it accepts")
def _():
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "POST", STREAM, json={"id": "r1", "text_input": "so it is"}) as source:
            events = list(source.iter_sse())
    equal([event.event for event in events], ["message"] * 3)
    equal(
        [event.json() for event in events],
        [{"model_name": "words", "id": "r1", "text_output": word} for word in ["so", "it", "is"]],
    )


@case("httpx-sse has the first event before the second is made")
def _():
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "POST", STREAM, json={"text_input": "first wait second"}) as source:
            events = source.iter_sse()
            equal(next(events).json()["text_output"], "first")
            equal(generate("release"), "release")
            equal(next(events).json()["text_output"], "second")
            equal(list(events), [])


@case("httpx-sse gets a failure behind the first event as an event of its own")
def _():
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "POST", STREAM, json={"text_input": "so boom"}) as source:
            events = list(source.iter_sse())
    equal([event.event for event in events], ["message", "error"])
    error = events[1].json()
    equal((error["error"], error["status"]), ("model boom", 500))


@case("sseclient-py reads generate_stream by requests")
def _():
    reply = requests.post(STREAM, json={"text_input": "so it"}, stream=True, timeout=30)
    equal(reply.headers["content-type"], "text/event-stream")
    events = [json.loads(event.data)["text_output"] for event in sseclient.SSEClient(reply).events()]
    equal(events, ["so", "it"])


@case("sseclient-py reads texts of several lines, and marks that would be events, as one event each")
def _():
    items = ["a\nb\r\nc\rd", "data: x\n\nevent: error", ":", "", "ü☃😀"]
    reply = requests.post(ITEMS, json=items, headers={"accept": "text/event-stream"}, stream=True, timeout=30)
    events = [(event.event, event.data) for event in sseclient.SSEClient(reply).events()]
    equal(events, [("message", item.replace("\r\n", "\n").replace("\r", "\n")) for item in items])


@case("requests reads lines of JSON as they come")
def _():
    items = [{"n": 1}, [2], "three\nlines", None, 4.5, True]
    reply = requests.post(ITEMS, json=items, headers={"accept": "application/x-ndjson"}, stream=True, timeout=30)
    equal(reply.headers["content-type"], "application/x-ndjson")
    equal([json.loads(line) for line in reply.iter_lines()], items)


@case("requests gets a failure as the last line of JSON")
def _():
    reply = requests.post(ITEMS, json=[{"n": 1}, "boom"], stream=True, timeout=30)
    lines = [json.loads(line) for line in reply.iter_lines()]
    equal(lines[0], {"n": 1})
    equal((lines[1]["error"], lines[1]["step"], lines[1]["status"]), ("step boom", "items", 500))


@case("requests sees that a text broke off, and does not take the part for the whole")
def _():
    try:
        text = requests.post(ITEMS, json=["part", "boom"], timeout=30).text
    except requests.exceptions.ChunkedEncodingError:
        return
    raise AssertionError(f"it read {text!r}")


@case("a failure before the first chunk is a plain 500")
def _():
    reply = requests.post(STREAM, json={"text_input": "boom"}, timeout=30)
    equal((reply.status_code, reply.json()["error"]), (500, "model boom"))


@case("a client that leaves stops the generator, which else would never end")
def _():
    before = int(generate("stopped?"))
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "POST", STREAM, json={"text_input": "forever"}) as source:
            next(source.iter_sse())
    for _ in range(200):
        if int(generate("stopped?")) > before:
            return
    raise AssertionError("it goes on")


@case("a body that is no JSON is 400, not a stream")
def _():
    headers = {"accept": "text/event-stream", "content-type": "application/json"}
    reply = requests.post(ITEMS, data="{bad", headers=headers, timeout=30)
    equal((reply.status_code, reply.headers["content-type"]), (400, "application/json"))


for name, function in CASES:
    try:
        function()
        wrong = ""
    except Exception as error:  # every case is told
        wrong = f"{type(error).__name__}: {error}"
    print(json.dumps({"name": name, "wrong": wrong}), flush=True)
