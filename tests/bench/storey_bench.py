"""Runs flows of storey for storey_bench.ts: a line `NAME EVENTS` comes in, the flow's result goes out as JSON."""

import asyncio
import json
import sys

import storey


def add1(x):
    return x + 1


def add(total, x):
    return total + x


def five():
    return [storey.Map(add1) for _ in range(5)]


async def emitted(steps, events, source=storey.AsyncEmitSource):
    """Emits without waiting for answers; the result is the fold's."""
    flow = storey.build_flow([source(), *steps]).run()
    for i in range(events):
        await flow.emit(i)
    await flow.terminate()
    return await flow.await_termination()


async def answered(steps, events):
    """Waits for each event's answer; the result is their sum."""
    flow = storey.build_flow([storey.AsyncEmitSource(), *steps]).run()
    total = 0
    for i in range(events):
        total += await flow.emit(i)
    await flow.terminate()
    await flow.await_termination()
    return total


def threaded(steps, events):
    """The same as emitted(), from another thread than the flow's."""
    flow = storey.build_flow([storey.SyncEmitSource(), *steps]).run()
    for i in range(events):
        flow.emit(i)
    flow.terminate()
    return flow.await_termination()


RUNS = {
    "chain": lambda events: asyncio.run(emitted([*five(), storey.Reduce(0, add)], events)),
    "chain-threaded": lambda events: threaded([*five(), storey.Reduce(0, add)], events),
    "chain-answered": lambda events: asyncio.run(answered([*five(), storey.Complete()], events)),
    "batch": lambda events: asyncio.run(
        emitted([storey.Batch(100, full_event=False), storey.Map(sum), storey.Reduce(0, add)], events)
    ),
    "fan-out": lambda events: asyncio.run(
        emitted([storey.Map(add1), [storey.Map(add1)], [storey.Map(add1)], [storey.Map(add1)], storey.Reduce(0, add)], events)
    ),
}

for line in sys.stdin:
    name, events = line.split()
    print(json.dumps(RUNS[name](int(events))), flush=True)
