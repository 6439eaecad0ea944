import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { hearOwnCode } from "../../../../lib/flow/own_code.ts";

const isRight = () => true;

Deno.test("hearOwnCode() finds code wherever it stands, and takes nothing of zod's own for it", () => {
  const withCode: z.ZodType[] = [
    z.string().refine(isRight),
    z.object({ list: z.array(z.tuple([z.string()], z.number().superRefine(() => {}))) }),
    z.string().refine(isRight).pipe(z.string()),
    z.lazy(() => z.map(z.string(), z.set(z.number().check(() => {})))).optional(),
    z.record(z.string().transform(Number), z.unknown()),
    z.object({}).catchall(z.custom(isRight)),
    z.intersection(z.object({}), z.union([z.string(), z.preprocess(String, z.string())])),
    z.stringbool().default(true),
    z.array(z.string()).check(z.property("length", z.number().refine(isRight))),
    z.promise(z.string()),
  ];
  deepStrictEqual(withCode.map(hearOwnCode), withCode.map(() => true));
  const without: z.ZodType[] = [
    z.object({ mail: z.email(), n: z.int().min(1).multipleOf(2), text: z.string().trim().max(3).regex(/a/) }),
    z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") }), z.object({ kind: z.enum(["b", "c"]) })]),
    z.coerce.number().default(1).catch(2),
    z.json(),
    z.enum(Array.from({ length: 200_000 }, (_, n) => `${n}`)),
  ];
  deepStrictEqual(without.map(hearOwnCode), without.map(() => false));
});

Deno.test("hearOwnCode() leaves what a schema says where it is asked at once", () => {
  const broken = z.string().refine(() => {
    throw new RangeError("broken");
  });
  const schema = z.object({ id: z.string().refine((id) => id === "1", "is not 1"), n: z.string().transform(Number) });
  const waiting = z.string().refine(() => Promise.resolve(true));
  [broken, schema, waiting].forEach(hearOwnCode);
  throws(() => broken.parse(""), { name: "RangeError" });
  throws(() => waiting.parse(""), /parseAsync/);
  deepStrictEqual(schema.parse({ id: "1", n: "2" }), { id: "1", n: 2 });
  strictEqual(schema.safeParse({ id: "2", n: "2" }).error?.issues[0]?.message, "is not 1");
});

/** Makes a schema of itself, new ones each time. */
const minted = (): z.ZodType =>
  z.object({ v: z.string(), left: z.lazy(minted).optional(), others: z.array(z.lazy(minted)).optional() });

Deno.test("hearOwnCode() leaves a schema that a function makes of itself as good as it was", () => {
  let made = 0;
  const chain = (): z.ZodType => {
    made += 1;
    return z.object({ v: z.string(), next: z.lazy(chain).optional() });
  };
  const byGetter = (): z.ZodType =>
    z.object({
      v: z.string(),
      get next() {
        made += 1;
        return byGetter().optional();
      },
    });
  for (const make of [chain, byGetter]) {
    made = 0;
    staysGood(make(), () => made);
  }
  const wide = minted();
  hearOwnCode(wide);
  deepStrictEqual(wide.parse({ v: "a", others: [{ v: "b" }] }), { v: "a", others: [{ v: "b" }] });
});

function staysGood(schema: z.ZodType, made: () => number): void {
  strictEqual(hearOwnCode(schema), true); // nobody knows what is in the next
  strictEqual(made() < 10, true);
  for (const value of [{ v: "a" }, { v: "a", next: { v: "b" } }, nested(100, { v: "z" })]) {
    deepStrictEqual(schema.safeParse(value), { success: true, data: value });
  }
  strictEqual(made() < 200, true); // as deep as the value, and no deeper
  strictEqual(schema.safeParse(nested(9, { v: 1 })).success, false);
}

function nested(depth: number, next: object): object {
  return depth === 0 ? next : nested(depth - 1, { v: "a", next });
}
