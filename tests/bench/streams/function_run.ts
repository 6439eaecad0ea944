/**
 * One process of a function that is fed by a stream and fills another. Its arguments: the paths of both. It waits until a line of its
 * input says `go`; the line `tell` has it say how many records it has had and how large it is, `end` that it leaves.
 */

import process from "node:process";
import { queue, serving } from "levada";

/** What a process tells. */
export interface FunctionReport {
  readonly records: number;
  readonly residentBytes: number;
}

const [source = "", sink = ""] = Deno.args;
const gate = Promise.withResolvers<void>();
let isOpen = false;
let records = 0;

const fn = serving("bench").addChildFunction("work");
fn.setTopology("flow")
  .to("in", queue<number>({ path: source }))
  .to("add", (n: number) => {
    records += 1;
    return isOpen ? n + 1 : gate.promise.then(() => n + 1);
  }, { function: "work" })
  .to("out", queue({ path: sink }));
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const server = await fn.serve({ currentFunction: "work", port: 0, log });

for await (const lines of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  for (const line of lines.trim().split("\n")) {
    if (line === "go") {
      isOpen = true;
      gate.resolve();
    }
    if (line === "end") await server.close();
    if (line === "tell") (globalThis as { gc?: () => void }).gc?.(); // when garbage is collected else, is chance
    console.log(JSON.stringify({ records, residentBytes: process.memoryUsage().rss } satisfies FunctionReport));
  }
}
Deno.exit(); // whoever asked has gone
