import { join } from "node:path";
import { TIED } from "./tied.ts";

/** How long a script may take. */
export interface ApartOptions {
  /** In milliseconds. Default 120,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

/** What a script came to. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Whether it took longer than it might, and was killed. */
  readonly isLate: boolean;
}

const LAST_WORDS_MS = 500; // what it wrote comes; what it started may hold its output for ever

/** Runs a script in a process of its own, in a folder; the process ends with this one. */
export async function runApart(
  script: string,
  { folder, timeoutMs, signal }: { readonly folder: string; readonly timeoutMs: number } & ApartOptions,
): Promise<Ended> {
  await Deno.writeTextFile(join(folder, "probe.js"), TIED + script);
  signal?.throwIfAborted();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-prompt", "--quiet", "probe.js"],
    cwd: folder,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [out, err] = [new Written(child.stdout), new Written(child.stderr)];
  let isLate = false;
  const kill = () => child.kill("SIGKILL"); // it may take no other
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener("abort", kill);
  try {
    const { code } = await child.status;
    signal?.throwIfAborted();
    return { code, isLate, out: await out.text(), err: await err.text() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    await Promise.all([out.text(), err.text()]);
  }
}

/** What a process writes. */
class Written {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #end: Promise<void>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.#end = this.#read();
  }

  /** All of it; to be asked when the process has ended. */
  async text(): Promise<string> {
    const timer = setTimeout(() => void this.#reader.cancel(), LAST_WORDS_MS);
    await this.#end;
    clearTimeout(timer);
    return this.#text;
  }

  async #read(): Promise<void> {
    for (let next = await this.#reader.read(); next.value !== undefined; next = await this.#reader.read()) {
      this.#text += this.#decoder.decode(next.value, { stream: true });
    }
  }
}
