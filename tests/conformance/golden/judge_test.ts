import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { unknownCheck } from "./checks.ts";
import { compare } from "./compare.ts";
import { readErrorText } from "./error_text.ts";
import { hasFeature } from "./facade.ts";
import { type GoldenCase, type GoldenRequest, listCases, readCase } from "./golden_case.ts";
import { judge } from "./judge.ts";
import { Needs } from "./needs.ts";
import { type Answer, type Asked, perform, type Performance } from "./perform.ts";
import { RULES } from "./rules/rules.ts";
import type { Settled, StoreyRun } from "./storey/run.ts";

const FOLDERS = ["./cases", "./made"].map((folder) => new URL(folder, import.meta.url).pathname);
const GARBAGE: Answer = {
  status: 200,
  contentType: "text/plain",
  headers: {},
  body: "garbage",
  text: "garbage",
  tookMs: 1,
};

/** Answers that are wrong in different ways; no case records any of them. */
const WRONG: readonly Answer[] = [
  GARBAGE,
  { ...GARBAGE, status: 599 },
  { ...GARBAGE, status: 204, body: undefined, text: "", endedAt: "nowhere" },
  {
    ...GARBAGE,
    status: 500,
    contentType: "application/json",
    body: { error: "?", step: "nowhere", id: "?" },
    text: "{}",
  },
  { ...GARBAGE, status: 404, contentType: "application/json", body: { error: "?", id: "?" }, text: "{}" },
];

/** What no flow gives. */
const WRONG_RUNS: readonly Settled[] = [
  { result: "garbage" },
  { result: { Reduce: "garbage" } },
  { result: undefined },
  { raises: new Error("garbage") },
];

/** What the library does with each recorded case that it can do: done once, judged many times. */
async function performances(): Promise<{ given: GoldenCase; done: Performance }[]> {
  const all: { given: GoldenCase; done: Performance }[] = [];
  for (const file of (await Promise.all(FOLDERS.map(listCases))).flat()) {
    const given = await readCase(file);
    try {
      all.push({ given, done: await perform(given, { limitMs: 2_000 }) });
    } catch (error) {
      if (!(error instanceof Needs)) throw error;
    }
  }
  return all;
}

function verdictOn(given: GoldenCase, done: Performance): string {
  try {
    return judge(compare(given, done)).kind;
  } catch (error) {
    if (error instanceof Needs) return "skipped";
    throw error;
  }
}

Deno.test("judge() passes no case when one answer, trace, route, refusal or ending of it is made wrong", async (t) => {
  const all = (await performances()).filter(({ given, done }) => verdictOn(given, done) === "passed");
  ok(all.length > 150);
  const waived: string[] = [];
  const tryOn = (given: GoldenCase, what: string, done: Performance) => {
    if (verdictOn(given, done) === "passed") waived.push(`${given.name}: ${what}`);
  };
  await t.step("answers", () => {
    for (const { given, done } of all) {
      for (const [index, { request, answer }] of done.asked.entries()) {
        for (const [at, wrong] of WRONG.entries()) {
          tryOn(given, `${request.id} wrong ${at}`, withAsked(done, index, { answer: wrong }));
        }
        if (isBound(request)) {
          tryOn(given, `${request.id} wrapped`, withAsked(done, index, { answer: wrapped(answer) }));
        }
        tryOn(given, `${request.id} hangs`, withAsked(done, index, { answer: { waitedMs: 2_000 } }));
      }
    }
    deepStrictEqual(waived, []);
  });
  await t.step("traces and routes", () => {
    for (const { given, done } of all) {
      for (const [index, { request }] of done.asked.entries()) {
        if (request.trace !== undefined) {
          tryOn(given, `${request.id} trace`, withAsked(done, index, { trace: ["nowhere"] }));
        }
        if (request.routes_run !== undefined) {
          tryOn(given, `${request.id} routes`, withAsked(done, index, { routes: ["nobody"] }));
        }
      }
    }
    deepStrictEqual(waived, []);
  });
  await t.step("refusals", () => {
    for (const { given, done } of all) {
      const { refusal, ...served } = done;
      if (done.asked.length > 0) tryOn(given, "not asked", { ...served, asked: [] });
      const isBound = readErrorText(`${given.build_error?.class}: ${given.build_error?.message}`);
      if (
        given.build_error !== undefined &&
        (isBound.from === "python" || (isBound.from === "mlrun" && isBound.names.length === 0))
      ) continue;
      tryOn(given, "another refusal", {
        ...done,
        refusal: {
          stage: refusal?.stage ?? "serve",
          ...(refusal?.op === undefined ? {} : { op: refusal.op }),
          error: new Error("unrelated"),
        },
      });
    }
    deepStrictEqual(waived, []);
  });
  await t.step("runs", () => {
    for (const { given, done } of all.filter(({ done }) => done.runs !== undefined)) {
      for (const [at, run] of done.runs!.entries()) {
        for (const [index, wrong] of wrongFor(run.termination).entries()) {
          tryOn(given, `run ${at} ends wrong ${index}`, withRun(done, at, { termination: wrong }));
        }
        for (const emit of (given.runs?.[at]?.results ?? []).keys()) {
          const raised = given.runs![at]!.results![emit]?.emit_raises;
          for (const [index, wrong] of wrongFor(run.results[emit]!).entries()) {
            if (raised !== undefined && "raises" in wrong && !bindsWords(raised)) continue;
            tryOn(
              given,
              `run ${at}, event ${emit} wrong ${index}`,
              withRun(done, at, { results: run.results.with(emit, wrong) }),
            );
          }
        }
        const failures = [...run.failures, { id: "?", step: "nowhere", message: "garbage" }];
        tryOn(given, `run ${at} fails more`, withRun(done, at, { failures }));
        if (run.failures.length > 0) tryOn(given, `run ${at} hides failures`, withRun(done, at, { failures: [] }));
      }
      if (done.runs!.length > 0) tryOn(given, "not run", { ...done, runs: [] });
    }
    deepStrictEqual(waived, []);
  });
  await t.step("looks", () => {
    for (const { given, done } of all) {
      for (const { what, raises } of given.checks ?? []) {
        if (!done.looked.has(what)) continue;
        for (const [index, wrong] of WRONG_RUNS.entries()) {
          if (raises !== undefined && "raises" in wrong && !bindsWords(raises)) continue;
          tryOn(given, `${what} wrong ${index}`, { ...done, looked: new Map([...done.looked, [what, wrong]]) });
        }
      }
      if ((given.checks ?? []).some(({ what }) => what === "records")) {
        const other = { step: "nowhere", event: { id: "?", body: 1 }, error: { message: "garbage" } };
        tryOn(given, "more failures", { ...done, failures: [...done.failures, other] });
        tryOn(given, "other failures", { ...done, failures: done.failures.map(() => other) });
      }
      if ((given.checks ?? []).some(({ what }) => / reached | seen | stream holds/.test(what))) {
        tryOn(given, "nothing entered or left", { ...done, entered: new Map(), sent: new Map() });
      }
    }
    deepStrictEqual(waived, []);
  });
  await t.step("endings", () => {
    for (
      const { given, done } of all.filter(({ done }) =>
        done.refusal === undefined && done.runs === undefined && done.asked.length > 0
      )
    ) {
      tryOn(given, "closing fails", { ...done, termination: { error: "closing failed" } });
      if (given.runs !== undefined) tryOn(given, "another result", { ...done, termination: { result: ["garbage"] } });
    }
    deepStrictEqual(waived, []);
  });
});

Deno.test("every rule is used by a recorded case, and no two have one name", async () => {
  const used = new Set<string>();
  for (const { given, done } of await performances()) {
    if (unknownCheck(given) !== undefined) continue;
    const { kind, ...rest } = judge(compare(given, done));
    if (kind === "passed") { for (const rule of (rest as { rules: string[] }).rules) used.add(rule); }
  }
  const names = RULES.map(({ name }) => name);
  strictEqual(new Set(names).size, names.length);
  const waiting: string[] = [];
  for (const { name, needs } of RULES) if (needs !== undefined && !await hasFeature(needs)) waiting.push(name);
  deepStrictEqual(names.filter((name) => !used.has(name) && !waiting.includes(name)), []);
});

Deno.test("README.md lists every rule with its reason", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
  deepStrictEqual(
    RULES.filter(({ name, reason }) => !readme.includes(`* \`${name}\`: ${reason}`)).map(({ name }) => name),
    [],
  );
});

function withAsked(done: Performance, index: number, change: Partial<Asked>): Performance {
  return { ...done, asked: done.asked.map((asked, at) => at === index ? { ...asked, ...change } : asked) };
}

function withRun(done: Performance, index: number, change: Partial<StoreyRun>): Performance {
  return { ...done, runs: done.runs!.map((run, at) => at === index ? { ...run, ...change } : run) };
}

/** What is wrong where this is right: nothing is what a flow without folds gives. */
function wrongFor(right: Settled): Settled[] {
  return WRONG_RUNS.filter((wrong) =>
    "raises" in wrong || "raises" in right || wrong.result !== (right.result ?? undefined)
  );
}

/** Whether ours has to name something of what was raised. */
function bindsWords(raised: { readonly class: string; readonly message: string }): boolean {
  const read = readErrorText(`${raised.class}: ${raised.message}`);
  return read.from === "user" || (read.from === "mlrun" && read.names.length > 0);
}

/** Whether the words of a recorded answer bind: Python's own do not. */
function isBound({ expect }: GoldenRequest): boolean {
  const text = expect.response?.body_text ?? expect.body;
  return expect.hangs !== true && (typeof text !== "string" || readErrorText(text).from !== "python");
}

/** The same answer with another body. */
function wrapped(answer: Asked["answer"]): Asked["answer"] {
  if ("waitedMs" in answer) return answer;
  return { ...answer, body: { wrapped: answer.body }, text: "wrapped" };
}

Deno.test("the cases made after FINDINGS.md pass, each by its rule", async () => {
  const outcomes: string[] = [];
  for (const { given, done } of await performances()) {
    if (!given.topics.includes("made")) continue;
    const outcome = judge(compare(given, done));
    outcomes.push(`${given.name}: ${outcome.kind === "passed" ? outcome.rules.join(" ") : JSON.stringify(outcome)}`);
  }
  deepStrictEqual(outcomes, [
    "agg-empty-window: empty-windows-are-null",
    "empty-flow-sync: empty-graphs-are-refused",
    "ensemble-all-fail: member-failures-are-told",
    "ensemble-text-classes: majorities-win",
    "ensemble-vectors: vectors-keep-their-shape",
    "error-handler-chain: error-handlers-answer",
    "fanout-paths-sync: one-engine",
    "flatmap-empty: ended-events-are-answered",
    "http-error-handler-body-sync: error-handlers-answer",
    "mapclass-filter: ended-events-are-answered",
  ]);
});
