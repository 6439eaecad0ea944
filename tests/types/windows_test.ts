import { aggregateByKey, joinWithTable, mapWithState, queryByKey, serving } from "levada";
import { z } from "zod";

/** True when both types are the same. */
type Same<One, Other> = (<Type>() => Type extends One ? 1 : 2) extends (<Type>() => Type extends Other ? 1 : 2) ? true
  : false;

/** Checks a type; there is nothing to run. */
function same<_Proof extends true>(): void {}

/** The body behind a chain. */
type BodyOf<Step> = Step extends { "~reply"?: infer Body } ? Exclude<Body, undefined> : never;

const PURCHASE = z.object({ user: z.string(), amount: z.number(), at: z.date() });

Deno.test("aggregateByKey() adds its fields to the body's type", () => {
  const graph = serving("types").setTopology("flow", { input: PURCHASE });
  const spent = graph.to(
    "spent",
    aggregateByKey({
      key: "user",
      time: ({ at }) => at,
      aggregations: [
        { name: "a", column: "amount", operations: ["count", "sum"], windows: ["1h", "2h"], period: "10m" },
        {
          name: "u",
          value: ({ user }) => user,
          operations: ["last"],
          windows: ["1d"],
          where: ({ amount }) => amount > 0,
        },
      ],
    }),
  );
  type Body = BodyOf<typeof spent>;
  same<Same<Body["user"], string>>();
  same<Same<Body["a_count_1h"], number | undefined>>();
  same<Same<Body["a_sum_2h"], number | null | undefined>>();
  same<Same<Body["u_last_1d"], string | number | boolean | null | undefined>>();
  // @ts-expect-error -- there is no such window
  spent.to("none", (body) => body.a_sum_3h);
  const periodic = graph.to(
    "periodic",
    aggregateByKey({
      aggregations: [{ name: "a", column: "amount", operations: ["sum"], windows: ["1h"] }],
      emit: { after: "window" },
    }),
  );
  same<Same<BodyOf<typeof periodic>["a_sum_1h"], number | null>>();
  same<Same<BodyOf<typeof periodic>["time"], Date>>();
  // @ts-expect-error -- the events themselves are not given out
  periodic.to("none", (body) => body.amount);
  const joined = graph.to(
    "joined",
    aggregateByKey({
      aggregations: [{ name: "a", column: "amount", operations: ["sum"], windows: ["1h"] }],
      join: ({ user }, fields) => ({ user, n: Object.keys(fields).length }),
    }),
  );
  same<Same<BodyOf<typeof joined>["n"], number>>();
});

Deno.test("queryByKey() and joinWithTable() add what they read to the body's type", () => {
  const graph = serving("types").setTopology("flow", { input: PURCHASE });
  const asked = graph.to("ask", queryByKey(["a_sum_1h", "city"], { table: "t", key: "user" }));
  same<Same<BodyOf<typeof asked>["a_sum_1h"], number | null>>();
  same<Same<BodyOf<typeof asked>["city"], unknown>>();
  const joined = graph.to(
    "join",
    joinWithTable("users", { key: ({ user }) => user, join: (body, row) => ({ ...body, row }) }),
  );
  same<Same<BodyOf<typeof joined>["amount"], number>>();
  const typed = serving("typed").setTopology("flow").to(
    "join",
    joinWithTable<{ user: string }, { age: number }>("users", { key: "user" }),
  );
  same<Same<BodyOf<typeof typed>["age"], number | undefined>>();
});

Deno.test("wrong columns, operations and windows are red in the editor", () => {
  const graph = serving("types").setTopology("flow", { input: PURCHASE });
  const one = { name: "a", column: "amount", operations: ["sum"], windows: ["1h"] } as const;
  graph.to("fine", aggregateByKey({ key: "user", aggregations: [one] }));
  // @ts-expect-error -- there is no such column
  graph.to("column", aggregateByKey({ aggregations: [{ ...one, column: "price" }] }));
  // @ts-expect-error -- there is no such operation
  graph.to("operation", aggregateByKey({ aggregations: [{ ...one, operations: ["median"] }] }));
  // @ts-expect-error -- no duration
  graph.to("window", aggregateByKey({ aggregations: [{ ...one, windows: ["1 hour"] }] }));
  // @ts-expect-error -- there is no such field
  graph.to("key", aggregateByKey({ key: "name", aggregations: [one] }));
  // @ts-expect-error -- a state in a table needs no number of the table
  graph.to("state", mapWithState(() => ({}), (body: unknown, state) => [body, state], { table: 5 }));
});
