import { isDeepStrictEqual } from "node:util";
import { StreamError } from "../../errors.ts";
import type { StreamRecord } from "../stream.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { placeOf } from "./letter_act.ts";

/** Which letters: every field that is given must be so. */
export interface LetterFields {
  /** The record's. */
  readonly id?: string;
  /** The record's. */
  readonly key?: string;
  /** The step that failed. */
  readonly step?: string;
  /** The class of the error. */
  readonly error?: string;
  /** A part of the error's message. */
  readonly message?: string;
  /** The group that gave up. */
  readonly group?: string;
}

/** Which letters: by their fields, or by a function of yours. */
export type LetterFilter<Body = unknown> = LetterFields | ((letter: DeadLetter<Body>) => boolean);

/** Which letters: `"all"`, an id or several, letters themselves (their bodies may have been changed), or a filter. */
export type LetterChoice<Body = unknown> =
  | string
  | Iterable<string | StreamRecord<Body>>
  | LetterFilter<Body>;

/** A letter that was chosen, and the body that it is to have. */
export interface ChosenLetter<Body = unknown> {
  readonly letter: DeadLetter<Body>;
  readonly body: Body;
}

/** Whether the body was changed. */
export function isMended({ letter, body }: ChosenLetter): boolean {
  return !isDeepStrictEqual(body, letter.body);
}

const FIELDS: Readonly<Record<keyof LetterFields, (letter: DeadLetter, wish: string) => boolean>> = {
  id: ({ id }, wish) => id === wish,
  key: ({ key }, wish) => key === wish,
  step: ({ error }, wish) => (error?.step ?? "") === wish,
  error: ({ error }, wish) => (error?.name ?? "") === wish,
  message: ({ error }, wish) => (error?.message ?? "").includes(wish),
  group: ({ burial }, wish) => (burial?.group ?? "") === wish,
};
/** The fields that letters can be chosen by. */
export const LETTER_FIELDS = Object.keys(FIELDS) as (keyof LetterFields)[];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BEGINNING = /^[0-9a-f]{8}[0-9a-f-]{0,27}$/; // of a UUID: what people copy from a table

/**
 * A filter as a function.
 *
 * @throws {StreamError} If it names what letters do not have.
 */
export function matcherOf<Body>(act: string, filter: LetterFilter<Body>): (letter: DeadLetter<Body>) => boolean {
  if (typeof filter === "function") return filter;
  const wishes = Object.entries(filter).filter(([, wish]) => wish !== undefined);
  for (const [name, wish] of wishes) {
    if (!Object.hasOwn(FIELDS, name)) {
      throw new StreamError(`Cannot ${act}: letters are chosen by ${LETTER_FIELDS.join(", ")}, not by "${name}"`);
    }
    if (typeof wish !== "string") throw new StreamError(`Cannot ${act}: ${name} is ${typeof wish}; give a text`);
  }
  return (letter) =>
    wishes.every(([name, wish]) => FIELDS[name as keyof LetterFields](letter as DeadLetter, wish as string));
}

/** What a choice names one by one; undefined for a filter and for all. */
export function namesOf<Body>(choice: LetterChoice<Body>): (string | StreamRecord<Body>)[] | undefined {
  if (choice === "all") return undefined;
  if (typeof choice === "string") return [choice];
  return typeof choice === "object" && Symbol.iterator in choice ? [...choice] : undefined;
}

/** Finds the letters that are named: by id, by the first 8 digits or more of an id that is a UUID, or themselves. */
export async function findNamed<Body>(
  letters: AsyncIterable<DeadLetter<Body>>,
  names: readonly (string | StreamRecord<Body>)[],
): Promise<{ found: ChosenLetter<Body>[]; missing: string[]; unclear: string[] }> {
  const ids = new Set(names.filter((name) => typeof name === "string"));
  const beginnings = [...ids].filter((id) => BEGINNING.test(id));
  const places = new Map(names.filter((name) => typeof name !== "string").map((letter) => [placeOf(letter), letter]));
  const found = new Map<string, ChosenLetter<Body>>();
  const begun = new Map<string, DeadLetter<Body>[]>(beginnings.map((id) => [id, []]));
  const seen = new Set<string>();
  for await (const letter of letters) {
    const place = placeOf(letter);
    const named = places.get(place);
    if (named?.id === letter.id) {
      found.set(place, { letter, body: named.body });
      seen.add(place);
    } else if (ids.has(letter.id)) {
      found.set(place, { letter, body: letter.body });
      seen.add(letter.id);
    } else if (UUID.test(letter.id)) {
      for (const id of beginnings) if (letter.id.startsWith(id)) begun.get(id)!.push(letter);
    }
  }
  const unclear: string[] = [];
  for (const [id, some] of begun) {
    if (seen.has(id) || some.length === 0) continue;
    seen.add(id);
    if (new Set(some.map((letter) => letter.id)).size > 1) unclear.push(id);
    for (const letter of some) found.set(placeOf(letter), { letter, body: letter.body });
  }
  return {
    found: [...found.values()],
    missing: [
      ...[...ids].filter((id) => !seen.has(id)),
      ...[...places].filter(([place]) => !seen.has(place)).map(([, { id }]) => id),
    ],
    unclear,
  };
}
