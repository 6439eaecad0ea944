import type { Buffer } from "node:buffer";
import type { KeptRecord } from "../leased/broker_log.ts";
import type { WireRecord } from "../record.ts";
import { setHeader } from "../record_headers.ts";
import type { Answer } from "./redis_client.ts";

const HEADER = "header:";

/**
 * Puts a record behind words as the fields of a stream's entry: `body`, `key`, and a `header:NAME` for each header. Tells how many words
 * these are.
 */
export function writeEntry({ key, bytes, headers }: WireRecord, words: (string | Uint8Array)[]): number {
  const before = words.length;
  words.push("body", bytes);
  if (key !== undefined) words.push("key", key);
  for (const name in headers) words.push(HEADER + name, headers[name]!);
  return words.length - before;
}

const NAMES = new Map<string, string>(); // of headers, by their fields: records of a stream are alike
const MOST_NAMES = 100;

function nameOf(field: string): string {
  let name = NAMES.get(field);
  if (name !== undefined) return name;
  name = field.slice(HEADER.length).toLowerCase();
  if (NAMES.size >= MOST_NAMES) NAMES.clear();
  NAMES.set(field, name);
  return name;
}

/** An entry as a record. One of another hand without a `body` is an object of its fields. */
export function readEntry(entry: Answer, offset: number): KeptRecord {
  const [id, words] = entry as [Buffer, Buffer[]];
  const place = id.toString();
  const headers: Record<string, string> = {};
  const others: Record<string, string> = {};
  let key: string | undefined;
  let bytes: Uint8Array | undefined;
  for (let at = 0; at < words.length; at += 2) {
    const [name, value] = [words[at]!.toString(), words[at + 1]!];
    if (name === "body") bytes = new Uint8Array(value.buffer, value.byteOffset, value.length);
    else if (name === "key") key = value.toString();
    else if (name.startsWith(HEADER)) setHeader(headers, nameOf(name), value.toString());
    else setHeader(others, name, value.toString());
  }
  bytes ??= new TextEncoder().encode(JSON.stringify(others));
  return { offset, place, publishedAt: Number(place.split("-", 1)[0]), key, bytes, headers };
}
