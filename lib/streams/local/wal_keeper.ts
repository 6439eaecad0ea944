import { Worker } from "node:worker_threads";

/** What SQLite's log may hold before it is written back, in bytes; about as many pages as SQLite itself takes by default. */
const WRITE_BACK_BYTES = 4_000_000;
const TRANSACTION_BYTES = 12_000; // the pages that each one touches besides its records

/**
 * Runs in a thread: as text, so that it stands in a bundle too. First beside whoever writes; where the log has grown, since there
 * always was a reader, then with others kept out for a moment, so that it begins anew.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const database = new DatabaseSync(workerData.file);
database.exec("PRAGMA busy_timeout = 100; PRAGMA synchronous = NORMAL");
parentPort.on("message", () => {
  try {
    const { log } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    if (log > workerData.longest) database.prepare("PRAGMA wal_checkpoint(RESTART)").get();
  } catch { /* another does it, or the disk fails: whoever writes is told */ }
  parentPort.postMessage("done");
});
`;
const LONGEST_LOG_PAGES = 4_000;

/** Writes the log of a database back to its file in a thread of its own: syncing a disk takes tens of milliseconds. */
export class WalKeeper {
  readonly #file: string;
  #worker: Worker | undefined;
  #isBusy = false;
  #bytes = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** A transaction with so many bytes of records was written. */
  count(bytes: number): void {
    this.#bytes += bytes + TRANSACTION_BYTES;
    if (this.#bytes < WRITE_BACK_BYTES || this.#isBusy) return;
    this.#bytes = 0;
    this.#isBusy = true;
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage("write back");
    } catch { /* no threads here: as below */ }
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const workerData = { file: this.#file, longest: LONGEST_LOG_PAGES };
    const worker = new Worker(THREAD, { eval: true, workerData });
    worker.on("message", () => this.#isBusy = false);
    worker.on("error", () => {}); // it stays busy: SQLite writes back where it is written when the log is longer
    worker.unref();
    return worker;
  }
}
