/** Hosts and pools whose places are fakes, by a clock that a test moves. */

import { FlowEvent } from "../../lib/graph/event.ts";
import { Host } from "../../lib/models/host/host.ts";
import { Pool } from "../../lib/models/host/pool.ts";
import { TestClock } from "../../lib/testing/test_clock.ts";
import { type FakeOptions, type FakePlace, fakePlaces, homeOf, hostContext } from "./fake_places.ts";

/** The time limit of every model here. */
export const LIMIT_MS = 60_000;
/** After so long a pool begins one place more. */
export const LATE_MS = 500;
/** What is left of a place for so long after its end is lost. */
export const LOST_MS = 30_000;

const HOME = homeOf("m");

/** A host of one model, and what asks it. */
export async function openFakeHost(fake: FakeOptions = {}) {
  const clock = new TestClock();
  const { open, places } = fakePlaces(fake);
  const host = new Host({ clock, what: "worker", open, memoryLimitMb: 64 });
  const loading = host.load(HOME, hostContext("m"));
  const [place] = places;
  const leaving = new AbortController();
  const context = { ...hostContext("m"), signal: leaving.signal };
  const ask = () => host.ask(HOME, { operation: "infer", event: new FlowEvent({ inputs: [1] }), context });
  /** Asks for an answer in chunks, and reads on. */
  const stream = async () => {
    const asked = ask();
    place!.report({ kind: "streams", ask: 1 });
    return await asked as AsyncGenerator<unknown>;
  };
  const chunk = (value: unknown) => place!.report({ kind: "chunk", ask: 1, answer: { as: "data", value } });
  const orders = () => place!.orders.splice(0);
  if (fake.loads === undefined) await loading;
  return { host, clock, place: place!, loading, leaving, ask, stream, chunk, orders };
}

/** A pool, and what makes its models. */
export function openFakePool(size: number, fake: FakeOptions = {}) {
  const clock = new TestClock();
  const { open, places } = fakePlaces(fake);
  const pool = new Pool(size);
  const lines: string[] = [];
  const model = (key: string) => {
    const seat = pool.seat({
      home: homeOf(key),
      context: { ...hostContext(key), log: { ...hostContext(key).log, error: (line) => void lines.push(line) } },
      clock,
      memoryLimitMb: 64,
      open,
      what: "worker",
    });
    const ask = (signal = new AbortController().signal) =>
      seat.ask({
        operation: "infer",
        event: new FlowEvent({ inputs: [1] }),
        context: { ...hostContext(key), signal },
      });
    return { seat, ask };
  };
  /** What each place has been told, without what was over when this was last asked. */
  const seen = new Map<FakePlace, number>();
  const orders = () =>
    places.map((place) => {
      const fresh = place.orders.slice(seen.get(place) ?? 0);
      seen.set(place, place.orders.length);
      return fresh.join(", ");
    });
  return { clock, places, model, orders, lines };
}

/** Reports an answer of a place. */
export function answers(place: FakePlace, ask: number, value: unknown = "yes"): void {
  place.report({ kind: "answered", ask, answer: { as: "data", value } });
}
