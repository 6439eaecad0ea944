"""Asks both servers each case, and tells the two answers in a line of JSON."""

import http.client
import json
import sys
from urllib.parse import urlsplit

OURS, THEIRS, ENSEMBLE = sys.argv[1:4]
CASES = []
SHOWN = 160
NO_BINARY = "MLServer has no binary extension"
STATUS = "a wrong request is 400 here; FastAPI's own checks answer 422"


def case(name, wanted, why=None):
    """Registers a case: what ours must answer, and, where MLServer answers otherwise, why."""

    def register(function):
        CASES.append((name, function, wanted, why))
        return function

    return register


def host(url):
    return urlsplit(url).netloc


def raw(url, path, method="POST", body=b"", headers=None):
    """A request by hand: status, headers, bytes."""
    connection = http.client.HTTPConnection(host(url), timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def plain(value):
    """As JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and value != value:
        return "NaN"
    return value


def told(function, url):
    try:
        return plain(function(url))
    except Exception as error:
        status = getattr(error, "status", None)
        status = status() if callable(status) else status
        if status is None and getattr(error, "response", None) is not None:
            status = error.response.status_code
        return f"error {status}" if status else f"{type(error).__name__}: {str(error)[:200]}"


def shown(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … ({len(text)} characters)"


def main():
    for name, function, wanted, why in CASES:
        ours, theirs = told(function, OURS), told(function, THEIRS)
        wrong = ""
        if ours != plain(wanted):
            wrong = f"Levada should answer {shown(plain(wanted))}"
        elif ours != theirs and why is None:
            wrong = "the answers differ"
        elif ours == theirs and why is not None:
            wrong = f"the answers are the same, and it says why not: {why}"
        row = {"name": name, "ours": shown(ours), "theirs": shown(theirs), "why": why or "", "wrong": wrong}
        print(json.dumps(row, ensure_ascii=False), flush=True)
