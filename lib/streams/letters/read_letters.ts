import type { Stream } from "../stream.ts";
import { DeadLetter } from "./dead_letter.ts";
import { actOfRecord, isAct, type LetterAct, placeOf } from "./letter_act.ts";

/** The group of whoever looks after dead letters; nobody joins it to look. */
export const GROUP = "dead-letters";

/** What was done with letters, by their places. */
export async function actsOf(letters: Stream): Promise<Map<string, LetterAct>> {
  const acts = new Map<string, LetterAct>();
  for await (const record of letters.look(GROUP)) {
    if (!isAct(record)) continue;
    const { place, act } = actOfRecord(record);
    acts.set(place, act);
  }
  return acts;
}

/** The letters that nobody has acted on, oldest first. */
export async function* lettersOf<Body>(
  letters: Stream<Body>,
  acts: ReadonlyMap<string, LetterAct>,
): AsyncGenerator<DeadLetter<Body>> {
  for await (const record of letters.look(GROUP)) {
    if (!isAct(record) && !acts.has(placeOf(record))) yield new DeadLetter(record);
  }
}
