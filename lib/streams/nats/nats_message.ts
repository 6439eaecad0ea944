import { Buffer } from "node:buffer";
import type { KeptRecord } from "../leased/broker_log.ts";
import type { WireRecord } from "../record.ts";
import type { NatsMessage } from "./nats_package.ts";

const KEY = "levada-key";
const SERVERS = /^nats-/i; // the names that steer the server,
const OTHER = "levada-other-"; // before which a record's own headers of such names have this

/** The headers of a record as they travel; the key is among them, as percent signs and digits where it is not plain. */
export function writeHeaders({ key, headers }: WireRecord): Record<string, string> {
  const written: Record<string, string> = {};
  for (const name in headers) written[SERVERS.test(name) ? OTHER + name : name] = headers[name]!;
  if (key !== undefined) written[KEY] = `=${encodeURIComponent(key)}`;
  return written;
}

/** How many bytes headers have as they travel. */
export function sizeOf(headers: Readonly<Record<string, string>>): number {
  let size = 0;
  for (const name in headers) size += Buffer.byteLength(name) + Buffer.byteLength(headers[name]!) + 4;
  return size;
}

/** A stored message as a record. */
export function readMessage({ data, headers: stored }: NatsMessage): KeptRecord {
  const headers: Record<string, string> = {};
  for (const [given, [value]] of stored ?? []) { // to ask for each by its name takes time that grows with their square
    if (SERVERS.test(given)) continue;
    const name = given.toLowerCase();
    headers[name.startsWith(OTHER) ? name.slice(OTHER.length) : name] = value!;
  }
  const { [KEY]: key, ...rest } = headers;
  const offset = sequenceOf(stored!);
  return {
    offset,
    place: String(offset),
    publishedAt: Date.parse(stored!.get("Nats-Time-Stamp")),
    key: key === undefined ? undefined : decodeKey(key),
    bytes: new Uint8Array(data),
    headers: rest,
  };
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replace(/^=/, ""));
  } catch {
    return text; // of another hand
  }
}

/** The number of a stored message in its stream. */
export function sequenceOf(headers: { get(name: string): string }): number {
  return Number(headers.get("Nats-Sequence"));
}
