import {
  assertEvents,
  choiceByField,
  concurrent,
  dateExtractor,
  dropFields,
  imputer,
  mapValues,
  oneHotEncoder,
  parallel,
  partition,
  reifyMetadata,
  sampleWindow,
  serving,
  validator,
} from "levada";
import { z } from "zod";

/** True when both types are the same. */
type Same<One, Other> = (<Type>() => Type extends One ? 1 : 2) extends (<Type>() => Type extends Other ? 1 : 2) ? true
  : false;

/** Checks a type; there is nothing to run. */
function same<_Proof extends true>(): void {}

/** The body behind a chain. */
type BodyOf<Step> = Step extends { "~reply"?: infer Body } ? Exclude<Body, undefined> : never;

const INPUT = z.object({
  n: z.number(),
  at: z.date(),
  color: z.enum(["red", "dark blue"]),
  age: z.number().nullable(),
  mail: z.string().optional(),
  to: z.array(z.string()),
});

function start() {
  return serving("types").setTopology("flow", { input: INPUT });
}

Deno.test("steps that let events through keep the body's type", () => {
  const graph = start();
  const checked = graph.to("v", validator({ n: { min: 0 }, mail: z.email().optional() }))
    .to("s", sampleWindow({ windowEvents: 2, key: ({ n }) => n }))
    .to("a", assertEvents({ each: ({ n }) => n > 0, equal: [] }))
    .to("c", choiceByField("color"));
  same<Same<BodyOf<typeof checked>, z.infer<typeof INPUT>>>();
  graph.to("list", choiceByField("to"));
  // @ts-expect-error -- a number names no step
  graph.to("number", choiceByField("n"));
  // @ts-expect-error -- the body has no such field
  graph.to("none", choiceByField("nope"));
  // @ts-expect-error -- the body has no such field
  graph.to("wrong", validator({ nope: { min: 0 } }));
  // @ts-expect-error -- the body is no number
  graph.to("other", assertEvents({ equal: [1] }));
});

Deno.test("partition() and concurrent() tell what they make of a body", () => {
  const graph = start();
  const side = graph.to("n", concurrent(async ({ n }) => await Promise.resolve(n))).to("side", partition((n) => n > 0));
  same<Same<BodyOf<typeof side>, { left: number; right?: never } | { left?: never; right: number }>>();
  const sum = side.to("narrowed", (given) => given.left === undefined ? given.right.toFixed() : given.left);
  same<Same<BodyOf<typeof sum>, string | number>>();
});

Deno.test("parallel() types the results: all, or some where functions are selected or dropped, or what join makes", () => {
  const graph = start();
  const all = graph.to("all", parallel({ n: ({ n }) => n, later: async () => await Promise.resolve("x") }));
  same<Same<BodyOf<typeof all>, { n: number; later: string }>>();
  const some = graph.to(
    "some",
    parallel({ n: ({ n }) => n, s: () => "x" }, { select: ({ n }) => n > 1 ? "n" : ["s"] }),
  );
  same<Same<BodyOf<typeof some>, Partial<{ n: number; s: string }>>>();
  const dropped = graph.to("dropped", parallel({ n: ({ n }) => n, s: () => "x" }, { onError: "drop" }));
  same<Same<BodyOf<typeof dropped>["n"], number | undefined>>();
  same<Same<NonNullable<BodyOf<typeof dropped>["failed"]>["s"], string | undefined>>();
  const joined = graph.to(
    "joined",
    parallel({ n: ({ n }) => n }, { join: ({ n }, { body }) => [n, body.at] as const }),
  );
  same<Same<BodyOf<typeof joined>, readonly [number, Date]>>();
  // @ts-expect-error -- there is no function "s"
  graph.to("wrong", parallel({ n: ({ n }) => n }, { select: () => "s" }));
});

Deno.test("steps that change fields type the body behind them", () => {
  const graph = start();
  const dropped = graph.to("drop", dropFields("n", "mail"));
  same<Same<keyof BodyOf<typeof dropped>, "at" | "color" | "age" | "to">>();
  const named = graph.to("meta", reifyMetadata({ id: "id", key: "at" }));
  same<Same<[BodyOf<typeof named>["id"], BodyOf<typeof named>["at"]], [string, string | null]>>();
  const hot = graph.to("hot", oneHotEncoder({ color: ["red", "dark blue"] }));
  same<Same<BodyOf<typeof hot>["color_dark_blue"], 0 | 1>>();
  same<Same<Extract<keyof BodyOf<typeof hot>, `color${string}`>, "color_red" | "color_dark_blue">>();
  const dated = graph.to("date", dateExtractor({ column: "at", parts: ["hour", "week"] }));
  same<Same<Exclude<keyof BodyOf<typeof dated>, keyof z.infer<typeof INPUT>>, "at_hour" | "at_week">>();
  const filled = graph.to("fill", imputer({ columns: { age: 4, mail: "" } }));
  same<Same<[BodyOf<typeof filled>["age"], BodyOf<typeof filled>["mail"]], [number, string]>>();
  const mapped = graph.to(
    "map",
    mapValues({ color: { values: { red: 1 } }, n: { ranges: [{ to: "any" }], otherwise: null } }),
  );
  same<Same<[BodyOf<typeof mapped>["color"], BodyOf<typeof mapped>["n"]], ["red" | "dark blue" | 1, "any" | null]>>();
  const both = graph.to("both", mapValues({ n: { ranges: [{ to: 0 }] } }, { withOriginals: true, suffix: "zero" }));
  same<Same<[BodyOf<typeof both>["n"], BodyOf<typeof both>["n_zero"]], [number, number]>>();
  // @ts-expect-error -- the body has no such field
  graph.to("1", dropFields("nope"));
  // @ts-expect-error -- events have no such attribute
  graph.to("2", reifyMetadata({ body: "b" }));
  // @ts-expect-error -- the body has no such field
  graph.to("3", oneHotEncoder({ nope: ["red"] }));
  // @ts-expect-error -- dates have no such part
  graph.to("4", dateExtractor({ column: "at", parts: ["century"] }));
  // @ts-expect-error -- an age is a number
  graph.to("5", imputer({ columns: { age: "old" } }));
  // @ts-expect-error -- the body has no such field
  graph.to("6", mapValues({ nope: { values: { red: 1 } } }));
});
