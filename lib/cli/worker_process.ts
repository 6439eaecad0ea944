import { fileURLToPath } from "node:url";
import { decodeLine, encodeWord, linesOf, makeKey, type ParentWord, type WorkerWord } from "./worker_words.ts";

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Whether it has ever listened. */
  readonly hasListened: boolean;
  readonly livedMs: number;
}

/** What is done with what a worker says. */
export interface WorkerListener {
  onWord(word: WorkerWord, worker: WorkerProcess): void;
  /** A line of its own output. */
  onLine(line: string): void;
}

/** What a worker says when it can be asked. */
export type Listening = Extract<WorkerWord, { kind: "listening" }>;

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));
const PERMISSIONS = ["net", "read", "write", "env", "run", "ffi", "sys", "import"] as const;

/** One process of `levada serve --workers`. */
export class WorkerProcess {
  /** Counted from 1; who takes another's place has its name. */
  readonly name: string;
  readonly end: Promise<WorkerEnd>;
  /** Resolves when it listens; rejects when it ends before. */
  readonly listening: Promise<Listening>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #key = makeKey();
  readonly #listening = Promise.withResolvers<Listening>();
  #hasListened = false;

  /** Takes over a process that was started. */
  constructor(name: string, { child, listener }: { child: Deno.ChildProcess; listener: WorkerListener }) {
    this.name = name;
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#write(`${this.#key}\n`);
    this.listening = this.#listening.promise;
    this.listening.catch(() => {}); // `end` tells it too
    this.end = this.#live(listener);
  }

  /** Tells it something; who is gone hears nothing. */
  tell(word: ParentWord): void {
    this.#write(encodeWord(word, this.#key));
  }

  /** Sends it a signal; who is gone gets none. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch { /* it is gone */ }
  }

  #write(line: string): void {
    this.#input.write(new TextEncoder().encode(line)).catch(() => {});
  }

  async #live(listener: WorkerListener): Promise<WorkerEnd> {
    const start = performance.now();
    const [{ code, signal }] = await Promise.all([this.#child.status, this.#read(listener)]);
    this.#listening.reject(new Error(`worker ${this.name} has ended`));
    await this.#input.close().catch(() => {});
    return { code, signal, hasListened: this.#hasListened, livedMs: performance.now() - start };
  }

  async #read(listener: WorkerListener): Promise<void> {
    let begun = ""; // a line of its own that a word came into
    for await (const line of linesOf(this.#child.stdout)) {
      const { before, word, isMarked } = decodeLine<WorkerWord>(line, this.#key);
      begun += before;
      if (!isMarked) {
        listener.onLine(begun);
        begun = "";
      } else if (word?.kind === "listening") {
        this.#hasListened = true;
        this.#listening.resolve(word);
      } else if (word !== undefined) listener.onWord(word, this);
    }
    if (begun !== "") listener.onLine(begun);
  }
}

/** Starts a worker by the words of `levada serve`; `flags` say what it may. Default: what this process may without bounds. */
export function startWorker(
  words: readonly string[],
  { name, flags = permissions(), listener }: {
    name: string;
    flags?: readonly string[] | undefined;
    listener: WorkerListener;
  },
): WorkerProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--unstable-net",
      "--lock",
      LOCK,
      ...flags,
      MAIN,
      "serve",
      ...words,
      "--as-worker",
    ],
    env: { LEVADA_WORKER: name }, // in records of model monitoring
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return new WorkerProcess(name, { child, listener });
}

/** The kinds of permissions that this process has as a whole: Deno does not tell which files or hosts else. */
function permissions(): string[] {
  const granted = PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  return granted.length === PERMISSIONS.length ? ["-A"] : granted.map((name) => `--allow-${name}`);
}
