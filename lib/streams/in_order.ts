/** Puts what several partitions have, each in its order, into one order: by the time of publishing. */
export async function* inOrder<Item extends { readonly publishedAt: number }>(
  partitions: readonly AsyncIterator<Item, undefined>[],
): AsyncGenerator<Item> {
  const heads = await Promise.all(partitions.map((partition) => partition.next()));
  try {
    while (true) {
      let first = -1;
      for (const [index, { value }] of heads.entries()) {
        if (value !== undefined && (first < 0 || value.publishedAt < heads[first]!.value!.publishedAt)) first = index;
      }
      if (first < 0) return;
      yield heads[first]!.value!;
      heads[first] = await partitions[first]!.next();
    }
  } finally {
    await Promise.all(partitions.map((partition) => partition.return?.()));
  }
}
