import type { LookedRecord, Stream } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { actOfRecord, isAct, placeOf } from "./letter_act.ts";

const WITHIN_MS = 10_000; // another may tidy at the same time, and have the partitions

/**
 * Acknowledges letters that were acted on, and what tells of it, as far as nothing before them in their partition is still open: brokers
 * keep one offset a partition. What is acknowledged need not be looked through again, and goes when its stream lets go of it.
 */
export async function tidyLetters(
  letters: Stream,
  { group, clock }: { readonly group: string; readonly clock: StreamClock },
): Promise<void> {
  const done = await findDone(letters.look(group));
  if (done.size === 0) return;
  await using subscription = await letters.subscribe({ group, maxRecords: 500 });
  const cancel = clock.schedule(WITHIN_MS, () => void subscription.close());
  try {
    for await (const delivery of subscription) {
      const some = delivery.records.filter((record) => done.delete(placeOf(record)));
      if (some.length > 0) await delivery.ack(some);
      if (done.size === 0) break;
    }
  } finally {
    cancel();
  }
}

/** The places of what nobody needs any more: of each partition a part from its beginning on. */
async function findDone(records: AsyncIterable<LookedRecord>): Promise<Set<string>> {
  const partitions = new Map<string, { readonly place: string; readonly tellsOf: string | undefined }[]>();
  const open = new Set<string>(); // letters that are still there, acted on or not
  const acted = new Set<string>();
  for await (const record of records) {
    const place = placeOf(record);
    const tellsOf = isAct(record) ? actOfRecord(record).place : undefined;
    if (tellsOf === undefined) open.add(place);
    else acted.add(tellsOf);
    const entries = partitions.get(record.partition) ?? [];
    partitions.set(record.partition, entries);
    entries.push({ place, tellsOf });
  }
  const done = new Set<string>();
  const queues = [...partitions.values()].map((entries) => entries.toReversed());
  const isDone = ({ place, tellsOf }: { place: string; tellsOf: string | undefined }) =>
    tellsOf === undefined ? acted.has(place) : !open.has(tellsOf);
  for (let found = true; found;) { // an act goes after its letter, which may be in another partition
    found = false;
    for (const queue of queues) {
      while (queue.length > 0 && isDone(queue.at(-1)!)) {
        const { place } = queue.pop()!;
        open.delete(place);
        done.add(place);
        found = true;
      }
    }
  }
  return done;
}
