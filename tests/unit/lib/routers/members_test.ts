import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { askMembers, type Outcome, sortOutcomes } from "../../../../lib/routers/members.ts";
import type { Route } from "../../../../lib/routers/route.ts";
import { quietContext } from "../../../support/open_router.ts";

function route(key: string, ask: (event: FlowEvent) => unknown): Route {
  return {
    key,
    ask: ({ event }) => ask(event),
    signature: () => ({ inputs: [], outputs: [] }),
    takesAndGives: () => ({}),
    isReady: true,
    close() {},
  };
}

const REFUSES = route("refuses", () => {
  throw new StatusError(422, "no");
});
const FAILS_LATER = route("later", () => Promise.reject(new Error("gone")));

Deno.test("askMembers() gives each member a copy of its own, made before any is asked", async () => {
  const event = new FlowEvent({ list: [1] });
  const add = (value: number) => ({ body }: FlowEvent) => {
    (body as { list: number[] }).list.push(value);
    return (body as { list: number[] }).list;
  };
  const outcomes = await askMembers([route("a", add(2)), route("b", add(3))], { operation: "", event });
  deepStrictEqual(outcomes, [{ member: "a", answer: [1, 2] }, { member: "b", answer: [1, 3] }]);
  deepStrictEqual(event.body, { list: [1] });
});

Deno.test("askMembers() hands over the body itself where it is only read", () => {
  const event = new FlowEvent({ n: 1 });
  const outcomes = askMembers([route("a", ({ body }) => body)], { operation: "", event, isShared: true });
  strictEqual((outcomes as readonly { answer?: unknown }[])[0]!.answer, event.body);
});

Deno.test("askMembers() takes failures of all kinds as outcomes, also of reading an answer", async () => {
  const read = (answer: unknown) => {
    if (answer === "odd") throw new TypeError("cannot read it");
    return answer;
  };
  const event = new FlowEvent(1);
  const routes = [REFUSES, FAILS_LATER, route("odd", () => "odd"), route("good", () => Promise.resolve("good"))];
  const outcomes = await askMembers(routes, { operation: "", event, read });
  deepStrictEqual(outcomes.map((outcome) => "error" in outcome ? String(outcome.error) : outcome.answer), [
    "StatusError: no",
    "Error: gone",
    "TypeError: cannot read it",
    "good",
  ]);
});

const OUTCOMES: readonly Outcome[] = [
  { member: "a", answer: 1 },
  { member: "b", error: new StatusError(422, "no") },
];

Deno.test("sortOutcomes() fails with the status that all failures share, naming each", () => {
  const given = { onMemberError: "fail", act: "vote", context: quietContext("x"), event: new FlowEvent(1) } as const;
  throws(() => sortOutcomes(OUTCOMES, given), { status: 422, message: 'Cannot vote: member "b" failed: no' });
  const both = [...OUTCOMES, { member: "c", error: new Error("gone") }];
  throws(() => sortOutcomes(both, given), {
    status: 500,
    message: 'Cannot vote: member "b" failed: no; member "c" failed: gone',
  });
});

Deno.test("sortOutcomes() drops failures, reports them and tells of them; when nobody is left it fails", () => {
  const context = quietContext("x");
  const given = { onMemberError: "drop", act: "vote", context, event: new FlowEvent(1) } as const;
  deepStrictEqual(sortOutcomes(OUTCOMES, given), { answers: [{ member: "a", answer: 1 }], failed: { b: "no" } });
  deepStrictEqual(context.pushed, ['Member "b" failed: no']);
  throws(() => sortOutcomes([OUTCOMES[1]!], given), { status: 422 });
  ok(sortOutcomes([OUTCOMES[0]!], given).failed === undefined);
});

Deno.test("askMembers() takes a streamed answer for a failure, and ends it", async () => {
  const ended: string[] = [];
  async function* later() {
    try {
      yield await Promise.resolve(1);
    } finally {
      ended.push("later");
    }
  }
  const started = later();
  await started.next();
  const event = new FlowEvent({});
  const routes = [route("a", () => started), route("b", () => (function* () {})()), route("c", () => 1)];
  const [a, b, c] = await askMembers(routes, { operation: "", event }) as readonly (Outcome & { error?: Error })[];
  for (const { error } of [a!, b!]) {
    strictEqual(error!.message, "it streams its answer, and only whole ones are joined. Ask it by a route of its own");
  }
  deepStrictEqual(c, { member: "c", answer: 1 });
  deepStrictEqual(ended, ["later"]);
});

Deno.test("sortOutcomes() lets a member without a say fail", () => {
  const tally = { act: "answer", context: quietContext("r"), event: new FlowEvent({}), onMemberError: "fail" } as const;
  const outcomes = [{ member: "a", answer: 1 }, { member: "b", error: new Error("gone") }];
  const sorted = sortOutcomes(outcomes, { ...tally, counts: (member) => member === "a" });
  deepStrictEqual([sorted.answers, sorted.failed], [[outcomes[0]], { b: "gone" }]);
  throws(() => sortOutcomes(outcomes, { ...tally, counts: (member) => member === "b" }), /member "b" failed: gone/);
});
