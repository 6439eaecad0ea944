/** An honest Jupyter client: a connection file, a kernel process, five sockets, and nothing that the kernel does not say. */

import type { Message } from "../message/message.ts";
import { Conversation } from "./conversation.ts";
import { ChannelError, KernelError, type KernelProcessOptions, startKernelProcess } from "./kernel_process.ts";
import { reachSockets } from "./sockets.ts";

/** How a kernel is started and spoken to. */
export interface KernelOptions extends KernelProcessOptions {
  /** How long the kernel may take until it answers, in milliseconds. Default: 30,000. */
  readonly readyMs?: number;
  /** How the kernel wants to be interrupted; a kernelspec's `interrupt_mode`. Default: "message". */
  readonly interruptMode?: "message" | "signal";
  /** Aborted, the start (not the started kernel) ends with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How one piece of code is run. */
export interface ExecuteOptions {
  /** The notebook's id of the cell. */
  readonly cellId?: string;
  /** Told everything that the kernel publishes about this code, also after it has ended. */
  readonly onOutput?: (message: Message) => void;
  /** Aborted, the wait (not the code) ends with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How code ended. */
export interface ExecuteReply {
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number | undefined;
  /** The error's name and message; empty when all is well. */
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: string[];
}

/** What a kernel says of itself. */
export interface KernelInfo {
  readonly implementation: string;
  readonly implementation_version: string;
  readonly protocol_version: string;
  readonly language_info: Readonly<Record<string, unknown>>;
}

const READY_MS = 30_000;
const PORT_ATTEMPTS = 3;
const QUIET_MS = 60_000; // after a reply, without any publication: idle will not come

/** A started kernel that answers. Disposing it shuts it down. */
export class KernelClient implements AsyncDisposable {
  /** What the kernel said of itself when it was ready. */
  readonly info: KernelInfo;
  readonly #conversation: Conversation;
  readonly #options: KernelOptions;

  constructor(conversation: Conversation, info: KernelInfo, options: KernelOptions) {
    this.#conversation = conversation;
    this.info = info;
    this.#options = options;
  }

  /**
   * Runs code and waits for its reply and for *idle*, so that every output has come. Asks from the code are refused.
   *
   * @throws {KernelError} If the kernel dies, falls silent, or speaks nonsense.
   */
  async execute(code: string, options: ExecuteOptions = {}): Promise<ExecuteReply> {
    options.signal?.throwIfAborted();
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    const metadata = options.cellId === undefined ? {} : { cellId: options.cellId };
    const idle = Promise.withResolvers<void>();
    let touched = performance.now();
    const listen = (message: Message) => {
      touched = performance.now();
      if (message.header.msg_type !== "status") options.onOutput?.(message);
      else if (message.content.execution_state === "idle") idle.resolve();
    };
    let quiet: ReturnType<typeof setInterval> | undefined;
    try {
      const { signal } = options;
      const wait = <Value>(promise: Promise<Value>) => {
        const alive = this.#conversation.orLost(promise);
        return signal === undefined ? alive : orAborted(alive, signal);
      };
      const reply = await wait(this.#conversation.request("shell", "execute_request", content, { metadata, listen }));
      quiet = setInterval(() => {
        if (performance.now() - touched < QUIET_MS) return;
        idle.reject(
          new KernelError(`The kernel has answered, but did not tell within ${QUIET_MS / 1000} s that it is idle`),
        );
      }, 1000);
      await wait(idle.promise);
      return toReply(reply.content);
    } finally {
      clearInterval(quiet);
    }
  }

  /** Interrupts the running code; resolves when the kernel has taken note. */
  async interrupt(): Promise<void> {
    if (this.#options.interruptMode === "signal") this.#conversation.process.signal("SIGINT");
    else await this.#conversation.orLost(this.#conversation.request("control", "interrupt_request", {}));
  }

  /** Asks the kernel to end, waits, and then ends it. Its process, sockets and files are gone after this. */
  async shutdown(): Promise<void> {
    await this.#conversation.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Ends the kernel at once, without a word. */
  async kill(): Promise<void> {
    await this.#conversation.close();
  }
}

/**
 * Starts a kernel and waits until it answers and its publications arrive.
 *
 * @throws {KernelError} If it cannot be started, ends at once, or does not answer in time; the text holds what it wrote.
 */
export async function startKernel(options: KernelOptions = {}): Promise<KernelClient> {
  for (let attempt = 1;; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof PortsTakenError) || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Another program took a port after it had been chosen and before the kernel listened; Jupyter's way of ports allows that. */
class PortsTakenError extends KernelError {}

async function startOnce(options: KernelOptions): Promise<KernelClient> {
  const process = await startKernelProcess(options);
  const readyMs = options.readyMs ?? READY_MS;
  const stop = new AbortController();
  const late = () => stop.abort(new KernelError(`it did not answer within ${readyMs / 1000} s`));
  const timer = setTimeout(late, readyMs);
  const abort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted) abort();
  process.ended.then(({ code }) => stop.abort(new KernelError(`its process ended with code ${code}`)));
  let conversation: Conversation | undefined;
  try {
    conversation = new Conversation(process, await reachSockets(process.connection, stop.signal));
    const info = toInfo(await orAborted(conversation.waitReady(), stop.signal));
    await process.removeFile();
    return new KernelClient(conversation, info, options);
  } catch (error) {
    await (conversation?.close() ?? process[Symbol.asyncDispose]());
    if (options.signal?.aborted) throw error;
    const state = error instanceof Error ? error.message : String(error);
    const written = process.written === "" ? "" : `\nIt wrote:\n${process.written}`;
    const isTaken = error instanceof ChannelError || /address already in use/i.test(process.written);
    const Failure = isTaken ? PortsTakenError : KernelError;
    throw new Failure(`Cannot start the kernel: ${state}${written}`, { cause: error });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
  }
}

/** The promise, or what the signal was aborted with. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function toReply(content: Record<string, unknown>): ExecuteReply {
  const text = (value: unknown) => typeof value === "string" ? value : "";
  const { status, execution_count: count, traceback } = content;
  return {
    status: status === "ok" ? "ok" : status === "error" ? "error" : "aborted",
    executionCount: typeof count === "number" ? count : undefined,
    ename: text(content.ename),
    evalue: text(content.evalue),
    traceback: Array.isArray(traceback) ? traceback.map(String) : [],
  };
}

function toInfo(content: Record<string, unknown>): KernelInfo {
  const info = content.language_info;
  return {
    implementation: String(content.implementation ?? ""),
    implementation_version: String(content.implementation_version ?? ""),
    protocol_version: String(content.protocol_version ?? ""),
    language_info: typeof info === "object" && info !== null ? { ...info } : {},
  };
}
