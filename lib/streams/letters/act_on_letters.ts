import { StreamError } from "../../errors.ts";
import type { Stream } from "../stream.ts";
import type { DeadLetter } from "./dead_letter.ts";
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
  /** Told of a letter that cannot be sent as it is, which stays; left out where nothing goes on then. */
  readonly leave?: ((letter: DeadLetter<Body>, why: string) => void) | undefined;
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
  { act, letters, stream, by, now, reason, signal, leave }: ActWish<Body>,
): Promise<number> {
  const done: LetterAct["act"] = stream === undefined ? "discarded" : "replayed";
  const stop = () => void stream?.close(); // it may wait for room
  signal?.addEventListener("abort", stop, { once: true });
  let count = 0;
  let unmarked = 0;
  const mark = async (some: readonly ChosenLetter<Body>[], at: Date) => {
    const marks = some.map((one) => recordOfAct(one.letter, { act: done, by, at, isMended: isMended(one), reason }));
    await letters.publish(marks);
    count += some.length;
  };
  try {
    for await (const batch of inBatches(chosen)) {
      signal?.throwIfAborted();
      const at = new Date(now());
      if (stream === undefined) {
        await mark(batch, at);
        continue;
      }
      for await (const some of sendAgain(stream, batch, { by, at }, leave)) {
        unmarked = some.length;
        await mark(some, at);
        unmarked = 0;
      }
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
