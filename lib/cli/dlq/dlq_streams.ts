import { MissingStreamError } from "../../errors.ts";
import { redactText } from "../../redact_text.ts";
import { fillSecrets } from "../../stores/fill_secrets.ts";
import { type DeadLetters, deadLetters } from "../../streams/dead_letters.ts";
import type { DeadLetter } from "../../streams/letters/dead_letter.ts";
import { placeOf } from "../../streams/letters/letter_act.ts";
import { findNamed, type LetterFilter, matcherOf } from "../../streams/letters/letter_choice.ts";
import { type CommandContext, CommandError } from "../command.ts";
import { deployedStreams } from "../deployed_streams.ts";
import { prefetchClients } from "../prefetch_clients.ts";

/** The letters of one stream that were chosen. */
export interface FoundLetters {
  readonly letters: DeadLetters;
  readonly count: number;
  /** Themselves, where they were named; else by which they are known. */
  readonly some: readonly DeadLetter[] | ((letter: DeadLetter) => boolean);
}

/** The same, named one by one. */
export interface NamedLetters extends FoundLetters {
  readonly some: readonly DeadLetter[];
}

/** The dead letters of a stream, by its path, or of each stream of a deployment, by its name. */
export async function lettersOf(name: string, context: CommandContext): Promise<DeadLetters[]> {
  const paths = name.includes("://") ? [name] : (await deployedStreams(name)).map((path) => fillSecrets(path, {}));
  await prefetchClients(paths, context);
  return paths.map((path) => deadLetters(path));
}

/** Goes through the letters of a stream; a queue of a deployment within one function has no stream, and no letters. */
export async function* lettersIn(letters: DeadLetters, { isOne }: { isOne: boolean }): AsyncGenerator<DeadLetter> {
  try {
    yield* letters;
  } catch (error) {
    if (isOne || !(error instanceof MissingStreamError)) throw error;
  }
}

/** The letters that match, stream by stream: those that are there now, of which there may be more than fit into memory. */
export async function findMatching(streams: readonly DeadLetters[], filter: LetterFilter): Promise<FoundLetters[]> {
  const matches = matcherOf("choose letters", filter);
  const found: FoundLetters[] = [];
  for (const letters of streams) {
    const places = new Set<string>();
    for await (const letter of lettersIn(letters, { isOne: streams.length === 1 })) {
      if (matches(letter)) places.add(placeOf(letter));
    }
    const some = (letter: DeadLetter) => places.has(placeOf(letter));
    if (places.size > 0) found.push({ letters, count: places.size, some });
  }
  return found;
}

/**
 * The letters of some ids, wherever they are.
 *
 * @throws {CommandError} If one is nowhere, or its beginning is that of several.
 */
export async function findByIds(
  streams: readonly DeadLetters[],
  ids: readonly string[],
  { name, act }: { readonly name: string; readonly act: string },
): Promise<NamedLetters[]> {
  const found: NamedLetters[] = [];
  let missing = ids;
  for (const letters of streams) {
    const here = await findNamed(lettersIn(letters, { isOne: streams.length === 1 }), ids);
    if (here.unclear.length > 0) {
      throw new CommandError(`Cannot ${act}: several ids begin with ${here.unclear.join(", ")}. Give more of them`);
    }
    missing = missing.filter((id) => here.missing.includes(id));
    const some = here.found.map(({ letter }) => letter);
    if (some.length > 0) found.push({ letters, count: some.length, some });
  }
  if (missing.length === 0) return found;
  const acts = (await Promise.all(streams.map((letters) => letters.acts().catch(() => [])))).flat();
  const told = missing.map((id) => {
    const last = acts.findLast((one) => one.id === id || one.id.startsWith(`${id}`) && id.length >= 8);
    return last === undefined ? id : `${id} (${last.act} by ${last.by} at ${last.at.toISOString()})`;
  });
  const cure = missing.some((id) => id.length < 8) ? ". Give whole ids, or 8 digits of each at least" : "";
  throw new CommandError(`Cannot ${act}: there is no letter ${told.join(", ")} of ${redactText(name)}${cure}`);
}
