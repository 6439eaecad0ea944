import type { Clock } from "../graph/clock.ts";
import { describeThrown, MissingStreamError } from "../errors.ts";
import { deadLetterPath, existingPath } from "../streams/dead_letter_path.ts";
import { DrivenStream } from "../streams/driven_stream.ts";
import { MemoryBroker } from "../streams/memory/memory_broker.ts";
import { checkScheme, openStream, type StreamOptions } from "../streams/open_stream.ts";
import type { Stream, StreamRecord } from "../streams/stream.ts";
import { Ledger, placeOf } from "./ledger.ts";
import { StreamReader } from "./stream_reader.ts";
import { WatchedStream } from "./watched_stream.ts";

/** Where the streams of a bench are. */
export interface BenchPlace {
  readonly clock: Clock;
  /** As `BenchOptions.streams`. */
  readonly streams: string | undefined;
  /** As `BenchOptions.sessionMs`. */
  readonly sessionMs: number | undefined;
}

const NAME = "{name}";
const PLACED = /^[^?#]*\{name\}[^/?#]*([?#]|$)/; // at the end of the name: a stream of yours has another

/** The streams that join the functions of a bench: in this process, or at a broker, where each bench has streams of its own. */
export class BenchStreams {
  readonly #place: BenchPlace;
  readonly #broker = new MemoryBroker();
  readonly #mark = crypto.randomUUID().slice(0, 8);
  readonly #paths = new Map<string, string>();
  readonly #ledgers = new Map<string, Ledger>();
  readonly #readers = new Map<string, Promise<StreamReader>>();
  readonly #kept = new Map<string, readonly StreamRecord[]>(); // of streams that are deleted
  #isClosed = false;

  constructor(place: BenchPlace) {
    this.#place = place;
    const { streams } = place;
    if (streams === undefined) return;
    checkScheme(streams);
    if (!PLACED.test(streams)) {
      throw new RangeError(
        `Cannot put streams at "${streams}": say where the name of each goes, as in kafka://localhost:9092/${NAME}`,
      );
    }
  }

  /** Opens a stream for a function: what it is given and acknowledges is written down. */
  async openWatched(path: string, options: StreamOptions): Promise<Stream> {
    return new WatchedStream(await this.open(path, options), {
      path: localPath(path),
      ledgerOf: (group) => this.ledger(path, group),
    });
  }

  /** Opens a stream, for whoever looks on. */
  async open(path: string, options: StreamOptions = {}): Promise<Stream> {
    const { clock, streams, sessionMs } = this.#place;
    const at = this.#pathOf(path);
    if (this.#isClosed && streams !== undefined) {
      throw new RangeError(`Cannot use stream ${path}: the bench is closed, and its streams are deleted`);
    }
    return streams === undefined
      ? this.#broker.open(at, { clock, ...options })
      : await openStream(at, { ...options, clock: undefined, sessionMs });
  }

  /** What a group was given of a stream. */
  ledger(path: string, group: string): Ledger {
    const key = `${group} ${this.#pathOf(path)}`;
    let ledger = this.#ledgers.get(key);
    if (ledger === undefined) this.#ledgers.set(key, ledger = new Ledger());
    return ledger;
  }

  /** Everything that is in a stream now, or in that of its dead letters. */
  async all(path: string, { deadLetters = false } = {}): Promise<readonly StreamRecord[]> {
    const at = deadLetters ? deadLetterPath(path) : path;
    if (this.#isClosed && this.#place.streams !== undefined) return this.#kept.get(this.#pathOf(at)) ?? [];
    return await this.#read(at, (reader) => reader.all());
  }

  /**
   * Whether a group has been given again what it lost in a crash. What it had acknowledged in that moment, so that only the stream
   * heard of it, does not come again: that is written down as settled.
   */
  async hasAgain(path: string, group: string, lost: readonly StreamRecord[]): Promise<boolean> {
    const ledger = this.ledger(path, group);
    const missing = lost.filter((record) => !ledger.knows(record));
    if (missing.length === 0) return true;
    const open = await this.#read(path, (reader) => reader.openOf(group));
    for (const record of missing) if (!open.has(placeOf(record))) ledger.settle(record);
    return missing.every((record) => ledger.knows(record));
  }

  async #read<Result>(at: string, ask: (reader: StreamReader) => Promise<Result>): Promise<Result> {
    let opening = this.#readers.get(at);
    if (opening === undefined) {
      opening = this.open(at).then((stream) => StreamReader.open(stream));
      this.#readers.set(at, opening);
    }
    const reader = await opening;
    try {
      return await ask(reader);
    } finally {
      if (this.#isClosed) await this.close();
    }
  }

  /**
   * Leaves the streams; who still wants to know what is in one is told, by somebody who leaves again. At a broker they are deleted, and
   * what was in them is still told.
   *
   * @returns Those that stay at a broker, and why.
   */
  async close(): Promise<string[]> {
    const isFirst = !this.#isClosed;
    this.#isClosed = true;
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    await Promise.all(readers.map(async (opening) => await (await opening.catch(() => undefined))?.close()));
    if (!isFirst) return [];
    const made = [...this.#paths.values()].flatMap((at) => [at, deadLetterPath(at)]);
    const left = await Promise.all(made.map((at) => this.#remove(at).catch((error) => describeThrown(error).message)));
    return made.flatMap((at, index) => left[index] === undefined ? [] : [`${nameOf(at)} (${left[index]})`]);
  }

  /** Deletes a stream at a broker, and keeps what was in it; tells why it stays, where it does. */
  async #remove(at: string): Promise<string | undefined> {
    try {
      const stream = await openStream(existingPath(at), { sessionMs: this.#place.sessionMs });
      const looked = stream.look(`bench-${crypto.randomUUID()}`); // a group that has read nothing
      this.#kept.set(at, await Array.fromAsync(looked, ({ bytes: _, ...record }) => record));
      if (stream instanceof DrivenStream) {
        return await stream.remove() ? undefined : "its kind is not deleted from here";
      }
      await stream.close();
    } catch (error) {
      if (!(error instanceof MissingStreamError)) throw error;
    }
    return undefined;
  }

  /** Where a stream is: in this process, or where the template says. */
  #pathOf(path: string): string {
    const { streams } = this.#place;
    if (streams === undefined) return localPath(path);
    const [, name, letters = ""] = /^(.*?)(-dead-letters)?$/.exec(path.replace(/[?#].*$/, ""))!;
    let at = this.#paths.get(name!);
    if (at === undefined) {
      const last = name!.slice(name!.lastIndexOf("/") + 1).replaceAll(/[^A-Za-z0-9]+/g, "-");
      this.#paths.set(name!, at = streams.replaceAll(NAME, `${last}-${this.#mark}-${this.#paths.size}`));
    }
    return letters === "" ? at : deadLetterPath(at);
  }
}

/** A stream's own path, in this process whatever its scheme. */
function localPath(path: string): string {
  return path.startsWith("memory://") ? path : path.replace(/[?#].*$/, "");
}

/** A path without its options and without a password. */
function nameOf(path: string): string {
  return path.replace(/[?#].*$/, "").replace(/\/\/[^/]*@/, "//");
}
