import { deepStrictEqual } from "node:assert/strict";
import { serving } from "levada";

/** A chain of steps that each add one, by hand: what a user would write instead of a graph. */
function handwritten(length: number): (n: number) => Promise<number> {
  const steps = Array.from({ length }, () => (n: number) => n + 1);
  return async (n) => {
    let body = n;
    for (const step of steps) body = step(body);
    return await Promise.resolve(body);
  };
}

/** The same chain as a graph. */
async function graph(length: number): Promise<(n: number) => Promise<number>> {
  const fn = serving("chain");
  let chain = fn.setTopology("flow").to("s0", (n: number) => n + 1);
  for (let index = 1; index < length; index++) chain = chain.to(`s${index}`, (n) => n + 1);
  chain.respond();
  const flow = await fn.start();
  return (n) => flow.ask(n);
}

for (const length of [1, 5, 10, 100]) {
  const runners = { handwritten: handwritten(length), graph: await graph(length) };
  for (const [name, run] of Object.entries(runners)) {
    deepStrictEqual(await run(1), 1 + length);
    Deno.bench(name, { group: `chain of ${length}`, baseline: name === "handwritten" }, async () => {
      await run(1);
    });
  }
}
