/** A process that exchanges numbers of a topic for themselves, and stands still (SIGSTOP) when they are sent and its group's place is not said. */

import { setTimeout as pause } from "node:timers/promises";
import { openKafkaExchange } from "../../lib/streams/kafka/open_kafka.ts";
import { beforeStep } from "./next_transaction.ts";

/** What the process exchanges. */
export interface ZombieTask {
  readonly from: string;
  readonly to: string;
  readonly sessionMs: number;
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run({ from, to, sessionMs }: ZombieTask): Promise<void> {
  const exchange = await openKafkaExchange(from, { sessionMs });
  const output = await exchange.output(to);
  const subscription = await exchange.input.subscribe({ group: "g" });
  const { value } = await subscription.next();
  await value!.ack();
  await beforeStep("addConsumer", async () => {
    console.log("stands still");
    await pause(50); // the line is out
    Deno.kill(Deno.pid, "SIGSTOP");
  });
  await exchange.commit(output.seal(value!.records.map(({ body }) => ({ body })))).then(
    () => console.log("has exchanged"),
    ({ message }: Error) => console.log(message),
  );
  Deno.exit(0);
}
