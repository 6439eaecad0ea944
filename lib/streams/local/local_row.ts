import type { StoredRecord } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";

/** A record as a row of a file. What is damaged in it may be of any kind. */
export interface Row {
  readonly offset: number;
  readonly publishedAt: unknown;
  readonly head: unknown;
  readonly bytes: unknown;
}

type Head = Pick<WireRecord, "key" | "headers">;

const SHOWN = 200; // characters of a damaged head that are told

/** The record of a row. One that is damaged says so, with what is left of it: those beside it are as good as ever. */
export function rowOf({ offset, publishedAt, head, bytes }: Row): StoredRecord {
  const at = typeof publishedAt === "number" ? publishedAt : 0;
  const kept = bytes instanceof Uint8Array ? bytes : new TextEncoder().encode(String(bytes ?? ""));
  const read = bytes instanceof Uint8Array ? readHead(head) : undefined;
  if (read !== undefined) return { offset, publishedAt: at, ...read, bytes: kept };
  const damage = `in a record that is damaged in the file: its key and headers are ${
    JSON.stringify(String(head).slice(0, SHOWN))
  }`;
  return { offset, publishedAt: at, key: undefined, headers: {}, bytes: kept, damage };
}

/** What is written beside the bytes. The key stands in JSON: node:sqlite cuts a text at its first NUL when it reads it. */
export function headOf({ key, headers }: Head): string {
  return JSON.stringify({ key, headers });
}

function readHead(head: unknown): Head | undefined {
  try {
    const { key, headers } = JSON.parse(String(head)) as Head;
    const isKey = key === undefined || typeof key === "string";
    const areHeaders = typeof headers === "object" && headers !== null &&
      Object.values(headers).every((value) => typeof value === "string");
    return isKey && areHeaders ? { key, headers } : undefined;
  } catch {
    return undefined;
  }
}
