/** `levada serve` in a process of its own. */

import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));
const ROOT = new URL("../../", import.meta.url);

/** How the process is started. */
export interface ServeProcessOptions {
  /** What Deno is told; default `-A`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that a test started; ending it kills it. */
export interface ServeProcess extends AsyncDisposable {
  /** Where it listens; rejects with what it wrote where it ends before. */
  readonly url: Promise<string>;
  /** Everything it wrote so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly pid: number;
  kill(signal: Deno.Signal): void;
  /** Its exit code, when it has ended. */
  readonly code: Promise<number>;
  /** Resolves when it has written this. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts `levada serve` with these words, on a free port unless they say another. */
export function startServe(
  words: readonly string[],
  { flags = ["-A"], env = {} }: ServeProcessOptions = {},
): ServeProcess {
  const port = words.includes("--port") ? [] : ["--port", "0"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--lock=deno.lock", ...flags, MAIN, "serve", ...words, ...port],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { out: "", err: "" };
  let look = () => {};
  const reading = Promise.all([read(child.stdout, "out"), read(child.stderr, "err")]);
  async function read(stream: ReadableStream<Uint8Array>, which: "out" | "err"): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
      texts[which] += text;
      look();
    }
  }
  let hasEnded = false;
  const code = Promise.all([child.status, reading]).then(([status]) => {
    hasEnded = true;
    look();
    return status.code;
  });
  async function wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(texts.out) ?? pattern.exec(texts.err);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`it ended without writing ${pattern}:\n${texts.out}${texts.err}`);
      await new Promise<void>((again) => {
        const before = look;
        look = () => {
          before();
          again();
        };
      });
    }
  }
  const url = wrote(/ on (https?:\/\/\S+)/).then(([, found]) => found!);
  url.catch(() => {});
  return {
    url,
    out: () => texts.out,
    err: () => texts.err,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    code,
    wrote,
    async [Symbol.asyncDispose]() {
      if (!hasEnded) child.kill("SIGKILL");
      await code;
    },
  };
}
