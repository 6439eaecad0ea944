"""Runs checks and tells each result in a line: `pass NAME` or `fail NAME WHY`."""

import os
import sys
import time
import traceback

CHECKS = []
MODELS, STREAMING, SMALL, SERVER_PID = "", "", "", 0


def check(function):
    """Registers a check."""
    CHECKS.append(function)
    return function


def same(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def memory_mb():
    """What the server holds in memory."""
    with open(f"/proc/{SERVER_PID}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def eventually(read, wanted, seconds=20):
    """Asks until the answer is the one that is wanted, since what a server does when a client leaves nobody is told."""
    end = time.monotonic() + seconds
    while (got := read()) != wanted:
        if time.monotonic() > end:
            raise AssertionError(f"got {got!r}, wanted {wanted!r}")
        time.sleep(0.02)


def steady(read, seconds=0.5):
    """Asks until two answers so far apart are equal."""
    last = read()
    while True:
        time.sleep(seconds)
        now = read()
        if now == last:
            return now
        last = now


def main():
    failed = 0
    for function in CHECKS:
        try:
            function()
            print(f"pass {function.__name__}", flush=True)
        except BaseException as error:  # a broken client may exit
            failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = " ".join(str(error).split())[:400]
            print(f"fail {function.__name__} {type(error).__name__}: {text} ({os.path.basename(where.filename)}:{where.lineno})", flush=True)
    sys.stdout.flush()
    os._exit(1 if failed else 0)


if len(sys.argv) == 5:
    MODELS, STREAMING, SMALL = (f"127.0.0.1:{port}" for port in sys.argv[1:4])
    SERVER_PID = int(sys.argv[4])
