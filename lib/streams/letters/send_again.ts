import { isDeepStrictEqual } from "node:util";
import { StreamError } from "../../errors.ts";
import { decodeBody, isOwnText, takes } from "../body.ts";
import { NEWER, sealRecord } from "../record.ts";
import type { NewRecord, Replay, Stream } from "../stream.ts";
import { isTooLarge } from "../too_large_error.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { type ChosenLetter, isMended } from "./letter_choice.ts";

/** What can be done about a letter that cannot be sent again as it is. */
export const CURE = "Mend it, or discard it";

/** A record to send, and the letters that it is. */
interface Sending<Body> {
  readonly record: NewRecord<Body>;
  readonly some: ChosenLetter<Body>[];
}

/**
 * Publishes letters in the stream that they came from, and gives those that are there then. One that is there twice, since two groups gave it
 * up, is sent once. Where it is a record that is refused, and not the stream that cannot be reached, each goes alone; `leave` is told of those
 * that stay. Without it, they are refused together.
 */
export async function* sendAgain<Body>(
  stream: Stream<Body>,
  chosen: readonly ChosenLetter<Body>[],
  replay: Omit<Replay, "count">,
  leave?: (letter: DeadLetter<Body>, why: string) => void,
): AsyncGenerator<readonly ChosenLetter<Body>[]> {
  const sendings: Sending<Body>[] = [];
  for (const one of chosen) {
    const { letter } = one;
    const record = { ...recordOf(one), replay: { ...replay, count: (letter.replay?.count ?? 0) + 1 } };
    const same = sendings.find((other) =>
      isSame(other.some[0]!.letter, letter) && isDeepStrictEqual(other.record.body, record.body)
    );
    if (same === undefined) sendings.push({ record, some: [one] });
    else same.some.push(one);
  }
  try {
    await stream.publish(sendings.map(({ record }) => record));
  } catch (error) {
    const isOfRecord = isTooLarge(error) || sendings.some(({ record }) => sealFault(record) !== undefined);
    if (leave === undefined || !isOfRecord) throw error;
    yield* sendEach(stream, sendings, leave);
    return;
  }
  yield chosen;
}

async function* sendEach<Body>(
  stream: Stream<Body>,
  sendings: readonly Sending<Body>[],
  leave: (letter: DeadLetter<Body>, why: string) => void,
): AsyncGenerator<readonly ChosenLetter<Body>[]> {
  for (const { record, some } of sendings) {
    let fault = sealFault(record);
    try {
      if (fault === undefined) await stream.publish([record]);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      fault = error as Error;
    }
    if (fault === undefined) yield some;
    else for (const { letter } of some) leave(letter, fault.message);
  }
}

/** Why a record can be published nowhere. */
function sealFault(record: NewRecord): Error | undefined {
  try {
    sealRecord(record, 0);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Why a letter cannot be sent again as it is; undefined where it can. */
export function whyNotAgain({ letter, body }: ChosenLetter): string | undefined {
  const { id, burial, unreadable = "" } = letter;
  if (isMended({ letter, body })) return undefined;
  if (unreadable.startsWith(NEWER)) return `letter ${id} is ${unreadable}`; // what this Levada does not know of it would be lost
  return burial?.cut === undefined ? undefined : `letter ${id} is not whole: cut off were ${burial.cut}`;
}

/** A body that was not changed goes as the bytes that it came as: numbers that are too long for this language keep their digits. */
function recordOf<Body>({ letter, body }: ChosenLetter<Body>): NewRecord<Body> {
  const { id, key, path, time, headers, bytes } = letter;
  const why = whyNotAgain({ letter, body });
  if (why !== undefined) throw new StreamError(`${why}. ${CURE}`);
  const isAsItIs = bytes === undefined || isMended({ letter, body }) || isOwnText(body, headers.get("content-type"));
  if (isAsItIs) return { id, key, path, time, headers: headersFor(body, headers), body };
  return { id, key, path, time, headers: withType(headers, bytes), body: bytes as Body };
}

/** A content type goes where a body was mended into something else. */
export function headersFor(body: unknown, headers: Headers): Headers {
  const type = headers.get("content-type");
  if (type === null || takes(type, body)) return headers;
  const others = new Headers(headers);
  others.delete("content-type");
  return others;
}

/** Bytes of another hand have no type, by which they are read: they are told to be what they were read as. */
function withType(headers: Headers, bytes: Uint8Array): Headers {
  if (headers.has("content-type")) return headers;
  const { body } = decodeBody(bytes, undefined);
  if (body instanceof Uint8Array) return headers;
  const isText = typeof body === "string" && new TextEncoder().encode(body).length === bytes.length; // JSON has quotes
  const typed = new Headers(headers);
  typed.set("content-type", isText ? "text/plain;charset=utf-8" : "application/json");
  return typed;
}

function isSame(one: DeadLetter, other: DeadLetter): boolean {
  return one.id === other.id && one.key === other.key && one.burial?.group !== other.burial?.group;
}
