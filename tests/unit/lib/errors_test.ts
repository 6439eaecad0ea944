import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describeThrown, type Fault, GraphError, isA, StatusError, StepError } from "../../../lib/errors.ts";

class Unreadable extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}

const circular: Record<string, unknown> = {};
circular.self = circular;
const loop = new Error("loop");
loop.cause = loop;

/** What can be thrown, and how it is told. */
const THROWN: readonly (readonly [what: string, thrown: unknown, name: string, message: string])[] = [
  ["undefined", undefined, "undefined", "undefined"],
  ["null", null, "object", "null"],
  ["text", "boom", "string", "boom"],
  ["a number", NaN, "number", "NaN"],
  ["a symbol", Symbol("s"), "symbol", "Symbol(s)"],
  ["an object", { code: 5 }, "object", `{"code":5}`],
  ["a frozen error", Object.freeze(new RangeError("cold")), "RangeError", "cold"],
  ["an object without a prototype", Object.create(null), "object", "{}"],
  ["a circular object", circular, "object", "something that cannot be read (object)"],
  ["an error whose cause is itself", loop, "Error", "loop"],
  ["an error whose message cannot be read", new Unreadable(), "object", "something that cannot be read (object)"],
  ["a proxy that refuses everything", hostile(), "object", "something that cannot be read (object)"],
];

/** An object on which every operation fails. */
function hostile(): object {
  const refuse = () => {
    throw new Error("hands off");
  };
  return new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse });
}

for (const [what, thrown, name, message] of THROWN) {
  Deno.test(`describeThrown() tells ${what}, and StepError takes it`, () => {
    const { stack: _, ...told } = describeThrown(thrown);
    deepStrictEqual(told, { name, message });
    const error = new StepError("s", thrown);
    deepStrictEqual([error.message, error.status, error.cause === thrown || Number.isNaN(error.cause)], [
      `Step "s" failed: ${message}`,
      500,
      true,
    ]);
  });
}

Deno.test("describeThrown() cuts what is long", () => {
  strictEqual(describeThrown({ text: "x".repeat(1_000_000) }).message.length, 200);
});

Deno.test("isA() is instanceof that fails for nothing", () => {
  deepStrictEqual([isA(new StatusError(400, "x"), Error), isA("x", Error), isA(hostile(), Error)], [
    true,
    false,
    false,
  ]);
});

Deno.test("GraphError() lists every fault with its cure, each sentence ended once", () => {
  const faults: readonly Fault[] = [
    { step: "a", cause: 'there is no step "b"', cure: "Add it", severity: "error" },
    { cause: "Load model failed:Protobuf parsing failed.", cure: "Mend the step", severity: "error" },
  ];
  const error = new GraphError('start graph "x"', faults);
  strictEqual(
    error.message,
    'Cannot start graph "x": 2 faults\n  step "a": there is no step "b". Add it\n' +
      "  Load model failed:Protobuf parsing failed. Mend the step",
  );
  deepStrictEqual(error.faults, faults);
});

Deno.test("StatusError() keeps its status, StepError() its step and cause", () => {
  strictEqual(new StatusError(404, "no such model").status, 404);
  const cause = new RangeError("too small");
  const { step, message, cause: kept } = new StepError("size", cause);
  deepStrictEqual([step, message, kept], ["size", 'Step "size" failed: too small', cause]);
});
