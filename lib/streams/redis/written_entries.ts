import type { WireRecord } from "../record.ts";
import { HEADER } from "./redis_entry.ts";

/** Records with the same names, and what is the same in all of them. */
interface Shape {
  readonly hasKey: boolean;
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** Which of the values are others in each record. */
  readonly varies: boolean[];
}

/** A word of a shape that comes with each record. */
const HOLE = "?";
const OWN = "="; // before a word of a shape that is none

/**
 * The words by which the script `APPEND` writes records as entries of a stream, each with the fields `body`, `key`, and a `header:NAME` for each
 * header: what is the same in many records is said once, since most of what a record weighs beside its body is.
 *
 * @param placeOf Which of the script's streams a record goes to.
 */
export function writeEntries(
  records: readonly WireRecord[],
  placeOf: (record: WireRecord) => string,
): (string | Uint8Array)[] {
  const shapes: Shape[] = [];
  const shaped: number[] = [];
  let last = 0;
  for (const record of records) {
    if (shapes.length === 0 || !takeIn(record, shapes[last]!)) last = findShape(record, shapes);
    shaped.push(last);
  }
  const words: (string | Uint8Array)[] = [String(shapes.length)];
  for (const shape of shapes) writeShape(shape, words);
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    const { hasKey, names, varies } = shapes[shaped[index]!]!;
    words.push(placeOf(record), String(shaped[index]! + 1), String(record.bytes.length));
    if (hasKey) words.push(record.key!);
    for (let at = 0; at < names.length; at++) if (varies[at]) words.push(record.headers[names[at]!]!);
  }
  words.push(joined(records)); // one piece: each costs the connection more than a kilobyte does
  return words;
}

function joined(records: readonly WireRecord[]): Uint8Array {
  if (records.length === 1) return records[0]!.bytes;
  const bodies = new Uint8Array(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of records) {
    bodies.set(bytes, at);
    at += bytes.length;
  }
  return bodies;
}

/** Which of the shapes a record has; of its own, where it has none of them. */
function findShape(record: WireRecord, shapes: Shape[]): number {
  const known = shapes.findIndex((shape) => takeIn(record, shape));
  if (known >= 0) return known;
  const { key, headers } = record;
  const names = Object.keys(headers);
  const values = names.map((name) => headers[name]!);
  return shapes.push({ hasKey: key !== undefined, names, values, varies: names.map(() => false) }) - 1;
}

/** Whether a record is of a shape; if so, what it has of its own varies. */
function takeIn({ key, headers }: WireRecord, { hasKey, names, values, varies }: Shape): boolean {
  if (hasKey !== (key !== undefined)) return false;
  let count = 0;
  for (const name in headers) if (names[count++] !== name) return false;
  if (count !== names.length) return false;
  for (let at = 0; at < count; at++) {
    if (!varies[at] && headers[names[at]!] !== values[at]) varies[at] = true;
  }
  return true;
}

function writeShape({ hasKey, names, values, varies }: Shape, words: (string | Uint8Array)[]): void {
  words.push(String((hasKey ? 2 : 0) + 2 * names.length));
  if (hasKey) words.push(`${OWN}key`, HOLE);
  names.forEach((name, at) => words.push(OWN + HEADER + name, varies[at] ? HOLE : OWN + values[at]!));
}
