import type { NewRecord, StreamRecord } from "../stream.ts";

/** What somebody did with a dead letter. */
export interface LetterAct {
  /** The letter's. */
  readonly id: string;
  /** Sent again, or given up. */
  readonly act: "replayed" | "discarded";
  /** A person, as `ann@laptop`. */
  readonly by: string;
  /** When. */
  readonly at: Date;
  /** Whether its body was changed before it was sent again. */
  readonly isMended: boolean;
  /** Why it was discarded. */
  readonly reason: string | undefined;
}

/** Where a letter stands in its stream: ids may come more than once. */
export type LetterPlace = Pick<StreamRecord, "partition" | "offset">;

/** An act as it is kept: in the stream of the dead letters itself, so that they have one life and one set of rights. */
interface KeptAct extends LetterPlace {
  readonly letter: string;
  readonly act: LetterAct["act"];
  readonly by: string;
  readonly at: string;
  readonly mended?: boolean;
  readonly reason?: string;
}

const TYPE = "application/vnd.levada.letter-act+json";

/** A place as one word. */
export function placeOf({ partition, offset }: LetterPlace): string {
  return `${partition}/${offset}`;
}

/** The record of an act; it has the letter's key, so that they share a partition. */
export function recordOfAct(letter: StreamRecord, { act, by, at, isMended, reason }: Omit<LetterAct, "id">): NewRecord {
  const { id, key, partition, offset } = letter;
  const body: KeptAct = {
    letter: id,
    partition,
    offset,
    act,
    by,
    at: at.toISOString(),
    ...isMended ? { mended: true } : {},
    ...reason === undefined ? {} : { reason },
  };
  return { body, key, headers: { "content-type": TYPE } };
}

/** Whether a record tells of an act, and is no letter; what only says so, and cannot be read as one, is listed like a letter. */
export function isAct({ error, headers, unreadable, body }: StreamRecord): boolean {
  return error === undefined && unreadable === undefined && headers.get("content-type") === TYPE && isKeptAct(body);
}

function isKeptAct(body: unknown): body is KeptAct {
  if (typeof body !== "object" || body === null) return false;
  const { letter, partition, offset, act, by, at, reason = "" } = body as Record<keyof KeptAct, unknown>;
  const isText = [letter, partition, offset, by, at, reason].every((part) => typeof part === "string");
  return isText && (act === "replayed" || act === "discarded") && !Number.isNaN(Date.parse(at as string));
}

/** The act that a record tells of, and the letter's place. */
export function actOfRecord({ body }: StreamRecord): { place: string; act: LetterAct } {
  const { letter, act, by, at, mended = false, reason, ...place } = body as KeptAct;
  return { place: placeOf(place), act: { id: letter, act, by, at: new Date(at), isMended: mended, reason } };
}
