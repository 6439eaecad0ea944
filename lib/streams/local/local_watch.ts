import type { StatementSync } from "node:sqlite";
import type { FilePlace } from "./file_place.ts";
import type { LocalDatabase } from "./local_database.ts";

/** Whether somebody waits for a change, or only looks on, so that partitions are handed over. */
export type Interest = "waiting" | "looking on" | "none";

const HERE = new Map<string, Set<LocalWatch>>(); // by file: whoever has it open in this process

const SHORTEST_MS = 1;
const WAITING_MS = 8; // what a record of another process waits at most, for about 1 % of a core
const SLOWER = 1.05; // with each look in vain: half a second after the last record it looks least often
const LOOKING_ON_MS = 50; // nobody waits for records, but partitions may have to be handed over

/** Who is told of changes, and how late. */
export interface WatchOptions {
  /** Is called for changes. */
  readonly look: () => void;
  /** Tells who would want to know. */
  readonly interest: () => Interest;
  /** How late changes of other processes may be told, in milliseconds. Default: some milliseconds. */
  readonly newsMs?: number | undefined;
}

/**
 * Tells when a file has changed: at once when this process wrote it, within some milliseconds when another did. For that it reads
 * the counter that SQLite keeps in shared memory, seldom where nobody waits.
 */
export class LocalWatch {
  readonly #file: string;
  readonly #place: FilePlace;
  readonly #counter: StatementSync;
  readonly #look: () => void;
  readonly #interest: () => Interest;
  readonly #newsMs: number | undefined;
  #seen: number;
  #pauseMs = WAITING_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn: ReturnType<typeof setImmediate> | undefined;
  #isClosed = false;

  constructor(database: LocalDatabase, { look, interest, newsMs }: WatchOptions) {
    this.#file = database.file;
    this.#place = database.place;
    this.#counter = database.prepare("PRAGMA data_version");
    this.#look = look;
    this.#interest = interest;
    this.#newsMs = newsMs;
    this.#seen = this.#read();
    HERE.set(this.#file, (HERE.get(this.#file) ?? new Set()).add(this));
  }

  /** Somebody waits from now on, or looks on. */
  attend(): void {
    if (this.#isClosed) return;
    if (this.#timer !== undefined) {
      const isSoon = this.#newsMs !== undefined || this.#pauseMs <= WAITING_MS;
      if (isSoon || this.#interest() !== "waiting") return;
    }
    clearTimeout(this.#timer);
    this.#pauseMs = this.#newsMs ?? SHORTEST_MS;
    this.#timer = setTimeout(() => this.#poll(), this.#pauseMs);
  }

  /** This process has written the file, or knows that another has. */
  ring(): void {
    for (const watch of HERE.get(this.#file) ?? []) {
      watch.#turn ??= setImmediate(() => {
        watch.#turn = undefined;
        watch.#look();
      });
    }
  }

  /** Tells no more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    const here = HERE.get(this.#file);
    here?.delete(this);
    if (here?.size === 0) HERE.delete(this.#file);
  }

  #poll(): void {
    this.#timer = undefined;
    const version = this.#read();
    const hasChanged = version !== this.#seen;
    this.#seen = version;
    if (hasChanged || this.#place.isLeft) this.#look(); // who waits is told that the file has gone
    const interest = this.#interest();
    if (interest === "none") return;
    const longest = interest === "waiting" ? WAITING_MS : LOOKING_ON_MS;
    this.#pauseMs = this.#newsMs ?? (hasChanged ? SHORTEST_MS : Math.min(this.#pauseMs * SLOWER, longest));
    this.#timer = setTimeout(() => this.#poll(), this.#pauseMs);
  }

  #read(): number {
    try {
      return (this.#counter.get() as { data_version: number }).data_version;
    } catch {
      return this.#seen; // another process opens the file anew just now, or the disk fails: whoever reads or writes is told
    }
  }
}
