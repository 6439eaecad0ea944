/** The kernel's process: its connection file, its birth and its end. */

import { fileURLToPath } from "node:url";
import { type Connection, createConnection } from "../message/connection.ts";
import { stripAnsi } from "./ansi.ts";

const TAIL_CHARACTERS = 4000;

/** How a kernel is started. */
export interface KernelProcessOptions {
  /** As in a kernelspec; `{connection_file}` is replaced. Default: Levada's own kernel. */
  readonly argv?: readonly string[];
  /** Where the kernel runs: the notebook's folder. Default: this process's own. */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A kernel cannot be started, has died, or does not answer. */
export class KernelError extends Error {
  override readonly name = "KernelError";
}

/** A connection to the kernel has ended, though its process lives: what listened there was another program, or the kernel is broken. */
export class ChannelError extends KernelError {}

/** A running kernel process and the connection file made for it; disposing it ends the one and removes the other. */
export class KernelProcess implements AsyncDisposable {
  /** Where the kernel was told to listen. */
  readonly connection: Connection;
  /** Settles when the process has ended. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #written: Tail;
  readonly #read: Promise<unknown>;

  constructor(child: Deno.ChildProcess, connection: Connection, folder: string) {
    this.connection = connection;
    this.#child = child;
    this.#folder = folder;
    this.#written = new Tail(TAIL_CHARACTERS);
    this.#read = Promise.all([this.#written.read(child.stderr), this.#written.read(child.stdout)]);
    this.ended = child.status;
  }

  /** The end of what the process wrote to its own output, for errors. */
  get written(): string {
    return stripAnsi(this.#written.text).trim();
  }

  /** Sends a signal to the process and every process that it started. */
  signal(name: "SIGINT" | "SIGKILL"): void {
    try {
      Deno.kill(Deno.build.os === "windows" ? this.#child.pid : -this.#child.pid, name); // its own group: `detached`
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error; // it has gone already
    }
  }

  /** Waits up to `ms` for the process to end by itself. */
  async waitForEnd(ms: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
    const ended = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  /** Removes the connection file, once the kernel has read it: it holds the key, and whoever ends without a word leaves it. */
  async removeFile(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // removed before
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
    await this.#read;
    await this.removeFile();
  }
}

/** Starts a kernel in a process group of its own, so that Ctrl-C in the terminal reaches this process alone. */
export async function startKernelProcess(options: KernelProcessOptions = {}): Promise<KernelProcess> {
  const connection = createConnection();
  const folder = await Deno.makeTempDir({ prefix: "levada-kernel-" });
  try {
    const path = `${folder}/connection.json`;
    await Deno.writeTextFile(path, JSON.stringify(connection, null, 1), { mode: 0o600 });
    const argv = (options.argv ?? OWN_ARGV).map((part) => part.replaceAll("{connection_file}", path));
    const [program = "", ...args] = argv;
    const child = new Deno.Command(program, {
      args,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { JPY_PARENT_PID: String(Deno.pid), ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    return new KernelProcess(child, connection, folder);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    const state = error instanceof Error ? error.message : String(error);
    throw new KernelError(`Cannot start the kernel in ${options.cwd ?? Deno.cwd()}: ${state}`, { cause: error });
  }
}

/** How this project's kernel is started: the same Deno, the same checkout. */
const OWN_ARGV = [
  Deno.execPath(),
  "run",
  "-A",
  "--quiet",
  "--lock",
  fileURLToPath(new URL("../../deno.lock", import.meta.url)),
  fileURLToPath(new URL("../main.ts", import.meta.url)),
  "{connection_file}",
];

/** The last characters of what streams say. */
class Tail {
  text = "";
  readonly #limit: number;

  constructor(limitCharacters: number) {
    this.#limit = limitCharacters;
  }

  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.text = (this.text + decoder.decode(bytes, { stream: true })).slice(-this.#limit);
    }
  }
}
