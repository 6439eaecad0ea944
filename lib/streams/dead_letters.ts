import { MissingStreamError, StreamError } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import { deadLetterPath, existingPath } from "./dead_letter_path.ts";
import { actOnLetters } from "./letters/act_on_letters.ts";
import type { DeadLetter } from "./letters/dead_letter.ts";
import type { LetterAct } from "./letters/letter_act.ts";
import {
  type ChosenLetter,
  findNamed,
  type LetterChoice,
  type LetterFilter,
  matcherOf,
  namesOf,
} from "./letters/letter_choice.ts";
import { LeftLetters } from "./letters/left_letters.ts";
import { displayLetters } from "./letters/letter_table.ts";
import { mendLetters } from "./letters/mend_letters.ts";
import { actsOf, GROUP, lettersOf } from "./letters/read_letters.ts";
import { tidyLetters } from "./letters/tidy_letters.ts";
import { whoActs } from "./letters/who_acts.ts";
import { openStream, type StreamOptions } from "./open_stream.ts";
import type { Stream, StreamRecord } from "./stream.ts";
import { MACHINE_CLOCK } from "./stream_clock.ts";

/** Who acts on dead letters, and how long. */
export interface LetterActOptions {
  /** Who does it. Default: the user and the name of this machine, as `ann@laptop`. */
  readonly by?: string | undefined;
  /** Ends it between two batches: what was sent is sent, the rest stays. */
  readonly signal?: AbortSignal | undefined;
}

/** Why letters are given up for good. */
export interface DiscardOptions extends LetterActOptions {
  /** What whoever looks for the record later should know. */
  readonly reason: string;
}

const SHOWN = 50; // a screenful or two in a notebook
const TIDY_AFTER = 1_000; // acts: until then looking through them costs nothing

/**
 * What came to nothing in a stream: look, mend the cause or the body, send again or give up. As a cell's value it shows itself as a table.
 *
 * Looking takes nothing away from others who look. A letter is published before it is written down as sent: whoever is interrupted between
 * the two, at most a hundred letters later, finds these still in the list, and sends them twice by sending them again; none is lost. Two who
 * send the same letters at the same moment send them twice. Every group of the stream is given what is sent again.
 */
export class DeadLetters<Body = unknown> {
  /** The path of the stream itself. */
  readonly path: string;
  readonly #open: <Body>(path: string, options?: StreamOptions) => Promise<Stream<Body>>;
  readonly #options: StreamOptions;

  /** Made by `deadLetters`. */
  constructor(
    path: string,
    open: <Body>(path: string, options?: StreamOptions) => Promise<Stream<Body>>,
    options: StreamOptions = {},
  ) {
    this.path = path;
    this.#open = open;
    this.#options = options;
  }

  /** Each letter that nobody has acted on, oldest first. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DeadLetter<Body>> {
    await using letters = await this.#openLetters("look at");
    if (letters !== undefined) yield* lettersOf(letters, await actsOf(letters));
  }

  /** The letters that nobody has acted on, oldest first, each with its `error`. */
  async list(which: LetterFilter<Body> = {}): Promise<DeadLetter<Body>[]> {
    const matches = matcherOf(this.#act("list"), which);
    const letters: DeadLetter<Body>[] = [];
    for await (const letter of this) if (matches(letter)) letters.push(letter);
    return letters;
  }

  /**
   * One letter, whole.
   *
   * @param id The record's, or the first 8 digits or more of one that is a UUID.
   * @param which Which of several of this id: one that failed in two groups is there twice.
   * @throws {StreamError} If there is none, or more than one.
   */
  async show(id: string, which: LetterFilter<Body> = {}): Promise<DeadLetter<Body>> {
    const act = this.#act("show");
    const matches = matcherOf(act, which);
    await using letters = await this.#openLetters("look at");
    const found = await this.#named(act, letters, [id]);
    const some = found.map(({ letter }) => letter).filter(matches);
    if (some.length === 1) return some[0]!;
    if (some.length === 0) throw new StreamError(`Cannot ${act}: the letter of id ${id} is not so`);
    const places = some.map(({ burial, offset }) => `group ${burial?.group ?? "?"} (offset ${offset})`).join(", ");
    throw new StreamError(`Cannot ${act}: ${some.length} letters have the id ${id}: ${places}. Say { group } too`);
  }

  /** What was done with letters, by whom and when, oldest first; as far as it is still kept. */
  async acts(): Promise<LetterAct[]> {
    await using letters = await this.#openLetters("look at");
    if (letters === undefined) return [];
    return [...(await actsOf(letters)).values()].sort((one, other) => one.at.getTime() - other.at.getTime());
  }

  /**
   * Sends letters again into the stream that they came from, as they were; bodies that were changed, as they are. Who and when stands in
   * the record (`replay`), and stays with it where it fails again.
   *
   * @returns How many letters were sent.
   * @throws {StreamError} If one that is named is not there, or cannot be sent as it is; then none is sent. If some of all, or of those
   * that a filter finds, cannot be sent as they are, since they were cut to fit, or are larger than the stream takes by now, say: when
   * all others were sent. If the stream fails in between, how many were sent.
   */
  async replay(which: LetterChoice<Body>, options: LetterActOptions = {}): Promise<number> {
    return await this.#do("replay", which, options);
  }

  /**
   * Changes the bodies of letters and sends them again, see `replay`.
   *
   * @param change Gives the body that a letter is to have. Where it fails for one, none is sent.
   */
  async mend(
    which: LetterChoice<Body>,
    change: (body: Body, letter: DeadLetter<Body>) => Body | Promise<Body>,
    options: LetterActOptions = {},
  ): Promise<number> {
    return await this.#do("mend", which, { ...options, change });
  }

  /**
   * Gives letters up: they are not listed any more. Who, when and why is kept, see `acts`.
   *
   * @returns How many letters were discarded.
   */
  async discard(which: LetterChoice<Body>, { reason, ...options }: DiscardOptions): Promise<number> {
    if (typeof reason !== "string" || reason.trim() === "") {
      throw new StreamError(`Cannot ${this.#act("discard")}: give a reason, for whoever looks for the records later`);
    }
    return await this.#do("discard", which, { ...options, reason });
  }

  /** The first letters as a table, where notebooks look for it. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    const first: DeadLetter[] = [];
    let count = 0;
    for await (const letter of this) if (++count <= SHOWN) first.push(letter);
    return displayLetters(this.path, { first, count });
  }

  async #do(
    verb: "replay" | "mend" | "discard",
    which: LetterChoice<Body>,
    { by, signal, change, reason }: LetterActOptions & {
      readonly change?: Parameters<typeof mendLetters<Body>>[1];
      readonly reason?: string;
    },
  ): Promise<number> {
    const act = this.#act(verb);
    const names = namesOf(which);
    const matches = names === undefined
      ? matcherOf(act, which === "all" ? {} : which as LetterFilter<Body>)
      : undefined;
    const who = whoActs(by);
    await using letters = await this.#openLetters(verb, true);
    await using stream = reason === undefined ? await this.#open<Body>(existingPath(this.path)) : undefined;
    let chosen: AsyncIterable<ChosenLetter<Body>> | ChosenLetter<Body>[] = names === undefined
      ? letters === undefined ? [] : matching(lettersOf<Body>(letters, await actsOf(letters)), matches!)
      : await this.#named(act, letters, names);
    if (change !== undefined) chosen = await mendLetters(chosen, change);
    if (letters === undefined) return 0;
    const left = new LeftLetters();
    const isOfMany = verb === "replay" && names === undefined;
    if (isOfMany) chosen = left.skip(chosen);
    const leave = isOfMany ? left.add.bind(left) : undefined;
    const now = () => this.#clock.now();
    const count = await actOnLetters(chosen, { act, letters, stream, by: who, now, reason, signal, leave });
    if (count > 0) await this.#tidy(letters);
    if (left.count > 0) throw new StreamError(`Cannot ${act}: ${left.told}. ${count} others were replayed`);
    return count;
  }

  async #named(
    act: string,
    letters: Stream<Body> | undefined,
    names: readonly (string | StreamRecord<Body>)[],
  ): Promise<ChosenLetter<Body>[]> {
    const acts = letters === undefined ? new Map<string, LetterAct>() : await actsOf(letters);
    const open = letters === undefined ? nothing() : lettersOf<Body>(letters, acts);
    const { found, missing, unclear } = await findNamed(open, names);
    if (unclear.length > 0) {
      throw new StreamError(`Cannot ${act}: several ids begin with ${unclear.join(", ")}. Give more of them`);
    }
    if (missing.length === 0) return found;
    const told = missing.map((id) => {
      const last = [...acts.values()].findLast((one) => one.id === id);
      return last === undefined ? id : `${id} (${last.act} by ${last.by} at ${last.at.toISOString()})`;
    });
    throw new StreamError(`Cannot ${act}: there is no letter ${told.join(", ")}`);
  }

  async #tidy(letters: Stream): Promise<void> {
    if ((await actsOf(letters)).size < TIDY_AFTER) return;
    await tidyLetters(letters, { group: GROUP, clock: this.#clock });
  }

  /** Undefined where no letter ever came. */
  async #openLetters(verb: string, isToAct = false): Promise<Stream<Body> | undefined> {
    const options = isToAct ? { capacityRecords: Number.MAX_SAFE_INTEGER } : {}; // who acts does not wait for who looks
    try {
      return await this.#open<Body>(existingPath(deadLetterPath(this.path)), options);
    } catch (error) {
      if (!(error instanceof MissingStreamError)) throw error;
    }
    try {
      await (await this.#open(existingPath(this.path))).close();
    } catch (error) {
      if (!(error instanceof MissingStreamError)) throw error;
      throw new MissingStreamError(`Cannot ${this.#act(verb)}: there is no such stream`, { cause: error });
    }
    return undefined;
  }

  get #clock() {
    return this.#options.clock ?? MACHINE_CLOCK;
  }

  #act(verb: string): string {
    return `${verb} dead letters of ${redactText(this.path)}`;
  }
}

async function* matching<Body>(
  letters: AsyncIterable<DeadLetter<Body>>,
  matches: (letter: DeadLetter<Body>) => boolean,
): AsyncGenerator<ChosenLetter<Body>> {
  for await (const letter of letters) if (matches(letter)) yield { letter, body: letter.body };
}

async function* nothing(): AsyncGenerator<never> {}

/**
 * Looks after the dead letters of a stream: records that a group could not work on, however often it tried.
 *
 * @example The body is mended, and the record sent again
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { deadLetters, openStream } from "levada";
 *
 * await using orders = await openStream<{ total: number | string }>("memory://mended");
 * await orders.publish([{ id: "o1", body: { total: "12" } }]);
 * const subscription = await orders.subscribe({ group: "billing", maxTries: 1 });
 * const { value: delivery } = await subscription.next();
 * await delivery?.nack(new TypeError("total is no number"));
 *
 * const letters = deadLetters<{ total: number | string }>("memory://mended"); // a notebook shows it as a table
 * const { error, burial } = await letters.show("o1");
 * deepStrictEqual([error?.message, burial?.group, burial?.tries], ["total is no number", "billing", 1]);
 *
 * await letters.mend("o1", (order) => ({ total: Number(order.total) }), { by: "ann" });
 * const { value: again } = await subscription.next();
 * deepStrictEqual([again?.records[0]?.body, again?.records[0]?.replay?.by], [{ total: 12 }, "ann"]);
 * deepStrictEqual([await letters.list(), (await letters.acts()).map(({ act }) => act)], [[], ["replayed"]]);
 * ```
 *
 * @param path The path of the stream itself.
 */
export function deadLetters<Body = unknown>(path: string, options: StreamOptions = {}): DeadLetters<Body> {
  return new DeadLetters<Body>(path, (name, more) => openStream(name, { ...options, ...more }), options);
}
