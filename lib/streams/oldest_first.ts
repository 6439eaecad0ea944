import type { Given, ReadCursor, StoredRecord } from "./reader_source.ts";

/** Records of several partitions in the order in which they were published. Each is taken before the next is asked for. */
export function* oldestFirst<Place extends ReadCursor>(
  cursors: readonly Place[],
  now: number,
): Generator<Given<Place>> {
  const heads = cursors.map((cursor) => cursor.head(now));
  for (;;) {
    let first = -1;
    let least = Infinity;
    for (let index = 0; index < heads.length; index++) {
      const head = heads[index];
      if (head === undefined || first >= 0 && rankOf(head) >= least) continue;
      first = index;
      least = rankOf(head);
    }
    if (first < 0) return;
    const cursor = cursors[first]!;
    yield { cursor, stored: heads[first]! };
    heads[first] = cursor.head(now);
  }
}

function rankOf({ sequence, publishedAt }: StoredRecord): number {
  return sequence ?? publishedAt;
}
