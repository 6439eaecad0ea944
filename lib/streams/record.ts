import { StreamError } from "../errors.ts";
import { unwrapEvent } from "../event_wrapper.ts";
import { decodeBody, encodeBody } from "./body.ts";
import { countExcess, ENVELOPE, FOREIGN, MOST_HEADERS, writeHeaders } from "./record_headers.ts";
import type { Burial, LookedRecord, NewRecord, RecordError, Replay, StreamRecord } from "./stream.ts";

/** A record as it travels: what every broker has, and nothing else. The body stays readable to others. */
export interface WireRecord {
  readonly key: string | undefined;
  readonly bytes: Uint8Array;
  /** Names are in lower case; those that begin with `levada-` are the envelope. */
  readonly headers: Readonly<Record<string, string>>;
  /** Why it cannot be read, where what keeps it is damaged: then its bytes are what is left of it. */
  readonly damage?: string | undefined;
}

/** What only the stream that a record came from knows. */
export type RecordPlace = Pick<StreamRecord, "partition" | "offset" | "tries">;

/** The header that says what of a dead letter was cut, since its stream did not take the record's size. */
export const CUT = "levada-error-cut";
/** The header that says how many bytes its body had, where it was. */
export const BODY_BYTES = "levada-error-body-bytes";
/** The header that says what a body is where its content type does not: a text whose type is another than `text/…`. */
const BODY_IS = "levada-body";
const TEXT = "text";
/**
 * What `levada-envelope` says, the least that a record can be read by; records without it are of before there was one, and read as these. It is
 * raised when who knows only the one before would read a record wrongly: of 2 are those with `levada-body`.
 */
const VERSIONS = { first: 1, withBodyIs: 2, newest: 2 } as const;

/**
 * Writes records, see `sealRecord`.
 *
 * @throws {StreamError} If they are no list of records, or a part of one cannot travel.
 */
export function sealRecords(records: readonly NewRecord[], now: () => number): WireRecord[] {
  if (!Array.isArray(records)) {
    throw new StreamError(`Cannot publish records: a list is needed, not ${kindOf(records)}. Say publish([{ body }])`);
  }
  return records.map((record, index) => {
    const state = kindOf(record) !== "object"
      ? `${kindOf(record)}, not an object`
      : "body" in record
      ? undefined
      : "an object without a body";
    if (state === undefined) return sealRecord(record, now());
    throw new StreamError(`Cannot publish the records: the one at index ${index} is ${state}. Say publish([{ body }])`);
  });
}

let written = { ms: 0, text: new Date(0).toISOString() };
let read = written;

/** A time as ISO 8601 has it. Many records are of one moment, and writing it is dear. */
function timeText(ms: number): string {
  if (written.ms !== ms) written = { ms, text: new Date(ms).toISOString() };
  return written.text;
}

/** The time of a text; NaN where it is none. */
function timeOf(text: string): number {
  if (read.text !== text) read = { ms: Date.parse(text), text };
  return read.ms;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}

/**
 * Writes a record: body, key, and everything else as headers of text without line breaks.
 *
 * @throws {StreamError} If a part of it cannot travel.
 */
export function sealRecord(record: NewRecord, now: number): WireRecord {
  const headers = writeHeaders(record.headers);
  const { bytes, contentType, isText } = encodeBody(record.body, headers["content-type"]);
  const { time } = record;
  if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
    throw new StreamError("Cannot publish the record: its time is no date");
  }
  headers["content-type"] = contentType;
  headers["levada-envelope"] = String(isText ? VERSIONS.withBodyIs : VERSIONS.first);
  headers["levada-id"] = escapeText("id", record.id ?? crypto.randomUUID());
  headers["levada-time"] = timeText(time?.getTime() ?? now);
  if (isText) headers[BODY_IS] = TEXT;
  if (record.path !== undefined) headers["levada-path"] = escapeText("path", record.path);
  if (record.key !== undefined) checkText("key", record.key);
  if (record.replay !== undefined) {
    const { by, at, count } = record.replay;
    headers["levada-replayed-by"] = escapeText("replay", by);
    headers["levada-replayed-at"] = at.toISOString();
    headers["levada-replayed-count"] = String(count);
  }
  return { key: record.key, bytes, headers };
}

/**
 * Reads a record; one of another hand is read as far as it goes, and MLRun's wrapper is taken off. The body of a newer Levada's, which
 * would be read wrongly, stays bytes, and `unreadable` says so.
 */
export function openRecord<Body>(wire: WireRecord, place: RecordPlace & { publishedAt: number }): StreamRecord<Body> {
  const { headers: { "levada-id": id, "levada-time": time, "levada-path": path, ...rest } } = wire;
  const { body, unreadable } = bodyOf(wire);
  const wrapped = id === undefined ? unwrapEvent(body) : undefined;
  const { partition, offset, tries, publishedAt } = place;
  const happened = time === undefined ? publishedAt : timeOf(time);
  return {
    id: id === undefined ? wrapped?.id ?? `${partition}-${offset}` : unescapeText(id),
    key: wrapped?.key ?? wire.key,
    body: (wrapped === undefined ? body : wrapped.body) as Body,
    headers: readHeaders(countExcess(rest) === 0 ? rest : typeOf(rest)),
    time: new Date(Number.isNaN(happened) ? publishedAt : happened),
    path: path === undefined ? undefined : unescapeText(path),
    partition,
    offset,
    tries,
    unreadable,
    error: errorOf(rest),
    burial: burialOf(rest, publishedAt),
    replay: replayOf(rest),
  };
}

/** Reads a record that is only looked at. */
export function lookAt<Body>(
  wire: WireRecord,
  place: Pick<StreamRecord, "partition" | "offset"> & { publishedAt: number },
): LookedRecord<Body> {
  const isWrapped = wire.headers["levada-id"] === undefined && unwrapEvent(bodyOf(wire).body) !== undefined;
  const record = openRecord<Body>(wire, { ...place, tries: 0 });
  for (const name of FOREIGN) { // who sends it again sends them
    const text = wire.headers[name];
    if (text !== undefined) record.headers.set(name, text);
  }
  return { ...record, bytes: isWrapped ? undefined : wire.bytes };
}

/** How the reason begins why a record of a newer Levada is unreadable. */
export const NEWER = "in an envelope of version";

function bodyOf({ bytes, headers, damage }: WireRecord): { body: unknown; unreadable?: string } {
  if (damage !== undefined) return { body: bytes.slice(), unreadable: damage };
  if (headers[BODY_BYTES] !== undefined) {
    const state = `cut: these are the first ${bytes.length} of its ${headers[BODY_BYTES]} bytes`;
    return { body: bytes.slice(), unreadable: `${state}, since its stream takes no larger ones` };
  }
  const excess = countExcess(headers);
  if (excess > 0) {
    return { body: bytes.slice(), unreadable: `of a record with ${excess} headers, of ${MOST_HEADERS} at most` };
  }
  const version = headers["levada-envelope"] ?? String(VERSIONS.first);
  if (/^[0-9]+$/.test(version) && Number(version) <= VERSIONS.newest) {
    return decodeBody(bytes, headers["content-type"], headers[BODY_IS] === TEXT);
  }
  const state = `${NEWER} ${version.slice(0, 20)}, and this Levada knows versions up to ${VERSIONS.newest}`;
  return { body: bytes.slice(), unreadable: `${state}: read it with a newer one` };
}

function errorOf(headers: Readonly<Record<string, string>>): RecordError | undefined {
  const name = headers["levada-error-name"];
  if (name === undefined) return undefined;
  const text = (part: string) => unescapeText(headers[`levada-error-${part}`] ?? "");
  return { name: unescapeText(name), message: text("message"), step: text("step") };
}

function burialOf(headers: Readonly<Record<string, string>>, publishedAt: number): Burial | undefined {
  if (headers["levada-error-name"] === undefined) return undefined;
  const group = unescapeText(headers["levada-error-group"] ?? "");
  const cut = headers[CUT];
  return {
    group,
    tries: countOf(headers["levada-error-tries"]),
    at: new Date(publishedAt),
    ...cut === undefined ? {} : { cut: unescapeText(cut) },
  };
}

function replayOf(headers: Readonly<Record<string, string>>): Replay | undefined {
  const by = headers["levada-replayed-by"];
  if (by === undefined) return undefined;
  const at = new Date(headers["levada-replayed-at"] ?? NaN);
  if (Number.isNaN(at.getTime())) return undefined;
  return { by: unescapeText(by), at, count: Math.max(1, countOf(headers["levada-replayed-count"])) };
}

/** A number as the envelope has it; 0 for what is none. */
function countOf(text = ""): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** The headers beside the envelope. Those of another hand may hold what HTTP's may not: it is escaped. */
function readHeaders(headers: Readonly<Record<string, string>>): Headers {
  const read = new Headers();
  for (const name in headers) {
    const value = headers[name]!;
    if (name.startsWith(ENVELOPE) || !/^[!#$%&'*+.^`|~\w-]+$/.test(name)) continue;
    read.append(name, /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : escapeText(name, value.toWellFormed()));
  }
  return read;
}

/** What is read of too many. */
function typeOf({ "content-type": type }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return type === undefined ? {} : { "content-type": type };
}

/**
 * Text as a header can hold it: visible ASCII, anything else as `%` and hexadecimal digits.
 *
 * @throws {StreamError} If it is no whole text.
 */
export function escapeText(what: string, text: string): string {
  checkText(what, text);
  return TRAVELS.test(text) ? text : text.replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent);
}

function checkText(what: string, text: string): void {
  if (typeof text === "string" && text.isWellFormed()) return;
  const state = typeof text === "string" ? "half of a character" : typeof text;
  throw new StreamError(`Cannot publish the record: its ${what} is no whole text, but ${state}`);
}

const TRAVELS = /^[\x21-\x24\x26-\x7e]*$/; // as most texts do

/** Text of a header as it was. */
export function unescapeText(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // of another hand
  }
}
