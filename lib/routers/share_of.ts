/**
 * A number from 0 to below 1 that a key always has, spread evenly over keys: the same in every process and version.
 *
 * @see Source: FNV-1a, 32 bits (IETF draft-eastlake-fnv), then the final mix of MurmurHash3, which spreads keys that differ at their end.
 */
export function shareOf(key: string): number {
  let hash = 0x811c9dc5; // FNV's offset basis
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193); // FNV's prime
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32;
}
