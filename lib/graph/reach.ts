/** Every index that can be reached from some, along links; those included. */
export function reachable(from: readonly number[], links: readonly (readonly number[])[]): Set<number> {
  const seen = new Set(from);
  for (const index of seen) for (const other of links[index]!) seen.add(other);
  return seen;
}

/** The indices that lie on a loop, in order. */
export function onLoops(links: readonly (readonly number[])[]): number[] {
  return links.keys().filter((index) => reachable(links[index]!, links).has(index)).toArray();
}
