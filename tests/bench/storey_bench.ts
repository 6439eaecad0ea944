/** The same flows in storey, MLRun's engine in Python, and in Levada: so many events through each, from its start to its end. */

import { deepStrictEqual } from "node:assert/strict";
import { batch, type Flow, reduce, serving, type ServingFunction } from "levada";
import { CommandError } from "../../lib/cli/command.ts";
import { preparePython } from "../../lib/cli/python.ts";
import { Asker } from "../support/asker.ts";

const EVENTS = 2_000; // enough that starting and closing a flow count for little
const PACKAGES = ["storey==1.12.6", "packaging==26.4"]; // storey imports packaging and does not ask for it
const SCRIPT = new URL("storey_bench.py", import.meta.url).pathname;

const add1 = (n: number) => n + 1;
const add = (total: number, n: number) => total + n;

/** A chain of five steps, and what stands behind it. */
function fiveSteps(isAnswered: boolean): ServingFunction {
  const fn = serving("five");
  const end = fn.setTopology("flow").to("s1", add1).to("s2", add1).to("s3", add1).to("s4", add1).to("s5", add1);
  if (isAnswered) end.respond();
  else end.to("sum", reduce(0, add));
  return fn;
}

function batches(): ServingFunction {
  const fn = serving("batches");
  fn.setTopology("flow")
    .to("batch", batch<number>({ maxEvents: 100 }))
    .to("total", (numbers) => numbers.reduce(add))
    .to("sum", reduce(0, add));
  return fn;
}

function fourBranches(): ServingFunction {
  const fn = serving("branches");
  const start = fn.setTopology("flow").to("start", add1);
  for (const name of ["a", "b", "c"]) start.to(name, add1);
  start.to("sum", reduce(0, add));
  return fn;
}

async function emitAll(flow: Flow): Promise<unknown> {
  for (let n = 0; n < EVENTS; n++) await flow.emit(n);
  return await flow.close();
}

async function askAll(flow: Flow): Promise<unknown> {
  let total = 0;
  for (let n = 0; n < EVENTS; n++) total += await flow.ask<number>(n);
  await flow.close();
  return total;
}

/** What is compared: Levada's function and how events are sent in, and storey's runs by the names that the script knows. */
const GROUPS: Readonly<
  Record<string, readonly [ServingFunction, (flow: Flow) => Promise<unknown>, readonly string[]]>
> = {
  "5 steps": [fiveSteps(false), emitAll, ["chain", "chain-threaded"]],
  "5 steps, each event answered": [fiveSteps(true), askAll, ["chain-answered"]],
  "batches of 100": [batches(), emitAll, ["batch"]],
  "4 branches": [fourBranches(), emitAll, ["fan-out"]],
};

async function startStorey(): Promise<Asker | undefined> {
  try {
    const onProgress = (text: string) => console.error(text);
    const { program } = await preparePython({ name: "storey", packages: PACKAGES, onProgress });
    return new Asker(program("python"), [SCRIPT]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`storey: skipped: ${error.message}`);
    return undefined;
  }
}

const storey = await startStorey();
if (storey !== undefined) {
  for (const [title, [fn, send, names]] of Object.entries(GROUPS)) {
    const group = `${EVENTS} events, ${title}`;
    const levada = async () => await send(await fn.start());
    const result = await levada();
    for (const [index, name] of names.entries()) {
      const run = async (): Promise<unknown> => JSON.parse(await storey.ask(`${name} ${EVENTS}`));
      deepStrictEqual(await run(), result);
      const label = name.endsWith("-threaded") ? "storey, from another thread" : "storey";
      Deno.bench(label, { group, baseline: index === 0, n: 10, warmup: 1 }, async () => {
        await run();
      });
    }
    Deno.bench("Levada", { group }, async () => {
      await levada();
    });
  }
  globalThis.addEventListener("unload", () => storey.close());
}
