import { deepStrictEqual, ok } from "node:assert/strict";
import type { ProcessFunctionStatus, ProcessStatus } from "../../../../../lib/deploy/process/deployed_state.ts";
import type { RunningRate } from "../../../../../lib/deploy/process/rates.ts";
import { runningView } from "../../../../../lib/deploy/process/running_view.ts";
import { Plot } from "../../../../../lib/plot/plot.ts";
import type { GraphView } from "../../../../../lib/plot/view.ts";
import { assertXml } from "../../../../support/xml.ts";

const plain = { responder: false, handler: false };
const VIEW: GraphView = {
  name: "orders",
  functions: ["store"],
  steps: [
    { name: "check", kind: "task", ...plain },
    { name: "other", kind: "task", ...plain },
    { name: "q", kind: "queue", ...plain },
    { name: "count", kind: "task", function: "store", ...plain },
    { name: "vote", kind: "router", function: "store", ...plain, routes: [{ name: "m1" }, { name: "m2" }] },
  ],
  edges: [
    { from: "check", to: "q", kind: "flow" },
    { from: "other", to: "q", kind: "flow" },
    { from: "q", to: "count", kind: "flow" },
    { from: "count", to: "vote", kind: "flow" },
  ],
};

function rate(name: string, perSecond: number, more: Partial<RunningRate> = {}): RunningRate {
  return { function: "f", name, kind: "step", perSecond, ms: 0.0123, failedPerSecond: 0, waiting: undefined, ...more };
}

function status(...functions: Partial<ProcessFunctionStatus>[]): Pick<ProcessStatus, "functions"> {
  const all = functions.map((one) => ({ name: "orders", workers: 1, serving: 1, restarts: 0, state: "ready", ...one }));
  return { functions: all as ProcessFunctionStatus[] };
}

function running(
  rates: RunningRate[],
  functions: Partial<ProcessFunctionStatus>[] = [],
  silent: string[] = [],
): GraphView {
  return runningView(VIEW, { status: status(...functions), rates: { seconds: 1, rates, triggers: [], silent } });
}

Deno.test("runningView() tells the rate at an arrow, and at the step where several arrows meet", () => {
  const { edges, steps } = running([
    rate("check", 1_234.4),
    rate("q", 0.456, { waiting: 1_500 }),
    rate("count", 9.96, { ms: 12.3 }),
  ]);
  deepStrictEqual(edges.map(({ note }) => note), [undefined, undefined, "10/s", undefined]);
  deepStrictEqual(steps.map(({ startNote }) => startNote), ["1,234/s", undefined, undefined, undefined, undefined]);
  deepStrictEqual(steps.map(({ note }) => note?.lines), [
    ["12 µs"],
    undefined,
    ["0.46/s", "1,500 waiting"],
    ["12 ms"],
    undefined,
  ]);
});

Deno.test("runningView() says what fails, and which models are asked", () => {
  const { steps } = running([
    rate("count", 10, { failedPerSecond: 2 }),
    rate("m2", 3, { kind: "model", ms: undefined }),
  ]);
  deepStrictEqual(steps[3]!.note, { lines: ["12 µs", "2/s failed"], isWrong: true });
  deepStrictEqual(steps[4]!.routes, [{ name: "m1" }, { name: "m2", note: { lines: ["3/s"], isWrong: false } }]);
});

Deno.test("runningView() says how functions are", () => {
  const notes = (one: Partial<ProcessFunctionStatus>, silent: string[] = []) =>
    running([], [{ name: "store", ...one }], silent).functionNotes!.store;
  deepStrictEqual(notes({}), { lines: [], isWrong: false });
  deepStrictEqual(notes({ workers: 4, serving: 4, restarts: 1 }), {
    lines: ["4 workers", "1 restart"],
    isWrong: false,
  });
  deepStrictEqual(notes({ state: "failing", workers: 2, restarts: 3 }), {
    lines: ["failing: 1 of 2 serve", "3 restarts"],
    isWrong: true,
  });
  const silent = [{ worker: "1", pid: 7, since: "2026-01-01T00:00:00Z" }];
  deepStrictEqual(notes({ state: "failing", silent, workers: 2 })!.lines, [
    "failing: 1 of 2 serve",
    "1 does not answer",
  ]);
  deepStrictEqual(notes({}, ["store"]), { lines: ["does not answer"], isWrong: true });
});

Deno.test("runningView() tells how many records of a trigger wait", () => {
  const sources = [{ name: "in", kind: "stream" as const, detail: "s" }, {
    name: "at",
    kind: "schedule" as const,
    detail: "t",
  }];
  const rates = {
    seconds: 1,
    rates: [],
    triggers: [{ name: "in", waiting: 7 }, { name: "at", waiting: 0 }],
    silent: [],
  };
  const view = runningView({ ...VIEW, sources }, { status: status(), rates });
  deepStrictEqual(view.sources, [{ ...sources[0], note: { lines: ["7 waiting"] } }, sources[1]]);
});

Deno.test("Plot.svg() shows what is said of steps, arrows, routes and functions", async () => {
  const view = running(
    [
      rate("check", 7),
      rate("q", 5, { waiting: 3 }),
      rate("count", 4, { failedPerSecond: 2 }),
      rate("m1", 6, { kind: "model" }),
    ],
    [{ name: "store", state: "stopped", serving: 0 }],
  );
  const svg = await new Plot(view).svg();
  assertXml(svg);
  for (const text of ["7/s", "5/s", "3 waiting", "4/s", "2/s failed", "6/s", "stopped: 0 of 1 serve"]) {
    ok(new RegExp(`>\\s*${text}\\s*<`).test(svg), text);
  }
  deepStrictEqual(new Plot(view).text.split("\n").slice(1), [
    "  function store · stopped: 0 of 1 serve",
    "  ├→ check [task] · 7/s, 12 µs",
    "  │  → q [queue] · 5/s, 3 waiting",
    "  │  → count [task] in store · 4/s, 12 µs, 2/s failed",
    "  │  → vote [router: m1, m2] in store",
    "  └→ other [task]",
    "     → q, see above",
  ]);
  ok(/class="node step task wrong/.test(svg) && /class="cluster function f0 wrong/.test(svg), svg);
});
