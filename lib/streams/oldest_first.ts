import type { Given, ReadCursor, StoredRecord } from "./reader_source.ts";

/** Records of several partitions in the order in which they were published. */
export function* oldestFirst<Place extends ReadCursor>(
  cursors: readonly Place[],
  now: number,
): Generator<Given<Place>> {
  const rankOf = ({ sequence, publishedAt }: StoredRecord) => sequence ?? publishedAt;
  for (;;) {
    let first: Given<Place> | undefined;
    for (const cursor of cursors) {
      const stored = cursor.head(now);
      if (stored === undefined) continue;
      if (first === undefined || rankOf(stored) < rankOf(first.stored)) first = { cursor, stored };
    }
    if (first === undefined) return;
    yield first;
  }
}
