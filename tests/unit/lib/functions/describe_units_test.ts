import { deepStrictEqual, throws } from "node:assert/strict";
import { batch, queue, serving } from "levada";
import { describeUnits } from "../../../../lib/functions/describe_units.ts";

const causes = (faults: readonly { readonly step?: string; readonly cause: string }[]) =>
  faults.map(({ step, cause }) => `${step ?? ""}: ${cause}`);

Deno.test("describeUnits() tells which streams each function reads where it runs by itself, and as whom, without secrets", () => {
  const fn = serving("shop", { errorStream: "local://errors" }).addChildFunction("billing").addTrigger("more", {
    stream: "redis://ann:pw@host/more",
    from: "end",
  }).addTrigger("old", { stream: "local://old", group: "g" }).addTrigger("beat", { schedule: { everyMs: 60_000 } });
  fn.setTopology("flow").to("total", (n: number) => n).respond().to("q", queue()).to("bill", (n: number) => n, {
    function: "billing",
  });
  const { whole, apart, feeds } = describeUnits(fn);
  deepStrictEqual([whole, apart], [[], []]);
  deepStrictEqual(feeds, [
    { function: "shop", path: "redis://ann:***@host/more", group: "shop", trigger: "more", from: "end" },
    { function: "shop", path: "local://old", group: "g", trigger: "old" },
    { function: "billing", path: "local://shop/q", group: "shop-billing" },
  ]);
});

Deno.test("describeUnits() finds at once what keeps a function from running at all, and what keeps its functions from running apart", () => {
  const fn = serving("shop", { errorStream: "memory://errors" }).addChildFunction("billing")
    .addTrigger("t", { stream: "memory://t" });
  fn.setTopology("flow").to("total", (n: number) => n).to("q", queue({ path: "memory://q" }))
    .to("bill", (n: number) => n, { function: "billing" }).respond()
    .to("out", queue({ path: "memory://out" }));
  const { whole, apart, feeds } = describeUnits(fn);
  deepStrictEqual(whole, []);
  deepStrictEqual(causes(apart), [
    `bill: it answers the caller, but runs in function "billing" behind queue "q": a reply cannot cross a queue to another function`,
    "q: memory://q is a stream within one process, and no other function can reach it",
    "out: memory://out is a stream within one process, and no other function can reach it",
    ": errorStream: memory://errors is a stream within one process, and nobody else can read it",
  ]);
  deepStrictEqual(feeds, [{ function: "billing", path: "memory://q", group: "shop-billing" }]);

  const unknown = serving("shop");
  unknown.setTopology("flow").to("a", (n: number) => n, { retries: -1 }).to("q", queue())
    .to("b", (n: number) => n, { function: "nobody" }).respond();
  const faults = describeUnits(unknown);
  deepStrictEqual(causes(faults.whole), [
    "a: option retries is -1",
    `b: it runs in function "nobody", which is not declared`,
  ]);
  deepStrictEqual(causes(faults.apart), [
    `b: it answers the caller, but runs in function "nobody" behind queue "q": a reply cannot cross a queue to another function`,
  ]);
});

Deno.test("describeUnits() finds what cannot be read exactly once; without a graph there is nothing to tell", () => {
  const fn = serving("shop").addTrigger("t", { stream: "kafka://broker/t", exactlyOnce: true });
  fn.setTopology("flow").to("many", batch<number>({ maxEvents: 2 })).to("out", queue({ path: "local://out" }));
  const { whole, apart } = describeUnits(fn);
  deepStrictEqual(whole, []);
  deepStrictEqual(causes(apart).map((cause) => cause.replace(/, and .*/, "")), [
    `: "t" is to be read exactly once`,
    `many: "t" is to be read exactly once`,
  ]);
  throws(() => describeUnits(serving("empty")), { name: "GraphError", message: /it has no graph/ });
  throws(() => describeUnits({}), TypeError);
});

Deno.test("describeUnits() tells one mistake of a step once, though each function finds it behind another queue", () => {
  const fn = serving("shop").addChildFunction("x").addChildFunction("y").addChildFunction("z");
  fn.setTopology("flow").to("s", (n: number) => n).to("q1", queue()).to("x1", (n: number) => n, { function: "x" })
    .to("q2", queue()).to("y1", (n: number) => n, { function: "y" })
    .to("q3", queue()).to("z1", (n: number) => n, { function: "z" }).respond();
  deepStrictEqual(causes(describeUnits(fn).apart), [
    `z1: it answers the caller, but runs in function "z" behind queue "q1": a reply cannot cross a queue to another function`,
  ]);
  const unknown = serving("shop").addChildFunction("kid");
  unknown.setTopology("flow").to("a", (n: number) => n).respond().to("q", queue())
    .to("b", (n: number) => n, { function: "kid" }).to("c", (n: number) => n, { function: "nobody" });
  const { whole, apart } = describeUnits(unknown);
  deepStrictEqual([causes(whole), apart], [[`c: it runs in function "nobody", which is not declared`], []]);
});
