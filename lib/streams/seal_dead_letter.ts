import { BODY_BYTES, CUT, escapeText, unescapeText, type WireRecord } from "./record.ts";
import { countExcess, ENVELOPE, isOwnHeader } from "./record_headers.ts";
import type { RecordError } from "./stream.ts";

/** What went wrong with a record that is given up, and how often it was tried. */
export type LetterError = RecordError & { readonly tries?: number };

/** How many bytes the texts of an error may have in its headers. */
interface Room {
  readonly message: number;
  readonly others: number;
}

const ROOM: Room = { message: 10_000, others: 1_000 }; // brokers bound the headers of a record: NATS to 64 kB
const LEAST_ROOM: Room = { message: 300, others: 150 };
const LEAST_BYTES = 4_000; // more than an error has in its headers then, with the name of its group and what says what was cut
const VERSION_HEADER = "levada-envelope";
const PART = "-part";
const LONG_HEADER = 500; // letters of an envelope's own text

/** The record as a dead letter: as it was, but for headers that are too many to be read, with what went wrong. */
export function sealDeadLetter(wire: WireRecord, error: LetterError, group: string, room = ROOM): WireRecord {
  if (countExcess(wire.headers) === 0) return seal(wire, error, { group, room });
  const { cut, ...rest } = withoutHeaders(wire, isOwnHeader);
  return seal(rest, error, { group, room, cut });
}

/**
 * The record as a dead letter, and ever smaller ones for a stream that refuses its size: with less of the error's message, then without
 * the record's own headers, then with less of its body; where that was not it, without long keys, ids and paths. Each says what was cut.
 */
export function* lettersOf(wire: WireRecord, error: LetterError, group: string): Generator<WireRecord, undefined> {
  yield sealDeadLetter(wire, error, group);
  const room = LEAST_ROOM;
  yield sealDeadLetter(wire, error, group, room);
  for (const isLong of [isOwnHeader, (name: string, text: string) => isOwnHeader(name) || text.length > LONG_HEADER]) {
    const { cut, ...rest } = withoutHeaders(wire, isLong);
    for (const kept of bodySizes(wire.bytes.length)) {
      const all = wire.bytes.length;
      const state = kept === all ? cut : [...cut, `${all - kept} of ${all} bytes of the body`];
      yield seal({ ...rest, bytes: wire.bytes.subarray(0, kept) }, error, { group, room, cut: state, bodyBytes: all });
    }
  }
  return undefined;
}

function seal(
  wire: WireRecord,
  { name, message, step, tries }: LetterError,
  { group, room, cut = [], bodyBytes = wire.bytes.length }: {
    group: string;
    room: Room;
    cut?: readonly string[];
    bodyBytes?: number;
  },
): WireRecord {
  const before = wire.headers[CUT]; // a letter that is read as a record, and is given up again
  const parts = before === undefined ? [] : [unescapeText(before)];
  const headers: Record<string, string> = {
    ...wire.headers,
    "levada-error-name": fitText("name", name, room.others),
    "levada-error-message": fitText("message", message, room.message),
    "levada-error-step": fitText("step", step, room.others),
    "levada-error-group": escapeText("group", group.toWellFormed()),
  };
  if (tries !== undefined) headers["levada-error-tries"] = String(tries);
  if (cut.length > 0) headers[CUT] = escapeText("cut", [...parts, ...cut].join("; "));
  if (bodyBytes > wire.bytes.length) {
    headers[BODY_BYTES] ??= String(bodyBytes);
    headers[VERSION_HEADER] = partVersion(headers[VERSION_HEADER]);
  }
  return { ...wire, headers };
}

/** The version of an envelope with a part of a body, which who knows no parts takes for one that is newer, not for a whole. */
function partVersion(version = "1"): string {
  return version.endsWith(PART) ? version : version + PART;
}

/** All of the body, nearly all, then a quarter each time. */
function* bodySizes(all: number): Generator<number> {
  yield all;
  for (let kept = all - LEAST_BYTES; kept > 0; kept = Math.floor(kept / 4)) yield kept;
  if (all > 0) yield 0;
}

function withoutHeaders(
  { key, headers, ...rest }: WireRecord,
  isCut: (name: string, text: string) => boolean,
): WireRecord & { readonly cut: readonly string[] } {
  const gone = Object.entries(headers).filter(([name, text]) => isCut(name, text));
  const isKeyCut = key !== undefined && isCut(ENVELOPE, key);
  const bytes = gone.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  const cut = [
    ...gone.length === 0 ? [] : [`${gone.length} header${gone.length === 1 ? "" : "s"} of ${bytes} letters`],
    ...isKeyCut ? [`the key of ${key.length} letters`] : [],
  ];
  const kept = Object.entries(headers).filter(([name, text]) => !isCut(name, text));
  return { ...rest, key: isKeyCut ? undefined : key, headers: Object.fromEntries(kept), cut };
}

/** As much of a text as has so many bytes in a header, and how much is missing. */
function fitText(what: string, text: string, most: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= most) {
    const escaped = escapeText(what, whole);
    if (escaped.length <= most) return escaped;
  }
  let [kept, letters] = ["", 0];
  for (const letter of whole) {
    const next = escapeText(what, letter);
    if (kept.length + next.length > most) break;
    kept += next;
    letters += letter.length;
  }
  return kept + escapeText(what, ` … and ${whole.length - letters} more letters`);
}
