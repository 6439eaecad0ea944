import type { ByteRange } from "./data_item.ts";

/** Refuses a range that is none. */
export function checkRange({ from, to }: ByteRange, uri: string): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to) return;
  throw new RangeError(`Cannot read bytes ${from} to ${to} of "${uri}": from and to are counts, from the lower`);
}
