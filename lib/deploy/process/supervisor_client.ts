import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { DeployError } from "../deploy_error.ts";
import type { ApplyWish, SupervisedStatus } from "./deployed_state.ts";
import type { ApplyWord, DeployProgress } from "../deploy_progress.ts";
import { type HeldFile, holdFile, ownerOf } from "./file_lock.ts";
import { startSupervisor } from "./start_supervisor.ts";
import type { DeploymentFolder } from "./state_folder.ts";
import { silence } from "./stopped_status.ts";

const LOOK_MS = 50;
const ANSWER_MS = 10_000;
const WATCH_MS = 5_000;

/** Who looks on while something is deployed. */
export interface Watching {
  readonly onProgress?: ((progress: DeployProgress) => void) | undefined;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a supervisor is asked, and by which word. */
interface Address {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

/** Whether the process that watches over a deployment lives: its lock says so, and nothing else. */
export type SupervisorLife =
  /** `status` is undefined where it runs nothing. */
  | { readonly life: "runs"; readonly address: Address; readonly status: SupervisedStatus | undefined }
  /** It lives, and does not answer. */
  | { readonly life: "silent"; readonly pid: number | undefined }
  | { readonly life: "gone" };

/** Asks the process that watches over a deployment, and starts it. */
export class SupervisorClient {
  readonly #folder: DeploymentFolder;

  constructor(folder: DeploymentFolder) {
    this.#folder = folder;
  }

  /** Whether it lives, and what it says. One that has just been started has a while to answer. */
  async look(signal?: AbortSignal): Promise<SupervisorLife> {
    for (const end = performance.now() + ANSWER_MS;;) {
      const owner = await ownerOf(this.#folder.supervisorLock);
      if (owner === undefined) return { life: "gone" };
      const address = await this.#address();
      if (address !== undefined) {
        const answer = await statusAt(address, { ms: Math.max(LOOK_MS, end - performance.now()), signal });
        if (answer !== undefined) return { life: "runs", address, status: answer ?? undefined };
      }
      if (signal?.aborted || performance.now() >= end) return { life: "silent", pid: owner.pid ?? address?.pid };
      await pause(LOOK_MS);
    }
  }

  /**
   * How everything is; undefined where it is gone, or runs nothing.
   *
   * @throws {DeployError} If it lives and does not answer: nobody knows then.
   */
  async status(act: string): Promise<SupervisedStatus | undefined> {
    const seen = await this.look();
    if (seen.life === "silent") throw this.#silent(act, seen.pid);
    return seen.life === "runs" ? seen.status : undefined;
  }

  /**
   * Has it run a revision; starts it where it is gone.
   *
   * @throws {DeployError} If the revision does not start: with the last lines that it wrote; or it does not answer. What ran runs on.
   */
  async apply(act: string, wish: ApplyWish, { onProgress, signal }: Watching = {}): Promise<SupervisedStatus> {
    const seen = await this.look();
    if (seen.life === "silent") throw this.#silent(act, seen.pid);
    const address = seen.life === "runs" ? seen.address : await this.#start(act);
    await this.#attend(act, async (silent) => {
      const either = signal === undefined ? silent : AbortSignal.any([silent, signal]);
      const response = await ask(address, "/apply", { method: "POST", body: JSON.stringify(wish), signal: either });
      for await (const word of wordsOf(response)) {
        if (word.kind === "progress") onProgress?.(word.progress);
        else if (word.kind === "refused") throw new DeployError(act, word.message, { lines: word.lines });
      }
    });
    signal?.throwIfAborted();
    const status = await this.status(act);
    if (status?.revision === wish.revision) return status;
    throw new DeployError(act, `its supervisor, process ${address.pid}, has died. Deploy again`);
  }

  /**
   * Has it end everything, itself too; none can be started until what is given back is disposed of.
   *
   * @throws {DeployError} If it does not answer.
   */
  async end(act: string): Promise<Disposable> {
    const seen = await this.look();
    if (seen.life === "silent") throw this.#silent(act, seen.pid);
    if (seen.life === "runs") {
      await this.#attend(act, async (silent) => {
        const response = await ask(seen.address, "/stop", { method: "POST", signal: silent });
        await response?.body?.cancel();
      });
    }
    const held = await this.keepGone(act);
    const pid = seen.life === "runs" ? seen.address.pid : undefined;
    for (const end = performance.now() + ANSWER_MS; pid !== undefined && isAlive(pid) && performance.now() < end;) {
      await pause(LOOK_MS); // it lets go of its lock a little before
    }
    return held;
  }

  /**
   * Waits until it is gone; none can be started until what is given back is disposed of. Who has not got this removes nothing.
   *
   * @throws {DeployError} If it goes on living.
   */
  async keepGone(act: string): Promise<Disposable> {
    for (const end = performance.now() + ANSWER_MS;;) {
      const held: HeldFile | undefined = await holdFile(this.#folder.supervisorLock);
      if (held !== undefined) return held;
      if (performance.now() >= end) throw this.#silent(act, (await ownerOf(this.#folder.supervisorLock))?.pid);
    }
  }

  /** Waits for what it does, as long as it answers in between. */
  async #attend(act: string, work: (silent: AbortSignal) => Promise<void>): Promise<void> {
    const silent = new AbortController();
    const done = new AbortController();
    const looking = this.#untilSilent(done.signal).then((seen) => {
      if (seen !== undefined) silent.abort(this.#silent(act, seen.pid));
    });
    try {
      await work(silent.signal);
    } finally {
      done.abort();
      await looking;
    }
    silent.signal.throwIfAborted();
  }

  async #untilSilent(done: AbortSignal): Promise<{ pid: number | undefined } | undefined> {
    for (;;) {
      await pause(WATCH_MS, undefined, { signal: done }).catch(() => {});
      const seen = done.aborted ? undefined : await this.look(done);
      if (done.aborted || seen?.life === "gone") return undefined;
      if (seen?.life === "silent") return seen;
    }
  }

  async #address(): Promise<Address | undefined> {
    try {
      return JSON.parse(await Deno.readTextFile(this.#folder.supervisorFile)) as Address;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #start(act: string): Promise<Address> {
    return await startSupervisor(act, this.#folder, async (pid) => {
      const address = await this.#address();
      if (address === undefined || address.pid !== pid) return undefined;
      return await statusAt(address, { ms: ANSWER_MS }) === undefined ? undefined : address;
    });
  }

  #silent(act: string, pid: number | undefined): DeployError {
    return new DeployError(act, silence(pid, this.#folder.name));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Undefined where it does not answer, null where it runs nothing. */
async function statusAt(
  address: Address,
  { ms, signal }: { ms: number; signal?: AbortSignal | undefined },
): Promise<SupervisedStatus | null | undefined> {
  const timeout = AbortSignal.timeout(ms);
  try {
    const response = await ask(address, "/status", {
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    if (response?.ok) return await response.json() as SupervisedStatus | null;
    await response?.body?.cancel();
  } catch { /* it has paused in the middle of its answer */ }
  return undefined;
}

/** Undefined where nobody answers. */
async function ask({ url, token }: Address, path: string, init: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
  } catch {
    return undefined;
  }
}

/** What a supervisor says, until it has nothing more to say, or is gone. */
async function* wordsOf(response: Response | undefined): AsyncGenerator<ApplyWord> {
  if (response === undefined || response.body === null || !response.ok) return;
  let begun = "";
  try {
    const texts = response.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
    for await (const text of texts) {
      const lines = (begun + text).split("\n");
      begun = lines.pop()!;
      for (const line of lines) yield JSON.parse(line) as ApplyWord;
    }
  } catch { /* it is gone */ }
}
