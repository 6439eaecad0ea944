/** A process that exchanges the numbers of a topic for others, until it is ended; `fateOf` says what becomes of each. */

import { setTimeout as pause } from "node:timers/promises";
import { StatusError } from "../../lib/errors.ts";
import { consoleLog } from "../../lib/flow/console_log.ts";
import { start } from "../../lib/flow/start.ts";
import { SYSTEM_CLOCK } from "../../lib/flow/system_clock.ts";
import { startWorker } from "../../lib/flow/worker.ts";
import { compile } from "../../lib/graph/compile.ts";
import { Graph } from "../../lib/graph/graph.ts";
import { sourceOf } from "../../lib/graph/source.ts";
import { flatMap } from "../../lib/steps/flat_map.ts";
import { queue } from "../../lib/steps/queue.ts";
import { openKafka, openKafkaExchange } from "../../lib/streams/kafka/open_kafka.ts";

/** What the process exchanges. */
export interface ExchangeTask {
  readonly from: string;
  readonly to: string;
  readonly sessionMs: number;
  /** One of so many numbers ends the process while it is in hand, at random; 0 for none. */
  readonly deadly: number;
  /** How often working on a number fails, at random: 0 to 1. */
  readonly flaky: number;
  /** The file that gets a byte whenever one is worked on. */
  readonly calls: string;
}

/** What becomes of a number: it goes on, as one or as three; it fails once, or always; it must not be tried again. */
export function fateOf(n: number): "one" | "three" | "fails once" | "fails" | "is refused" {
  if (n % 500 === 123) return "fails";
  if (n % 500 === 377) return "is refused";
  return n % 97 === 5 ? "fails once" : n % 3 === 0 ? "three" : "one";
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run({ from, to, sessionMs, deadly, flaky, calls }: ExchangeTask): Promise<void> {
  const counting = Deno.openSync(calls, { append: true });
  const failed = new Set<number>();
  const graph = new Graph<number>("g");
  graph.to("work", async (n: number) => {
    counting.writeSync(new Uint8Array(1)); // at once: the process may be killed
    await pause(n % 4); // those behind it are ready before it
    if (deadly > 0 && Math.random() * deadly < 1) Deno.kill(Deno.pid, "SIGKILL");
    const fate = fateOf(n);
    if (fate === "is refused") throw new StatusError(422, `${n} is not wanted`);
    if (fate === "fails" || (fate === "fails once" && !failed.has(n))) {
      failed.add(n);
      throw new RangeError(`${n} fails`);
    }
    if (Math.random() < flaky) throw new RangeError(`${n} fails this time`);
    return fate === "three" ? [n, n + 0.25, n + 0.5] : [n];
  }, { maxInFlight: 50 }).to("each", flatMap((numbers: number[]) => numbers)).to("out", queue({ path: to }));
  const [clock, log] = [SYSTEM_CLOCK, consoleLog()];
  const exchange = await openKafkaExchange(from, { sessionMs });
  const flow = await start(compile(sourceOf(graph)), {
    surroundings: {
      isMock: false,
      params: new Map(),
      log,
      clock,
      openStream: () => openKafka(to, { sessionMs }),
      openExchanged: () => exchange.output(to),
    },
  });
  const source = { stream: exchange.input, exchange, group: "g", maxRecords: 100, maxTries: 8, backoffMs: 5 };
  const worker = await startWorker([source], { flow, clock, log });
  console.log("begun");
  Deno.addSignalListener("SIGTERM", () => void worker.close().then(() => Deno.exit(0)));
}
