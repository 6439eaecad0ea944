import { fileURLToPath } from "node:url";
import { workerFlags } from "./worker_flags.ts";
import { type Silence, WorkerSigns } from "./worker_signs.ts";
import { decodeLine, encodeWord, linesOf, makeKey, type ParentWord, type WorkerWord } from "./worker_words.ts";

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Whether it has ever listened. */
  readonly hasListened: boolean;
  readonly livedMs: number;
  /** Whether it was killed since it gave no sign of life. */
  readonly wasStuck: boolean;
}

/** What is done with what a worker says. */
export interface WorkerListener {
  onWord(word: WorkerWord, worker: WorkerProcess): void;
  /** A line of its own output. */
  onLine(line: string): void;
  /** A line of its standard error. Default: that is this process's. */
  onErrorLine?: ((line: string) => void) | undefined;
}

/** How a worker is kept. */
export interface WorkerOptions {
  readonly child: Deno.ChildProcess;
  readonly listener: WorkerListener;
  /** How often one that listens is asked for a sign of life, in milliseconds: who misses 40 is killed. */
  readonly signMs: number;
}

/** What a worker says when it can be asked. */
export type Listening = Extract<WorkerWord, { kind: "listening" }>;

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../../deno.lock", import.meta.url));

/** One process of `levada serve --workers`. */
export class WorkerProcess {
  /** Counted from 1; who takes another's place has its name. */
  readonly name: string;
  readonly end: Promise<WorkerEnd>;
  /** Resolves when it listens; rejects when it ends before. */
  readonly listening: Promise<Listening>;
  /** Resolves when it reads, as it was told; rejects when it ends before. */
  readonly reading: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #key = makeKey();
  readonly #listening = Promise.withResolvers<Listening>();
  readonly #reading = Promise.withResolvers<void>();
  #hasListened = false;
  #hasEnded = false;
  readonly #signs: WorkerSigns;
  #wasStuck = false;

  /** Takes over a process that was started. */
  constructor(name: string, { child, listener, signMs }: WorkerOptions) {
    this.name = name;
    this.#child = child;
    this.#signs = new WorkerSigns(signMs);
    this.#input = child.stdin.getWriter();
    this.#write(`${this.#key}\n`);
    this.listening = this.#listening.promise;
    this.listening.catch(() => {}); // `end` tells it too
    this.reading = this.#reading.promise;
    this.reading.catch(() => {});
    this.end = this.#live(listener);
  }

  /** The process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it can be asked now. */
  get isListening(): boolean {
    return this.#hasListened && !this.#hasEnded;
  }

  /** That it does not answer now, though it listens; undefined where it does. */
  get silence(): Silence | undefined {
    return this.isListening ? this.#signs.silence : undefined;
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
    const watched = { ask: () => this.tell({ kind: "live" }), kill: () => this.#killStuck() };
    void this.listening.then(() => this.#hasEnded || this.#signs.watch(watched), () => {});
    const status = this.#child.status.finally(() => {
      this.#hasEnded = true;
      this.#signs.end();
    });
    const [{ code, signal }] = await Promise.all([status, this.#read(listener), this.#readErrors(listener)]);
    this.#listening.reject(new Error(`worker ${this.name} has ended`));
    this.#reading.reject(new Error(`worker ${this.name} has ended`));
    await this.#input.close().catch(() => {});
    const livedMs = performance.now() - start;
    return { code, signal, hasListened: this.#hasListened, livedMs, wasStuck: this.#wasStuck };
  }

  #killStuck(): void {
    this.#wasStuck = true;
    this.kill("SIGKILL");
  }

  async #readErrors({ onErrorLine }: WorkerListener): Promise<void> {
    if (onErrorLine !== undefined) { for await (const line of linesOf(this.#child.stderr)) onErrorLine(line); }
  }

  async #read(listener: WorkerListener): Promise<void> {
    let begun = ""; // a line of its own that a word came into
    for await (const line of linesOf(this.#child.stdout)) {
      const { before, word, isMarked } = decodeLine<WorkerWord>(line, this.#key);
      begun += before;
      if (isMarked) this.#signs.answered();
      else this.#signs.heard();
      if (!isMarked) {
        listener.onLine(begun);
        begun = "";
      } else if (word?.kind === "listening") {
        this.#hasListened = true;
        this.#listening.resolve(word);
        listener.onWord(word, this);
      } else if (word?.kind === "reading") {
        this.#reading.resolve();
      } else if (word !== undefined && word.kind !== "alive") listener.onWord(word, this);
    }
    if (begun !== "") listener.onLine(begun);
  }
}

/** Starts a worker by the words of `levada serve`; `flags` are told to Deno: see `workerFlags`. */
export function startWorker(
  words: readonly string[],
  { name, workers, flags, env, ...options }: {
    name: string;
    /** How many there are of it. */
    workers: number;
    flags?: readonly string[] | undefined;
    /** Its whole environment. Default: this process's. */
    env?: Readonly<Record<string, string>> | undefined;
  } & Omit<WorkerOptions, "child">,
): WorkerProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--unstable-net",
      "--lock",
      LOCK,
      ...workerFlags(flags, { workers }),
      MAIN,
      "serve",
      ...words,
      "--as-worker",
    ],
    env: { ...env, LEVADA_WORKER: name }, // in records of model monitoring
    clearEnv: env !== undefined,
    stdin: "piped",
    stdout: "piped",
    stderr: options.listener.onErrorLine === undefined ? "inherit" : "piped",
  }).spawn();
  return new WorkerProcess(name, { child, ...options });
}
