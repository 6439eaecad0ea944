import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { serving } from "levada";
import { z } from "zod";
import { issuesOf, readBy } from "../../../../lib/flow/read_by.ts";
import type { Schema } from "../../../../lib/graph/schema.ts";

const away = () => Promise.reject(new Error("the table is away"));
const broken = () => {
  throw new Error("a check is broken");
};
const recursive: z.ZodType = z.lazy(() => z.union([z.string().refine(away), z.array(recursive)]));
const named: z.ZodType = z.object({ id: z.string().refine(away).optional(), next: z.lazy(() => named).optional() });
const minted = (): z.ZodType =>
  z.object({
    id: z.string().refine(away).refine(broken).optional(),
    next: z.lazy(minted).refine(away).optional(),
    list: z.array(z.lazy(minted)).optional(),
  });
const getting = (): z.ZodType =>
  z.object({
    id: z.string().refine(away).refine(broken).optional(),
    get next() {
      return getting().refine(away).optional();
    },
    get list() {
      return z.array(getting()).optional();
    },
  });

/** Runs this, and lets the event loop turn, so that what nobody waited for is told; gives what that was. */
async function unheardIn(run: () => Promise<unknown>): Promise<string[]> {
  const unheard: string[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unheard.push(String(event.reason));
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    await run();
    const { port1, port2 } = new MessageChannel();
    await new Promise((turned) => {
      port1.onmessage = turned;
      port2.postMessage(0);
    });
    port1.close();
    port2.close();
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
  return unheard;
}

Deno.test("readBy() fails by a check that rejects, and nothing of it goes unheard, however the schema hides it", async () => {
  const schemas: [z.ZodType, unknown][] = [
    [z.object({ id: z.string().refine((_id) => away()) }), { id: "1" }],
    [z.string().superRefine(async () => await away()), "1"],
    [z.string().transform(() => away()), "1"],
    [z.string().check(() => away()), "1"],
    [z.union([z.number(), z.object({ id: z.string().refine(away) })]), { id: "1" }],
    [z.string().refine(away).transform(Number), "1"],
    [z.string().refine(away).refine(away), "1"],
    [z.string().refine(away).refine(broken), "1"],
    [z.object({ a: z.string().refine(away), b: z.string().refine(broken) }), { a: "1", b: "2" }],
    [z.object({ a: z.object({ b: z.number() }).refine(away), c: z.union([z.string().refine(broken)]) }), {
      a: { b: 1 },
      c: "",
    }],
    [z.record(z.string().refine(away), z.string().refine(away)), { a: "1" }],
    [z.codec(z.string(), z.number(), { decode: away, encode: String }).refine(away), "1"],
    [z.custom(away), "1"],
    [recursive, [["1"]]],
    [named, within(9, { id: "1" })],
    [getting(), within(9, { id: "1" })],
    [getting(), within(9, { list: [{ id: "1" }, { list: [{ id: "2" }] }] })],
    [minted(), { id: "1" }],
    [minted(), within(9, { id: "1" })],
    [minted(), within(9, { list: [{ id: "1" }, { list: [{ id: "2" }] }] })],
    [z.array(z.string()).check(z.property("length", z.number().transform(away))), ["1"]],
  ];
  for (const [index, [schema, value]] of schemas.entries()) {
    const unheard = await unheardIn(() =>
      rejects(async () => await readBy(schema, value), /table is away|check is broken|not supported|Promise during/)
    );
    deepStrictEqual([index, unheard], [index, []]);
  }
});

function within(depth: number, next: object): object {
  return depth === 0 ? next : within(depth - 1, { next });
}

Deno.test("readBy() reads by a schema that a function makes of itself, as does a function by its input and output", async () => {
  const tree = (): z.ZodType => z.object({ v: z.string(), next: z.lazy(tree).optional() });
  const value = { v: "a", next: { v: "b", next: { v: "c" } } };
  const schema = tree();
  deepStrictEqual(await readBy(schema, value), { success: true, data: value });
  deepStrictEqual(schema.safeParse(value), { success: true, data: value });
  const fn = serving("tree");
  fn.setTopology("flow", { input: tree(), output: schema }).to("id", (body) => body).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/", value), value);
});

Deno.test("readBy() asks each check once, and gives at once what does not wait", async () => {
  const asked: unknown[] = [];
  const known = (id: string) => {
    asked.push(id);
    return id === "now" ? true : Promise.resolve(id === "later");
  };
  const schema = z.object({ id: z.string().refine(known, "is not known") });
  deepStrictEqual(readBy(schema, { id: "now", more: 1 }), { success: true, data: { id: "now" } });
  const later = readBy(schema, { id: "later" });
  strictEqual(later instanceof Promise, true);
  deepStrictEqual(await later, { success: true, data: { id: "later" } });
  const never = await readBy(schema, { id: "never" });
  strictEqual(never.success || issuesOf(never), "id: is not known");
  deepStrictEqual(asked, ["now", "later", "never"]);
  const wrong = readBy(z.object({ n: z.number() }).refine(() => true), { n: "1" });
  strictEqual(
    wrong instanceof Promise || wrong.success || issuesOf(wrong),
    "n: Invalid input: expected number, received string",
  );
});

Deno.test("readBy() asks schemas without code of one's own at once", () => {
  const tree: z.ZodType = z.object({
    name: z.string().min(1).trim(),
    get kids() {
      return z.array(tree).optional();
    },
  });
  const broken = {
    get issues(): never {
      throw new Error("asked as one that may wait");
    },
  };
  tree._zod.run = ((run) => (payload, context) => context.async ? broken as never : run(payload, context))(
    tree._zod.run,
  );
  deepStrictEqual(readBy(tree, { name: " a ", kids: [{ name: "b" }] }), {
    success: true,
    data: { name: "a", kids: [{ name: "b" }] },
  });
});

Deno.test("readBy() asks schemas that are none of zod's later where they can, else at once", async () => {
  const data = "read";
  const plain: Schema<string> = { safeParse: () => ({ success: true, data }) };
  deepStrictEqual(readBy(plain, 1), { success: true, data });
  const later: Schema<string> = { safeParse: broken, safeParseAsync: () => Promise.resolve({ success: true, data }) };
  deepStrictEqual(await readBy(later, 1), { success: true, data });
});
