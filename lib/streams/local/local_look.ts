import type { Kept } from "../driven_stream.ts";
import { inOrder } from "../in_order.ts";
import { type CursorRow, LocalCursor } from "./local_cursor.ts";
import type { Extent, LocalLog } from "./local_log.ts";

const AT_ONCE = 100; // records; others have their turn between

/** What a group has not acknowledged, see `Stream.look`. */
export async function* lookLocally(log: LocalLog, group: string): AsyncGenerator<Kept> {
  const { database } = log;
  const sql = "SELECT partition, owner, next, committed, state FROM cursors WHERE grp = ?";
  const rows = database.read(() => database.prepare(sql).all(group)) as unknown as CursorRow[];
  const kept = log.extents().map((extent, partition) => {
    const row = rows.find((one) => one.partition === partition);
    return unread(log, partition, extent, row);
  });
  yield* inOrder(kept);
}

async function* unread(
  log: LocalLog,
  partition: number,
  { first, next, largest }: Extent,
  row: CursorRow | undefined,
): AsyncGenerator<Kept, undefined> {
  const place = row === undefined ? undefined : new LocalCursor(log, row, AT_ONCE).snapshot();
  const open = new Set(place?.open.map(({ offset }) => offset));
  for (let from = Math.max(first, place?.committed ?? first); from < next;) {
    const records = log.read(partition, from, { most: AT_ONCE, largest });
    for (const record of records) {
      if (record.offset >= next) return undefined;
      const isDone = place !== undefined && record.offset < place.next && !open.has(record.offset);
      if (!isDone) yield { partition, publishedAt: record.publishedAt, record };
    }
    if (records.length === 0) return undefined;
    from = records.at(-1)!.offset + 1;
  }
  return undefined;
}
