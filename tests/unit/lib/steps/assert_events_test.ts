import { AssertionError } from "node:assert";
import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { assertEvents, type AssertEventsOptions } from "../../../../lib/steps/assert_events.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** What closing says of these bodies; undefined where all holds. */
async function complaint(
  options: AssertEventsOptions<unknown>,
  bodies: readonly unknown[],
): Promise<string | undefined> {
  const graph = new Graph<unknown>("g");
  graph.to("check", assertEvents(options));
  const flow = await runGraph(graph);
  for (const body of bodies) await flow.emit(body);
  try {
    await flow.close();
    return undefined;
  } catch (error) {
    const [failure] = (error as AggregateError).errors;
    deepStrictEqual([failure.step, failure.cause instanceof AssertionError], ["check", true]);
    return failure.cause.message;
  }
}

Deno.test("assertEvents() fails an event whose body is not right, at once or later, and does not count it", async () => {
  for (const each of [(n: number) => n > 0, async (n: number) => await Promise.resolve(n > 0)]) {
    const graph = new Graph<number>("g");
    graph.to("positive", assertEvents({ each, exactly: 2, message: "numbers" })).respond();
    const flow = await runGraph(graph);
    deepStrictEqual([await flow.ask(1), await flow.ask(2)], [1, 2]);
    await rejects(flow.ask(-1), /numbers: assertion "positive" does not hold: "each" says no to -1/);
    await flow.close();
  }
});

Deno.test("assertEvents() counts events until the flow closes", async () => {
  const text = 'assertion "check" does not hold: the number of events is';
  deepStrictEqual(await complaint({ exactly: 2, atLeast: 2, atMost: 2 }, [1, 2]), undefined);
  deepStrictEqual(await complaint({ exactly: 0 }, []), undefined);
  deepStrictEqual(await complaint({ exactly: 1 }, [1, 2]), `${text} 2, not 1 (exactly)`);
  deepStrictEqual(
    await complaint({ atLeast: 3, message: "all came" }, [1]),
    `all came: ${text} 1, not 3 or more (atLeast)`,
  );
  deepStrictEqual(await complaint({ atMost: 0 }, [1]), `${text} 1, not 0 or less (atMost)`);
});

Deno.test("assertEvents() compares all bodies, in order, by their whole content", async () => {
  const equal = [{ a: [1, { b: null }] }, "text", 3];
  deepStrictEqual(await complaint({ equal }, structuredClone(equal)), undefined);
  deepStrictEqual(await complaint({ equal: [] }, []), undefined);
  deepStrictEqual(
    await complaint({ equal }, ["text", { a: [1, { b: null }] }, 3]),
    'assertion "check" does not hold: event 1 has "text", not {"a":[1,{"b":null}]} (equal)',
  );
  deepStrictEqual(
    await complaint({ equal: [1] }, [1, 2]),
    'assertion "check" does not hold: the number of events is 2, not 1 (equal)',
  );
  deepStrictEqual(
    await complaint({ equal: ["1", 2] }, [1]),
    'assertion "check" does not hold: event 1 has 1, not "1" (equal); the number of events is 1, not 2 (equal)',
  );
});

Deno.test("assertEvents() looks for bodies among all that come", async () => {
  const options = { includeAll: [{ a: 1 }, 2], includeAny: [8, 9], includeNone: [0] };
  deepStrictEqual(await complaint(options, [2, 9, { a: 1 }, 5]), undefined);
  deepStrictEqual(
    await complaint(options, [2, 0]),
    'assertion "check" does not hold: {"a":1} did not come (includeAll); none of 8, 9 came (includeAny); 0 came, which must not (includeNone)',
  );
});

Deno.test("assertEvents() shows what is huge or no JSON shortly, and fails when its function does", async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const graph = new Graph<unknown>("g");
  graph.to("check", assertEvents({ each: (body) => body !== undefined && false })).respond();
  await using flow = await runGraph(graph);
  for (const [body, shown] of [[circle, "object"], [5n, "bigint"], ["x".repeat(1_000_000), `"${"x".repeat(199)}…`]]) {
    await rejects(flow.ask(body), (error: Error) => error.message.endsWith(`says no to ${shown}`));
  }
  const failing = new Graph<unknown>("g");
  failing.to(
    "check",
    assertEvents({
      each: () => {
        throw new Error("boom");
      },
    }),
  ).respond();
  await using other = await runGraph(failing);
  await rejects(other.ask(1), /boom/);
});

Deno.test("assertEvents() checks a part or the event, and lets the whole body go on", async () => {
  const part = new Graph<{ n: number }>("g");
  part.to("check", assertEvents<number>({ each: (n) => n === 1, equal: [1] }) as never, { inputPath: "n" }).respond();
  await using one = await runGraph(part);
  deepStrictEqual(await one.ask({ n: 1 }), { n: 1 });
  const whole = new Graph<number>("g");
  const each = (event: unknown) => (event as { path: string }).path === "/a";
  whole.to("check", assertEvents({ each, equal: [5] }), { fullEvent: true }).respond();
  await using two = await runGraph(whole);
  deepStrictEqual(await two.ask(5, { path: "/a" }), 5);
  await rejects(two.ask(5, { path: "/b" }), /"each" says no to 5/);
});

Deno.test("assertEvents() refuses to say nothing, and options that are none", () => {
  const wrong = [
    [{}, /it says nothing that must hold/],
    [{ message: "x" }, /it says nothing that must hold/],
    [{ exactly: -1 }, /option exactly/],
    [{ atLeast: 1.5 }, /option atLeast/],
    [{ equal: [new Date()] }, /option equal\.0: is not JSON/],
    [{ includeAll: 5 }, /option includeAll/],
    [{ each: 5 }, /its each is number/],
  ] as const;
  for (const [options, message] of wrong) {
    const graph = new Graph<unknown>("g");
    graph.to("check", assertEvents(options as AssertEventsOptions<unknown>));
    throws(() => compile(sourceOf(graph)), message);
  }
});
