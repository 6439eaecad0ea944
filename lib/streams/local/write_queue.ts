import type { StatementSync } from "node:sqlite";
import { StreamError } from "../../errors.ts";
import type { LocalDatabase } from "./local_database.ts";
import { faultOf, isBusy } from "./local_fault.ts";

interface Work {
  readonly act: string;
  readonly run: () => unknown;
  readonly done: (result: never) => void;
  readonly failed: (error: StreamError) => void;
}

const LONGEST_PAUSE_MS = 2;
const GIVE_UP_AFTER_MS = 30_000; // a process that was stopped in a transaction holds it until it goes on or ends

/**
 * What is written to a file: everything that was asked for in one turn of the event loop goes into one transaction, all or
 * nothing, and another process's transaction is waited for without holding the event loop.
 */
export class WriteQueue {
  readonly #database: LocalDatabase;
  readonly #onWritten: () => void;
  readonly #giveUpMs: number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #works: Work[] = [];
  #turn: ReturnType<typeof setImmediate> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #busySince: number | undefined;
  #idle: (() => void)[] = [];
  #isClosed = false;

  /** `onWritten` is called when there is something new in the file; another process is waited for so many milliseconds. */
  constructor(database: LocalDatabase, onWritten: () => void, giveUpMs = GIVE_UP_AFTER_MS) {
    this.#database = database;
    this.#onWritten = onWritten;
    this.#giveUpMs = giveUpMs;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
  }

  /**
   * Runs in a transaction; resolves when that is in the file. `run` throws nothing of its own.
   *
   * @param act What it is for, as in "publish to local://orders".
   * @throws {StreamError} If it cannot be written: then nothing of it is.
   */
  write<Result>(act: string, run: () => Result): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new StreamError(`Cannot ${act}: it is closed`));
    return new Promise((done, failed) => {
      this.#works.push({ act, run, done, failed });
      if (this.#pause === undefined) this.#turn ??= setImmediate(() => this.#flush());
    });
  }

  /** Resolves when everything is written that was asked for. */
  async idle(): Promise<void> {
    if (this.#works.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Writes no more: what waits is given up. */
  close(): void {
    this.#isClosed = true;
    clearImmediate(this.#turn);
    clearTimeout(this.#pause);
    for (const { act, failed } of this.#works.splice(0)) failed(new StreamError(`Cannot ${act}: it is closed`));
    this.#tellIdle();
  }

  #flush(): void {
    this.#turn = this.#pause = undefined;
    const works = this.#works;
    try {
      this.#database.place.refuseLeft();
      this.#begin.run();
    } catch (error) {
      if (this.#waitForOthers(error)) return;
      this.#fail(works, error);
      return;
    }
    this.#busySince = undefined;
    this.#works = [];
    let results: unknown[];
    try {
      results = works.map(({ run }) => run());
      this.#commit.run();
      this.#database.place.refuseLeftNow();
    } catch (error) {
      if (this.#database.connection.isTransaction) this.#database.connection.exec("ROLLBACK");
      this.#fail(works, error);
      return;
    }
    for (const [index, { done }] of works.entries()) done(results[index] as never);
    this.#onWritten();
    this.#tellIdle();
  }

  #waitForOthers(error: unknown): boolean {
    if (!isBusy(error)) return false;
    const now = performance.now();
    this.#busySince ??= now;
    if (now - this.#busySince > this.#giveUpMs) return false;
    this.#pause = setTimeout(() => this.#flush(), Math.random() * LONGEST_PAUSE_MS);
    return true;
  }

  #fail(works: readonly Work[], error: unknown): void {
    this.#busySince = undefined;
    this.#works = this.#works.filter((work) => !works.includes(work));
    for (const { act, failed } of works) failed(faultOf(act, this.#database.file, error));
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#works.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
