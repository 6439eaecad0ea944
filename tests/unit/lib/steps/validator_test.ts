import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { z } from "zod";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { type FieldRule, validator, type ValidatorOptions } from "../../../../lib/steps/validator.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

type Rules = Parameters<typeof validator<Record<string, unknown>>>[0];

function checking(fields: Rules, options?: ValidatorOptions): Graph<Record<string, unknown>> {
  const graph = new Graph<Record<string, unknown>>("g");
  graph.to("check", validator<Record<string, unknown>>(fields, options)).respond();
  return graph;
}

/** What is said of a value by a rule; undefined where it is right. */
async function said(rule: Rules[string], ...value: readonly [] | readonly [unknown]): Promise<string | undefined> {
  await using flow = await runGraph(checking({ v: rule }));
  const body = value.length === 0 ? {} : { v: value[0] };
  return await flow.ask(body).then(
    (reply) => void deepStrictEqual(reply, body),
    (error) => /field "v" (.*)$/.exec(error.message)?.[1],
  );
}

Deno.test("validator() checks numbers from min to max, both included", async () => {
  for (const v of [0, 0.5, 1]) deepStrictEqual(await said({ min: 0, max: 1 }, v), undefined);
  deepStrictEqual(await said({ min: 0 }, -1), "is -1, less than 0 (min)");
  deepStrictEqual(await said({ max: 1 }, Infinity), "is Infinity, more than 1 (max)");
  for (const [v, kind] of [[NaN, "NaN"], ["1", "string"], [{}, "object"], [[1], "a list"]] as const) {
    deepStrictEqual(await said({ min: 0, max: 1 }, v), `is ${kind}, not a number`);
  }
});

Deno.test("validator() checks lengths, patterns and values", async () => {
  const length: FieldRule = { minLength: 1, maxLength: 2 };
  for (const v of ["a", "ab", [1], [1, 2]]) deepStrictEqual(await said(length, v), undefined);
  deepStrictEqual(await said(length, ""), "has length 0, less than 1 (minLength)");
  deepStrictEqual(await said(length, [1, 2, 3]), "has length 3, more than 2 (maxLength)");
  deepStrictEqual(await said(length, 5), "is number, not text or a list");
  deepStrictEqual(await said({ pattern: "^\\d+$" }, "12"), undefined);
  deepStrictEqual(await said({ pattern: "^\\d+$" }, "1x"), "does not match ^\\d+$ (pattern)");
  deepStrictEqual(await said({ pattern: "1" }, 1), "is number, not text");
  deepStrictEqual(await said({ oneOf: ["a", 1, false] }, false), undefined);
  deepStrictEqual(await said({ oneOf: ["a", 1] }, "1"), 'is none of "a", 1');
});

Deno.test("validator() lets a missing field and null pass, unless it is required", async () => {
  deepStrictEqual([await said({ min: 0 }), await said({ min: 0 }, null), await said({ min: 0 }, undefined)], [
    undefined,
    undefined,
    undefined,
  ]);
  const rule = { required: true };
  deepStrictEqual([await said(rule), await said(rule, null), await said(rule, "")], [
    "is missing",
    "is null",
    undefined,
  ]);
});

Deno.test("validator() checks by zod schemas, and by JSON Schemas", async () => {
  deepStrictEqual(await said(z.int().min(3), 4), undefined);
  deepStrictEqual(await said(z.int().min(3), 2), "is not right: Too small: expected number to be >=3");
  deepStrictEqual(await said(z.string()), "is missing");
  deepStrictEqual(await said(z.string().optional()), undefined);
  deepStrictEqual(await said(z.string().nullable(), null), undefined);
  deepStrictEqual(await said(z.string(), null), "is not right: Invalid input: expected string, received null");
  deepStrictEqual(
    await said(z.object({ a: z.object({ b: z.number() }) }), { a: { b: "x" } }),
    "is not right: a: b: Invalid input: expected number, received string",
  );
  deepStrictEqual(await said({ schema: { type: "boolean" } }, true), undefined);
  deepStrictEqual(await said({ schema: { type: "boolean" }, required: true }), "is missing");
});

Deno.test("validator() tells all that is wrong at once, as the caller's fault", async () => {
  await using flow = await runGraph(checking({ a: { min: 0 }, b: { required: true }, c: z.string() }));
  await rejects(flow.ask({ a: -1 }), {
    status: 422,
    message:
      'Step "check" failed: Cannot take the event: field "a" is -1, less than 0 (min); field "b" is missing; field "c" is missing',
  });
  deepStrictEqual(flow.counts().check, { violations: 1, failed: 1 });
});

Deno.test("validator() drops the event, or lets it go on, where it is told to, and logs and counts that", async () => {
  for (
    const [onViolation, reply, line] of [["drop", undefined, "Dropped"], ["log", { a: -1 }, "Let through"]] as const
  ) {
    const log = memoryLog();
    await using flow = await runGraph(checking({ a: { min: 0 } }, { onViolation }), { log });
    deepStrictEqual([await flow.ask({ a: -1 }), await flow.ask({ a: 1 })], [reply, { a: 1 }]);
    deepStrictEqual(log.lines, [`warn: ${line} an event that is not right: field "a" is -1, less than 0 (min)`]);
    deepStrictEqual(flow.counts().check, { violations: 1 });
  }
});

Deno.test("validator() checks own fields only, of the body or of a part of it; the whole body goes on", async () => {
  await using flow = await runGraph(checking({ constructor: { required: true } as never }));
  await rejects(flow.ask({}), /field "constructor" is missing/);
  for (const body of [null, 5, [1]]) await rejects(flow.ask(body), /Cannot check fields of the body: the body is/);
  const graph = new Graph<{ user: object }>("g");
  graph.to("check", validator({ age: { min: 0 } } as never), { inputPath: "user" }).respond();
  await using part = await runGraph(graph);
  deepStrictEqual(await part.ask({ user: { age: 3 } }), { user: { age: 3 } });
  await rejects(part.ask({ user: { age: -3 } }), /field "age" is -3/);
});

const endless = (): z.ZodType => z.object({ kids: z.lazy(() => z.array(endless())) });

Deno.test("validator() refuses schemas that JSON Schema cannot say, naming the field", () => {
  const wrong = [
    [
      z.string().refine((text) => text !== "x"),
      /Cannot check field "a" by its schema: it has a check of its own \(refine\)/,
    ],
    [z.object({ b: z.array(z.number().refine((n) => n > 1)) }), /it has a check of its own/],
    [z.string().transform(Number), /Transforms cannot be represented/],
    [z.string().trim(), /it changes the value/],
    [z.coerce.number(), /it changes the value/],
    [z.number().default(3), /it changes the value/],
    [z.date(), /Date cannot be represented/],
    [{ safeParse: () => ({ success: true }) }, /it is none of zod's/],
    [endless(), /Cannot check field "a" by its schema: it has no end: a function makes it of itself/],
  ] as const;
  for (const [schema, message] of wrong) throws(() => validator({ a: schema as never } as never), message);
});

Deno.test("validator() refuses rules that are none, when the graph is compiled", () => {
  const wrong = [
    [{}, /option fields: names no field/],
    [{ a: { min: "1" } }, /option fields\.a\.min/],
    [{ a: { pattern: "(" } }, /option fields\.a\.pattern: is no regular expression/],
    [{ a: { oneOf: [] } }, /option fields\.a\.oneOf: has no values/],
    [{ a: { minLength: -1 } }, /option fields\.a\.minLength/],
    [{ a: { least: 1 } }, /option fields\.a/],
    [{ a: { schema: { type: "nothing" } } }, /option fields\.a\.schema: is no JSON Schema/],
    [{ a: 5 }, /option fields\.a/],
  ] as const;
  for (const [fields, message] of wrong) throws(() => compile(sourceOf(checking(fields as never))), message);
});
