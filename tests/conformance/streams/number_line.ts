/** Numbers through three functions, each fed by the stream before it; `NUMBER_LINE` says where the streams are. */

import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type FlowEvent, queue, serving, StatusError } from "levada";

/** A number on its way. */
export interface Numbered {
  readonly n: number;
  /** Who had it in hand, step by step. */
  readonly hands?: readonly number[];
}

/** The streams before each of the functions. */
export const STREAMS = { take: "numbers", enrich: "taken", write: "enriched" } as const;

/** How many events a function has under way at most, and as many wait before the stream. */
export const AT_ONCE = 100;

/** What becomes of a number: most go on, one in 500 cannot, one in 500 must not even be tried again. */
export function fateOf(n: number): "goes on" | "fails" | "is refused" {
  return n % 500 === 123 ? "fails" : n % 500 === 377 ? "is refused" : "goes on";
}

/** The path of a stream of the line. */
export function linePath(line: string, stream: string): string {
  return `${line}-${stream}?partitions=4`;
}

function lineQueue(stream: string) {
  return queue<Numbered>({
    path: linePath(Deno.env.get("NUMBER_LINE") ?? "memory://line", stream),
    capacityEvents: AT_ONCE,
  });
}

const fn = serving("line");
for (const child of Object.keys(STREAMS)) fn.addChildFunction(child);
fn.setTopology("flow", { maxInFlight: AT_ONCE })
  .to("numbers", lineQueue("numbers"))
  .to("take", ({ n }: Numbered): Numbered => ({ n, hands: [Deno.pid] }), { function: "take" })
  .to("taken", lineQueue("taken"))
  .to("enrich", async ({ n, hands = [] }: Numbered): Promise<Numbered> => {
    await pause(n % 3); // those behind it are ready before it
    const fate = fateOf(n);
    if (fate === "fails") throw new RangeError(`${n} cannot be enriched`);
    if (fate === "is refused") throw new StatusError(422, `${n} is not wanted`);
    return { n, hands: [...hands, Deno.pid] };
  }, { function: "enrich" })
  .to("enriched", lineQueue("enriched"))
  .to("write", ({ key, body: { n, hands } }: FlowEvent<Numbered>) => {
    const line = JSON.stringify([n, key, Date.now(), [...hands ?? [], Deno.pid]]);
    appendFileSync(Deno.env.get("NUMBER_LINE_SINK") ?? "/dev/null", `${line}\n`);
  }, { function: "write", fullEvent: true });

export default fn;
