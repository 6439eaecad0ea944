import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { CELL_SCHEME, PREFIX_LINES, Stacks } from "../../../../kernel/engine/stack.ts";

/** A call site as V8 gives it. */
function site(file: string | null, line: number, column: number, name: string | null = null) {
  return {
    getFunctionName: () => name,
    getScriptNameOrSourceURL: () => file,
    getLineNumber: () => line,
    getColumnNumber: () => column,
  };
}

/** Writes an error's trace from call sites, as V8 does once stacks are installed; the writer that was there comes back. */
function trace(stacks: Stacks, error: Error, sites: readonly ReturnType<typeof site>[]): string {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  stacks.install();
  const write =
    (Error as unknown as { prepareStackTrace(error: Error, sites: readonly unknown[]): string }).prepareStackTrace;
  if (before === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  else Object.defineProperty(Error, "prepareStackTrace", before);
  return write(error, sites);
}

function remembering(shift = 0): Stacks {
  const stacks = new Stacks();
  stacks.remember({ execution: "a 1", cellId: null, count: 7, silent: false, mappings: [], shift });
  return stacks;
}

const CELL = `${CELL_SCHEME}a%201`;

Deno.test("Stacks.describe() tells frames in the cell's own lines, and leaves the kernel's own files out", () => {
  const stacks = remembering();
  const error = new RangeError("too far");
  const text = trace(stacks, error, [
    site(CELL, 2 + PREFIX_LINES, 5, "inner"),
    site(new URL("../../../../kernel/engine/bootstrap.ts", import.meta.url).href, 1, 1, "begin"),
    site("file:///notes/my%20water.ts", 8, 9, "load"),
    site("https://x.example/mod.ts", 1, 2),
    site("ext:deno/io.js", 1, 1),
    site(null, 0, 0),
  ]);
  strictEqual(
    text,
    "RangeError: too far\n    at inner (cell [7]:2:5)\n    at load (/notes/my%20water.ts:8:9)\n    at <cell> (https://x.example/mod.ts:1:2)",
  );
  const { name, message, frames } = stacks.describe(error);
  deepStrictEqual([name, message, frames.length], ["RangeError", "too far", 3]);
  deepStrictEqual(frames[0], { name: "inner", execution: "a 1", place: "cell [7]", line: 2, column: 5 });
  strictEqual(stacks.executionOf(error), "a 1");
});

Deno.test("Stacks.describe() takes back what was put before the first line", () => {
  const error = new Error("x");
  const stacks = remembering(4);
  trace(stacks, error, [site(CELL, 1 + PREFIX_LINES, 10), site(CELL, 1 + PREFIX_LINES, 2)]);
  deepStrictEqual(stacks.describe(error).frames.map(({ column }) => column), [6, 1]);
});

Deno.test("Stacks leaves out frames of runs that it does not know", () => {
  const error = new Error("x");
  const stacks = remembering();
  trace(stacks, error, [site(`${CELL_SCHEME}other`, 3, 1)]);
  deepStrictEqual([stacks.describe(error).frames, stacks.executionOf(error)], [[], undefined]);
});

Deno.test("Stacks.describe() follows causes and the errors of an AggregateError, each five deep at most", () => {
  let chain = new Error("0");
  for (let n = 1; n < 20; n++) chain = new Error(String(n), { cause: chain });
  let depth = 0;
  for (let each = new Stacks().describe(chain); each.causes[0] !== undefined; each = each.causes[0]) depth++;
  strictEqual(depth, 5);
  const many = new AggregateError(Array.from({ length: 9 }, (_, index) => `e${index}`), "all", { cause: "why" });
  deepStrictEqual(new Stacks().describe(many).causes.map(({ name, message }) => `${name} ${message}`), [
    'Uncaught "why"',
    'Uncaught "e0"',
    'Uncaught "e1"',
    'Uncaught "e2"',
    'Uncaught "e3"',
    'Uncaught "e4"',
  ]);
});

Deno.test("Stacks.describe() survives whatever is thrown", () => {
  const stacks = new Stacks();
  deepStrictEqual(stacks.describe(undefined), { name: "Uncaught", message: "undefined", frames: [], causes: [] });
  strictEqual(stacks.describe("x".repeat(5_000)).message.length, 1_000);
  const hostile = new Error("x");
  for (const key of ["name", "message", "cause", "errors", "stack"]) {
    Object.defineProperty(hostile, key, {
      get: () => {
        throw new Error(`no ${key}`);
      },
    });
  }
  const told = stacks.describe(hostile);
  deepStrictEqual([told.name, told.frames, told.causes], ["Error", [], []]);
  match(told.message, /^\(its message cannot be read: Error: no message\)$/);
  const odd = Object.assign(new Error("x"), { name: 5, message: { deep: 1 } });
  deepStrictEqual([stacks.describe(odd).name, stacks.describe(odd).message], ["Error", "{ deep: 1 }"]);
});
