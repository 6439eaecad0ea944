import type { Kept } from "../driven_stream.ts";
import { inOrder } from "../in_order.ts";
import type { BrokerLog, KeptRecord, Position } from "./broker_log.ts";
import { partitionNames } from "./group_member.ts";
import type { CursorState } from "./leased_cursor.ts";

const AT_ONCE = 100; // records

/** What a group has not acknowledged, see `Stream.look`. */
export async function* lookAtBroker(log: BrokerLog, group: string): AsyncGenerator<Kept> {
  const documents = await log.readDocuments(group, partitionNames(log));
  const starts = documents.includes(undefined) ? await log.beginning("start") : [];
  const kept = documents.map((document, partition) => {
    const { open, offset, behind }: Pick<CursorState, "open" | keyof Position> = document === undefined
      ? { ...starts[partition]!, open: [] }
      : JSON.parse(document.text);
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
  for (let at = 0; at < open.length; at += AT_ONCE) {
    const wanted = open.slice(at, at + AT_ONCE).map(([offset, place]) => ({ offset, place }));
    yield* (await log.find(partition, wanted)).map(kept);
  }
  for (let place = from; rest > 0;) {
    const records = await log.read(partition, place, Math.min(rest, AT_ONCE));
    if (records.length === 0) return undefined;
    yield* records.map(kept);
    const last = records.at(-1)!;
    place = { offset: last.offset + 1, behind: last.place };
    rest -= records.length;
  }
  return undefined;
}
