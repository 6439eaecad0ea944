import { StreamError } from "../../errors.ts";
import type { Stream } from "../stream.ts";
import { type LetterAct, recordOfAct } from "./letter_act.ts";
import { type ChosenLetter, isMended } from "./letter_choice.ts";
import { sendAgain } from "./send_again.ts";

/** What is done with letters. */
export interface ActWish<Body> {
  /** Names it in errors, as in "replay dead letters of local://orders". */
  readonly act: string;
  /** The dead letters. */
  readonly letters: Stream;
  /** Where they are sent again; undefined where they are given up. */
  readonly stream: Stream<Body> | undefined;
  readonly by: string;
  readonly now: () => number;
  readonly reason: string | undefined;
  readonly signal: AbortSignal | undefined;
}

const AT_ONCE = 100; // letters; as many are sent twice at most where somebody is interrupted
const BYTES_AT_ONCE = 4_000_000; // a hundred huge ones would fill the memory

/**
 * Sends letters again, or gives them up, and writes down that it was done: publish first, then mark.
 *
 * @returns How many.
 * @throws {StreamError} With what was done before.
 */
export async function actOnLetters<Body>(
  chosen: AsyncIterable<ChosenLetter<Body>> | Iterable<ChosenLetter<Body>>,
  { act, letters, stream, by, now, reason, signal }: ActWish<Body>,
): Promise<number> {
  const done: LetterAct["act"] = stream === undefined ? "discarded" : "replayed";
  const stop = () => void stream?.close(); // it may wait for room
  signal?.addEventListener("abort", stop, { once: true });
  let count = 0;
  let unmarked = 0;
  try {
    for await (const some of inBatches(chosen)) {
      signal?.throwIfAborted();
      const at = new Date(now());
      if (stream !== undefined) {
        await sendAgain(stream, some, { by, at });
        unmarked = some.length;
      }
      const marks = some.map((one) => recordOfAct(one.letter, { act: done, by, at, isMended: isMended(one), reason }));
      await letters.publish(marks);
      unmarked = 0;
      count += some.length;
    }
  } catch (error) {
    const cause = signal?.aborted === true ? "it was interrupted" : (error as Error).message;
    const rest = unmarked === 0 ? "" : `, and ${unmarked} that are still listed, since that could not be written down`;
    throw new StreamError(`Cannot ${act}: ${cause}. ${count} were ${done} before${rest}`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  return count;
}

async function* inBatches<Body>(
  chosen: AsyncIterable<ChosenLetter<Body>> | Iterable<ChosenLetter<Body>>,
): AsyncGenerator<ChosenLetter<Body>[]> {
  let batch: ChosenLetter<Body>[] = [];
  let bytes = 0;
  for await (const one of chosen) {
    batch.push(one);
    bytes += one.letter.bytes?.length ?? 0;
    if (batch.length < AT_ONCE && bytes < BYTES_AT_ONCE) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
