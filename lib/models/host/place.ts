/** Places elsewhere that models run in: a worker of this process, or a process. */

import { spawn } from "node:child_process";
import { MessageChannel, Worker } from "node:worker_threads";
import { describeThrown } from "../../errors.ts";
import type { ModelHome, Order, Report } from "./message.ts";
import { MEMORY_SIGNAL, type Watched } from "./watched_process.ts";
import { processEnv, processFlags } from "./process_flags.ts";

/** Where a model runs, seen from the program. */
export interface Place {
  /** Sends an order; what is in `moved` is not here any more then. */
  post(order: Order, moved?: ArrayBuffer[]): void;
  /** Ends the place at once, whatever runs there. */
  kill(): void;
  /** Resolves when nothing is left of it: that may be later than its end, or never. */
  readonly gone: Promise<void>;
}

/** Who is told of what happens in a place. */
export interface Listener {
  report(report: Report): void;
  /** The place is gone; nothing more is reported. Why: `it threw …`, `it exited with code 3`. */
  ended(why: string): void;
}

/** What a place may take. */
export interface PlaceLimits {
  /** Of a worker its JavaScript heap, of a process all its memory. */
  readonly memoryLimitMb: number;
}

/** Starts a place. */
export type OpenPlace = (listener: Listener, limits: PlaceLimits) => Place;

/**
 * Starts a worker: a thread of this process with a heap of its own. What it holds outside of the heap, tensors, is not limited. A thread
 * whose heap is full goes, in seconds; one that is in a loop does not (Deno 2.9.6), see `breakOff`: it is told that it has ended, and gone
 * it is when its end of a line is closed.
 */
export function openWorker(listener: Listener, { memoryLimitMb }: PlaceLimits): Place {
  const { port1: line, port2: itsEnd } = new MessageChannel();
  const worker = new Worker(new URL("./worker_main.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb },
    workerData: itsEnd,
    transferList: [itsEnd],
  });
  const gone = Promise.withResolvers<void>();
  let why: string | undefined;
  line.on("close", () => gone.resolve());
  line.on("message", () => {}); // else it does not look
  line.unref();
  worker.on("message", (report: Report) => listener.report(report));
  worker.on(
    "messageerror",
    (error: unknown) => why = `what it sent could not be read: ${describeThrown(error).message}`,
  );
  worker.on("error", (error: unknown) => why = `it threw ${describeThrown(error).message}`);
  worker.on("exit", (code: number) => listener.ended(why ?? `it exited with code ${code}`));
  return {
    gone: gone.promise,
    post: (order, moved = []) => worker.postMessage(order, moved),
    kill: () => void worker.terminate(),
  };
}

/** Starts processes for a model, each told `flags`, or what the program itself may. */
export function processes(home: ModelHome, flags?: readonly string[]): OpenPlace {
  return (listener, limits) => openProcess(listener, limits, processFlags(home, flags));
}

/** Starts a process. It watches all that it takes itself; its heap has a limit besides. */
function openProcess(listener: Listener, { memoryLimitMb }: PlaceLimits, flags: readonly string[]): Place {
  const child = spawn(Deno.execPath(), [
    "run",
    "--no-prompt",
    "--quiet",
    `--v8-flags=--max-old-space-size=${memoryLimitMb}`,
    ...flags,
    new URL("./process_main.ts", import.meta.url).href,
    JSON.stringify({ parent: Deno.pid, memoryLimitMb } satisfies Watched),
  ], { env: processEnv(), serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const gone = Promise.withResolvers<void>();
  const end = (why: string) => {
    gone.resolve();
    listener.ended(why);
  };
  child.on("message", (report) => listener.report(report as Report));
  child.on("error", (error) => end(`it could not be started: ${describeThrown(error).message}`));
  child.on("exit", (code, signal) => {
    if (signal === MEMORY_SIGNAL) return end(`it took more than ${memoryLimitMb} MB of memory (memoryLimitMb)`);
    end(code === null ? `it was ended by ${signal}` : `it exited with code ${code}`);
  });
  return {
    gone: gone.promise,
    post(order) {
      if (child.connected) child.send(order as object);
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
