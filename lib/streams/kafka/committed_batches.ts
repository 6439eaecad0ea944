import type { AbortedTransaction, KafkaBatch } from "./kafka_client.ts";

const TRANSACTIONAL = 0b1_0000;
const CONTROL = 0b10_0000;
const ABORT = 0;

/**
 * Those of a partition's batches, in order, that hold records to be read: no marks of transactions, nothing of transactions that came to
 * nothing. The client (2.12.1) leaves some of these in: where the mark is not among what was fetched, or a producer has ended several so.
 */
export function committedBatches(
  batches: readonly KafkaBatch[],
  aborted: readonly AbortedTransaction[],
): ReadonlySet<KafkaBatch> {
  const toCome = [...aborted].sort((one, other) => Number(one.firstOffset - other.firstOffset));
  const open = new Set<bigint>();
  return new Set(batches.filter((batch) => {
    const { firstOffset, lastOffsetDelta, attributes, producerId } = batch;
    while (toCome.length > 0 && toCome[0]!.firstOffset <= firstOffset + BigInt(lastOffsetDelta)) {
      open.add(toCome.shift()!.producerId);
    }
    if ((attributes & CONTROL) === 0) return (attributes & TRANSACTIONAL) === 0 || !open.has(producerId);
    if (kindOfMark(batch) === ABORT) open.delete(producerId);
    return false;
  }));
}

/** A mark's key is two numbers of 16 bits: a version, and what it says. */
function kindOfMark({ records: [record] }: KafkaBatch): number | undefined {
  const key = record?.key;
  return key == null || key.length < 4 ? undefined : key[2]! << 8 | key[3]!;
}
