import { deepStrictEqual } from "node:assert/strict";
import { loop, type Run, type Stops, unroll } from "../../../../lib/flow/unrolled.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import type { PlainCall } from "../../../../lib/graph/operator.ts";

const STOPS: Stops = {
  isLater: (result) => result instanceof Promise,
  onResult: (at, body, result) => ({ at, body, result }),
  onFailure: (at, body, failure) => ({ at, body, failure }),
};

const LONG = Array.from({ length: 1_000 }, () => (n: unknown): unknown => Number(n) + 1);

function callsOf(fns: readonly ((body: unknown, context: Context) => unknown)[]): PlainCall[] {
  return fns.map((fn, index) => ({
    fn,
    context: { step: `s${index}` } as Context,
    takesContext: false,
    react: (_result, event) => event,
  }));
}

/** What a run gives, whether its code was written out or is a loop. */
function both(fns: readonly ((body: unknown, context: Context) => unknown)[], body: unknown): unknown[] {
  return [unroll, loop].map((make: (calls: PlainCall[], stops: Stops) => Run) =>
    make(callsOf(fns), STOPS)(body, { track: undefined })
  );
}

Deno.test("unroll() calls one after another, each with its own context, as a loop does", () => {
  const told = (body: unknown, { step }: Context) => `${body} ${step}`;
  deepStrictEqual(both([told, told], "x"), ["x s0 s1", "x s0 s1"]);
  deepStrictEqual(both([], "x"), ["x", "x"]);
  deepStrictEqual(both([() => null, (body) => [body], () => undefined], "x"), [undefined, undefined]);
});

Deno.test("unroll() stops at what throws, with the body as that call got it", () => {
  const fns = [(n: unknown) => Number(n) + 1, () => {
    throw "no error";
  }, () => 0];
  const stop = { at: 1, body: 8, failure: "no error" };
  deepStrictEqual(both(fns, 7), [stop, stop]);
});

Deno.test("unroll() stops at a result that comes later", () => {
  const later = Promise.resolve(1);
  const stop = { at: 1, body: 8, result: later };
  deepStrictEqual(both([(n) => Number(n) + 1, () => later, () => 0], 7), [stop, stop]);
});

Deno.test("unroll() takes more calls than V8 would optimize, and stops within them", () => {
  deepStrictEqual(both(LONG, 0), [1_000, 1_000]);
  const later = Promise.resolve(1);
  const stops = (fn: () => unknown) => LONG.with(450, fn);
  deepStrictEqual(both(stops(() => later), 0), Array(2).fill({ at: 450, body: 450, result: later }));
  deepStrictEqual(
    both(
      stops(() => {
        throw "no error";
      }),
      0,
    ),
    Array(2).fill({ at: 450, body: 450, failure: "no error" }),
  );
});

Deno.test("unroll() gives functions that look at it a context with the signal of what is tracked", () => {
  const { signal } = new AbortController();
  const calls = callsOf([(_body, context) => [context.step, context.signal === signal]])
    .map((call) => ({ ...call, takesContext: true }));
  for (const make of [unroll, loop]) {
    deepStrictEqual(make(calls, STOPS)(1, { track: { signal } }), ["s0", true]);
  }
});
