import type { Buffer } from "node:buffer";
import type { KeptRecord } from "../leased/broker_log.ts";
import type { Answer } from "./redis_client.ts";

/** How the fields of an entry begin that are headers. */
export const HEADER = "header:";

/** A word, and how it was read. */
interface Seen {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The header that it names, where it names one. */
  readonly header: string | undefined;
}

const LONGEST_SEEN = 32; // bytes: what is longer is a name or a trace, and another each time
const MOST_SEEN = 64; // words of an entry
const seen: (Seen | undefined)[] = []; // what stood at the same place in the entry before: most are alike, and reading text is dear

/** The word at a place of an entry. */
function wordAt(at: number, bytes: Buffer): Seen {
  const last = seen[at];
  if (last !== undefined && isAlike(last.bytes, bytes)) return last;
  const text = bytes.toString();
  const header = text.startsWith(HEADER) ? text.slice(HEADER.length).toLowerCase() : undefined;
  if (bytes.length > LONGEST_SEEN || at >= MOST_SEEN) return { bytes, text, header };
  return seen[at] = { bytes: new Uint8Array(bytes), text, header };
}

function isAlike(one: Uint8Array, other: Uint8Array): boolean {
  const { length } = one;
  if (other.length !== length) return false;
  for (let at = length - 1; at >= 0; at--) if (one[at] !== other[at]) return false; // the ends differ, if anything does
  return true;
}

/** An entry as a record. One of another hand without a `body` is an object of its fields. */
export function readEntry(entry: Answer, offset: number): KeptRecord {
  const [id, words] = entry as [Buffer, Buffer[]];
  const headers: Record<string, string> = {};
  let others: Record<string, string> | undefined;
  let key: string | undefined;
  let bytes: Uint8Array | undefined;
  for (let at = 0; at < words.length; at += 2) {
    const { text, header } = wordAt(at, words[at]!);
    const value = words[at + 1]!;
    if (header !== undefined) headers[header] = wordAt(at + 1, value).text;
    else if (text === "body") bytes = new Uint8Array(value.buffer, value.byteOffset, value.length);
    else if (text === "key") key = value.toString();
    else (others ??= {})[text] = value.toString();
  }
  bytes ??= new TextEncoder().encode(JSON.stringify(others ?? {}));
  const place = id.toString();
  return { offset, place, publishedAt: timeOf(id), key, bytes, headers };
}

const ZERO = 0x30;
const DASH = 0x2d;

/** The time that an entry's id begins with. */
function timeOf(id: Uint8Array): number {
  let time = 0;
  for (let at = 0; at < id.length && id[at] !== DASH; at++) time = time * 10 + id[at]! - ZERO;
  return time;
}
