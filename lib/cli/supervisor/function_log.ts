import { join } from "node:path";
import { fileNameOf } from "../../deploy/process/state_folder.ts";

const LARGEST_BYTES = 10_000_000; // then it begins anew; the one before stays as `.1`
const REMEMBERED_LINES = 20;

/** What the processes of one function write: in a file, and the last of it in memory. */
export class FunctionLog {
  readonly #file: string;
  #last: string[] = [];
  #bytes: number | undefined;
  /** Why the file cannot be written; undefined where it can. */
  trouble: string | undefined;

  constructor(folder: string, name: string) {
    this.#file = join(folder, `${fileNameOf(name)}.log`);
  }

  /** The last lines, oldest first. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** Forgets the last lines, as another revision begins to write. */
  forget(): void {
    this.#last = [];
  }

  /** Writes a line. A full disk stops no process: that is `trouble`. */
  write(line: string): void {
    this.#last = [...this.#last, line].slice(-REMEMBERED_LINES);
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      this.#bytes ??= sizeOf(this.#file);
      if (this.#bytes > LARGEST_BYTES) {
        Deno.renameSync(this.#file, `${this.#file}.1`);
        this.#bytes = 0;
      }
      Deno.writeFileSync(this.#file, bytes, { append: true });
      this.#bytes += bytes.length;
      this.trouble = undefined;
    } catch (error) {
      this.trouble = `its log cannot be written: ${(error as Error).message}`;
    }
  }
}

function sizeOf(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch {
    return 0;
  }
}
