import type { Kept } from "../driven_stream.ts";
import { inOrder } from "../in_order.ts";
import type { BrokerLog, KeptRecord, Position } from "./broker_log.ts";
import { partitionNames } from "./group_member.ts";
import type { CursorState } from "./leased_cursor.ts";
import { readState } from "./state_text.ts";

const FIRST_READ = 16; // records, until it is known how large they are
const MOST_READ = 500; // records, however small
const READ_BYTES = 4_000_000; // at once, unless one record is larger

/** What a group has not acknowledged, see `Stream.look`. */
export async function* lookAtBroker(log: BrokerLog, group: string): AsyncGenerator<Kept> {
  const documents = await log.readDocuments(group, partitionNames(log));
  const starts = documents.includes(undefined) ? await log.beginning("start") : [];
  const kept = documents.map((document, partition) => {
    const { open, offset, behind }: Pick<CursorState, "open" | keyof Position> = document === undefined
      ? { ...starts[partition]!, open: [] }
      : readState(document.text);
    return unread(log, partition, { offset, behind }, open);
  });
  yield* inOrder(kept);
}

async function* unread(
  log: BrokerLog,
  partition: number,
  from: Position,
  open: CursorState["open"],
): AsyncGenerator<Kept, undefined> {
  const kept = (record: KeptRecord): Kept => ({ partition, publishedAt: record.publishedAt, record });
  let rest = await log.countFrom(partition, from);
  for (let at = 0; at < open.length; at += FIRST_READ) {
    const wanted = open.slice(at, at + FIRST_READ).map(([offset, place]) => ({ offset, place }));
    yield* (await log.find(partition, wanted)).map(kept);
  }
  for (let place = from, most = FIRST_READ; rest > 0;) {
    const records = await log.read(partition, place, Math.min(rest, most));
    if (records.length === 0) return undefined;
    yield* records.map(kept);
    const last = records.at(-1)!;
    place = { offset: last.offset + 1, behind: last.place };
    rest -= records.length;
    const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0) / records.length;
    most = Math.max(1, Math.min(most * 4, Math.floor(READ_BYTES / Math.max(1, bytes)), MOST_READ));
  }
  return undefined;
}
