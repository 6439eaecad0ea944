import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isHeld } from "./deploy_lock.ts";
import { DeployError } from "./deploy_error.ts";
import type { ApplyWish, SupervisedStatus } from "./deployed_state.ts";
import type { ApplyWord, DeployProgress } from "./deploy_progress.ts";
import type { DeploymentFolder } from "./state_folder.ts";

const MAIN = fileURLToPath(new URL("../cli/supervisor/supervisor_main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));
const START_MS = 60_000;
const LOOK_MS = 50;
const ANSWER_MS = 10_000;

/** Who looks on while something is deployed. */
export interface Watching {
  readonly onProgress?: ((progress: DeployProgress) => void) | undefined;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

interface Address {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

/** Asks the process that watches over a deployment, and starts it. */
export class SupervisorClient {
  readonly #folder: DeploymentFolder;

  constructor(folder: DeploymentFolder) {
    this.#folder = folder;
  }

  /** How everything is; undefined where the supervisor does not run, or runs nothing. */
  async status(): Promise<SupervisedStatus | undefined> {
    const address = await this.#address();
    if (address === undefined) return undefined;
    const response = await ask(address, "/status", { signal: AbortSignal.timeout(ANSWER_MS) });
    return response?.ok ? await response.json() as SupervisedStatus | null ?? undefined : undefined;
  }

  /** The process of one that is alive, and does not answer; undefined where there is none. */
  async silent(): Promise<number | undefined> {
    const { supervisorLock } = this.#folder;
    return await isHeld(supervisorLock).catch(() => false) ? (await this.#address())?.pid : undefined;
  }

  /**
   * Has it run a revision; starts it where it does not run.
   *
   * @throws {DeployError} If the revision does not start: with the last lines that it wrote; what ran runs on.
   */
  async apply(act: string, wish: ApplyWish, { onProgress, signal }: Watching = {}): Promise<SupervisedStatus> {
    const address = await this.#running() ?? await this.#start(act);
    const init = { method: "POST", body: JSON.stringify(wish), ...signal === undefined ? {} : { signal } };
    const response = await ask(address, "/apply", init);
    for await (const word of wordsOf(response)) {
      if (word.kind === "progress") onProgress?.(word.progress);
      else if (word.kind === "refused") throw new DeployError(act, word.message, { lines: word.lines });
    }
    signal?.throwIfAborted();
    const status = await this.status();
    if (status?.revision === wish.revision) return status;
    throw new DeployError(act, `its supervisor, process ${address.pid}, has died. Deploy again`);
  }

  /** Has it end everything, itself too. */
  async stop(): Promise<void> {
    const address = await this.#running();
    if (address === undefined) return;
    const response = await ask(address, "/stop", { method: "POST" });
    await response?.body?.cancel();
    for (const end = performance.now() + ANSWER_MS; isAlive(address.pid) && performance.now() < end;) await pause();
  }

  /** Where it can be asked now. */
  async #running(): Promise<Address | undefined> {
    const address = await this.#address();
    if (address === undefined) return undefined;
    const response = await ask(address, "/status", { signal: AbortSignal.timeout(ANSWER_MS) });
    await response?.body?.cancel();
    return response?.ok ? address : undefined;
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
    const { name, path, state, logs } = this.#folder;
    const log = join(logs, "supervisor.log");
    let output: number;
    try {
      await Deno.mkdir(logs, { recursive: true });
      output = openSync(log, "a");
    } catch (error) {
      throw new DeployError(act, `the state folder cannot be written: ${(error as Error).message}`, { cause: error });
    }
    const words = ["run", "-A", "--no-prompt", "--unstable-net", "--lock", LOCK, MAIN, state, name];
    const child = spawn(Deno.execPath(), words, { cwd: path, detached: true, stdio: ["ignore", output, output] });
    closeSync(output);
    let hasEnded = false;
    child.on("exit", () => hasEnded = true);
    child.on("error", () => hasEnded = true);
    const end = performance.now() + START_MS;
    try {
      while (!hasEnded && performance.now() < end) {
        const isNew = (await this.#address())?.pid === child.pid; // not of one that has died, or sleeps: that one would end without its file
        const address = isNew ? await this.#running() : undefined;
        if (address !== undefined) return address;
        await pause();
      }
      const lines = (await Deno.readTextFile(log).catch(() => "")).trim().split("\n").slice(-10);
      if (!hasEnded) child.kill("SIGKILL");
      throw new DeployError(act, "its supervisor does not start", { lines });
    } finally {
      child.unref();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((look) => setTimeout(look, LOOK_MS));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
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
