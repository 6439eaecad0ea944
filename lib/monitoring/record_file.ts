import { appendText } from "../stores/append_text.ts";
import { localPath } from "../stores/local_path.ts";
import type { RecordSink, SinkRecord } from "./record_sink.ts";

/** How large files become, and how many are kept. */
export interface RecordFileOptions {
  readonly maxFileBytes: number;
  readonly keptFiles: number;
}

const OWNERS_ONLY = 0o600; // inputs are in it

/** A file of records, one a line of JSON. A full one is put aside as `NAME.1`, that as `NAME.2`, and so on; the oldest goes. Only its owner may read it. */
export class RecordFile implements RecordSink {
  readonly #path: string;
  readonly #options: RecordFileOptions;

  /**
   * Takes a path or `file:` URL.
   *
   * @throws {TypeError} If it lies on no disk of this machine.
   */
  constructor(path: string, options: RecordFileOptions) {
    this.#path = localPath(path);
    this.#options = options;
  }

  /** Makes the file, where it is not there. */
  async open(): Promise<void> {
    await appendText("", { path: this.#path, mode: OWNERS_ONLY });
  }

  async write(records: readonly SinkRecord[]): Promise<void> {
    await this.#makeRoom();
    await appendText(records.map(({ text }) => `${text}\n`).join(""), { path: this.#path, mode: OWNERS_ONLY });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #makeRoom(): Promise<void> {
    const { maxFileBytes, keptFiles } = this.#options;
    const full = await statOf(this.#path);
    if (full === null || full.size < maxFileBytes) return;
    using file = await Deno.open(this.#path, { read: true });
    await file.lock(true); // one process of several puts it aside; the others then see another file
    if ((await file.stat()).ino !== full.ino || (await statOf(this.#path))?.ino !== full.ino) return;
    if (keptFiles === 0) return await Deno.remove(this.#path);
    for (let age = keptFiles; age > 0; age--) {
      await renameIfThere(age === 1 ? this.#path : `${this.#path}.${age - 1}`, `${this.#path}.${age}`);
    }
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
