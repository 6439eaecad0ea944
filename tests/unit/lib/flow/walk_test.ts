import { deepStrictEqual, ok } from "node:assert/strict";
import { Trip } from "../../../../lib/flow/trip.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runSeed } from "./_random_graph.ts";

Deno.test("Flow.deliver() acknowledges each event once, when everything that became of it is done, in random graphs", async () => {
  const first = Number(Deno.env.get("LEVADA_SEED") ?? 1);
  const count = Deno.env.has("LEVADA_SEED") ? 1 : 400;
  for (let seed = first; seed < first + count; seed++) {
    await runSeed(seed * 7919);
  }
});

type Count = "enter" | "leave";

type End = "passed" | "failed" | "hangs" | "not reached";

/** How a run ends while the n-th call of one of the counting methods does nothing. */
async function runWithout(method: Count, nth: number, seed: number): Promise<End> {
  const counting = Trip.prototype as unknown as Record<Count, (this: Trip, given: unknown) => void>;
  const { enter, leave } = counting;
  let calls = 0;
  let hasThrown = false;
  let isOver = false;
  const isLeftOut = (name: Count, given: unknown) => {
    const isNone = name === "enter" && given === 0; // no branch begins: leaving that out changes nothing
    return name === method && !isNone && ++calls === nth;
  };
  const patch = (name: Count, original: typeof enter) => {
    counting[name] = function (given) {
      if (isLeftOut(name, given)) return;
      try {
        original.call(this, given);
      } catch (error) {
        hasThrown = true; // the engine itself says that the count is wrong; who waits may have been answered before
        throw error;
      }
    };
  };
  patch("enter", enter);
  patch("leave", leave);
  const onRejection = (event: PromiseRejectionEvent) => event.preventDefault();
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    const end = await Promise.race([
      runSeed(seed, new ManualClock()).then((): End => calls < nth ? "not reached" : "passed", (): End => "failed"),
      turns(30, () => isOver).then(() => "hangs" as const),
    ]);
    isOver = true;
    await turns(2);
    return hasThrown ? "failed" : end;
  } finally {
    Object.assign(counting, { enter, leave });
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}

async function turns(count: number, isOver = () => false): Promise<void> {
  for (let turn = 0; turn < count && !isOver(); turn++) await new Promise((next) => setTimeout(next, 0));
}

Deno.test("Flow.deliver() is found out by the random graphs when one count is left out, wherever it is", async () => {
  const others: string[] = [];
  const reached = { enter: 0, leave: 0 };
  for (const seed of [1, 2, 3, 4, 5].map((k) => 7919 * k)) {
    for (const method of ["enter", "leave"] as const) {
      for (let nth = 1;; nth++) {
        const end = await runWithout(method, nth, seed);
        if (end === "not reached") break; // with all counts it passes
        reached[method] += 1;
        if (end === "passed") others.push(`${method} ${nth} of seed ${seed}`);
      }
    }
  }
  deepStrictEqual(others, []);
  ok(reached.enter > 100 && reached.leave > 100, `it left out ${reached.enter} and ${reached.leave}`);
});
