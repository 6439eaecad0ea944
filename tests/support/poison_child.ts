/** A process that works on the numbers of a topic, and is killed when one that is negative is in hand; it tells each in a line. */

import { consoleLog } from "../../lib/flow/console_log.ts";
import { start } from "../../lib/flow/start.ts";
import { SYSTEM_CLOCK } from "../../lib/flow/system_clock.ts";
import { startWorker } from "../../lib/flow/worker.ts";
import { compile } from "../../lib/graph/compile.ts";
import { Graph } from "../../lib/graph/graph.ts";
import { sourceOf } from "../../lib/graph/source.ts";
import { openKafka } from "../../lib/streams/kafka/open_kafka.ts";

/** What the process reads, until it is ended. */
export interface PoisonTask {
  readonly path: string;
  readonly sessionMs: number;
  readonly maxTries: number;
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run({ path, sessionMs, maxTries }: PoisonTask): Promise<void> {
  const graph = new Graph<number>("g");
  graph.to("work", (n: number) => {
    Deno.stdout.writeSync(new TextEncoder().encode(`${n}\n`));
    if (n < 0) Deno.kill(Deno.pid, "SIGKILL"); // at once: nothing that is on its way goes out
  });
  const [clock, log] = [SYSTEM_CLOCK, consoleLog()];
  const flow = await start(compile(sourceOf(graph)), {
    surroundings: { isMock: false, params: new Map(), log, clock },
  });
  await startWorker([{ stream: await openKafka(path, { sessionMs }), group: "g", maxTries }], { flow, clock, log });
}
