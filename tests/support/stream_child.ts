/** A process that publishes numbers to a stream between processes, or reads them; what it does it tells in lines of JSON. */

import { openLocal } from "../../lib/streams/local/open_local.ts";

/** What the process is to do. */
export interface StreamTask {
  readonly path: string;
  readonly folder: string;
  readonly sessionMs?: number;
  /** Publishes these numbers, in batches; number `n` has the key `n % keys`. */
  readonly publish?: { readonly from: number; readonly to: number; readonly batch: number; readonly keys: number };
  /** Reads until it is ended. */
  readonly read?: { readonly group: string; readonly maxRecords: number };
}

/** A line of a process: how far it has published, what it was given and when, that it was too late to acknowledge. */
export type StreamLine =
  | { readonly published: number }
  | { readonly at: number; readonly given: readonly (readonly [n: number, key: string, tries: number])[] }
  | { readonly refused: string };

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run({ path, folder, sessionMs, publish, read }: StreamTask): Promise<void> {
  await using stream = await openLocal<number>(path, { folder, sessionMs });
  if (publish !== undefined) {
    const { to, batch, keys } = publish;
    for (let from = publish.from; from < to; from += batch) {
      const numbers = Array.from({ length: Math.min(batch, to - from) }, (_, index) => from + index);
      await stream.publish(numbers.map((n) => ({ body: n, key: `key ${n % keys}` })));
      tell({ published: from + numbers.length });
    }
  }
  if (read === undefined) return;
  const subscription = await stream.subscribe(read);
  Deno.addSignalListener("SIGTERM", () => void subscription.close());
  for await (const delivery of subscription) {
    const at = performance.timeOrigin + performance.now();
    tell({ at, given: delivery.records.map(({ body, key = "", tries }) => [body, key, tries]) });
    await delivery.ack().catch((error: Error) => tell({ refused: error.message }));
  }
  Deno.exit(0);
}

/** Writes it before the process goes on: what a killed one did is known. */
function tell(line: StreamLine): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
