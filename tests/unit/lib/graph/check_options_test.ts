import { deepStrictEqual } from "node:assert/strict";
import { toDocument } from "../../../../lib/graph/document.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { modelRouter } from "../../../../lib/routers/model_router.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { faultLines } from "../../../support/faults.ts";
import { TimesModel } from "../../../support/models.ts";

const same = (body: unknown) => body;

/** Each option with a value out of its range, and what is said of it. */
const WRONG: readonly (readonly [option: string, value: unknown, says: string])[] = [
  ["resultPath", "", `option resultPath is "". Give names joined by dots, such as stats.length`],
  ["inputPath", "a..b", `option inputPath is "a..b". Give names joined by dots, such as stats.length`],
  ["inputPath", 3, `option inputPath is 3. Give names joined by dots, such as stats.length`],
  ["fullEvent", "yes", `option fullEvent is "yes". Give a boolean`],
  ["share", 1, `option share is 1. Give a boolean`],
  ["shape", "", `option shape is "". Give a string`],
  ["comment", Symbol("x"), `option comment is Symbol(x). Give a string`],
  ["retries", -1, `option retries is -1. Give a whole number, 0 or more`],
  ["retries", 10n, `option retries is 10. Give a whole number, 0 or more`],
  ["backoffMs", NaN, `option backoffMs is NaN. Give milliseconds, 0 or more`],
  ["timeoutMs", 0, `option timeoutMs is 0. Give milliseconds, more than 0`],
  ["timeoutMs", Infinity, `option timeoutMs is Infinity. Give milliseconds, more than 0`],
  ["maxInFlight", 0, `option maxInFlight is 0. Give a whole number, 1 or more`],
  ["maxIterations", 1.5, `option maxIterations is 1.5. Give a whole number, 1 or more`],
  [
    "breaker",
    { failures: 0, coolDownMs: 5 },
    `option breaker is {"failures":0,"coolDownMs":5}. Give { failures: 1 or more, coolDownMs: 0 or more }`,
  ],
  ["breaker", same, `option breaker is a function. Give { failures: 1 or more, coolDownMs: 0 or more }`],
];

for (const [option, value, says] of WRONG) {
  Deno.test(`checkOptions() refuses ${option}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`, () => {
    const graph = new Graph("g");
    graph.to("work", same, { [option]: value } as never).respond();
    deepStrictEqual(faultLines(graph), [`Cannot compile graph "g": 1 fault`, `  step "work": ${says}`]);
  });
}

Deno.test("checkOptions() refuses what a kind does not take, all at once", () => {
  const graph = new Graph("g");
  graph.to("q", queue({ capacityEvents: 0, whenFull: "burn" as never }));
  graph.to("pairs", batch({ maxEvents: 0.5 }), { retries: 2 }).respond().to("typo", same, { timeout: 5 } as never);
  graph.addStep("next", same, { after: "q" });
  const router = graph.to("models", modelRouter());
  router.addRoute("", TimesModel, { k: 1 });
  router.addRoute("m", TimesModel, { k: new Map() as never });
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 7 faults`,
    `  step "q": option capacityEvents: Too small: expected number to be >=1. Mend the options of queue(…)`,
    `  step "q": option whenFull: Invalid option: expected one of "wait"|"drop"|"refuse". Mend the options of queue(…)`,
    `  step "pairs": option retries has no meaning for a batch, which keeps events. Put it on the steps behind`,
    `  step "pairs": option maxEvents: Invalid input: expected int, received number. Mend the options of batch(…)`,
    `  step "typo": it has no option "timeout". Leave it out; a function step takes no arguments here`,
    `  step "models": a route has no key. Give it one: addRoute("key", Model)`,
    `  step "models": route "m": argument k (Map) is not JSON, so the step could not leave this program. Pass data, and build what needs code in load() or open()`,
  ]);
});

Deno.test("checkOptions() takes an option or argument that is undefined for none", () => {
  class Own {
    do(body: unknown): unknown {
      return body;
    }
  }
  const graph = new Graph("g");
  graph.to("own", Own, { a: undefined, args: { b: undefined }, timeoutMs: undefined } as never)
    .to("models", modelRouter()).respond().addRoute("m", TimesModel, { warmUp: undefined, k: 2 });
  deepStrictEqual(faultLines(graph), []);
  const [own, models] = toDocument(sourceOf(graph)).steps;
  deepStrictEqual([own!.args, models!.routes![0]!.args], [undefined, { k: 2 }]);
});
