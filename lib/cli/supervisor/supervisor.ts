import {
  type ApplyWish,
  type DeployedFunction,
  type DeployedState,
  HOSTNAME,
  type SupervisedStatus,
  urlOf,
  type WishedFunction,
} from "../../deploy/process/deployed_state.ts";
import type { DeployProgress } from "../../deploy/deploy_progress.ts";
import { isLocked } from "../../deploy/process/deploy_lock.ts";
import { dropRevisions } from "../../deploy/process/keep_revision.ts";
import { type DeploymentFolder, writeWhole } from "../../deploy/process/state_folder.ts";
import { CommandError } from "../command.ts";
import { Supervised } from "./supervised.ts";

const LOOK_MS = 100;
const ENDING_LOOKS = 50;

/** Why a revision does not run. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** The last lines of what did not start. */
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[] = []) {
    super(message);
    this.lines = lines;
  }
}

/** Runs what is deployed: starts, watches and replaces the processes of one deployment. */
export class Supervisor {
  readonly #folder: DeploymentFolder;
  /** What each revision that is kept had; a revision that started before this process has none here. */
  readonly #environments = new Map<string, Readonly<Record<string, string>>>();
  #running: readonly Supervised[] = [];
  #state: DeployedState | undefined;
  #applying: Promise<unknown> | undefined;
  #isStopping = false;

  /** @param state What ran before, so that functions keep their ports. */
  constructor(folder: DeploymentFolder, state: DeployedState | undefined) {
    this.#folder = folder;
    this.#state = state;
  }

  /**
   * Replaces what runs by another revision: all of it listens before any of it reads a stream, and reads before anything of the old is
   * asked to end.
   *
   * @throws {RefusedError} If the new one does not start, or who deploys has gone; the old one runs on.
   */
  async apply(wish: ApplyWish, tell: (progress: DeployProgress) => void = () => {}): Promise<void> {
    if (this.#applying !== undefined) throw new RefusedError("it is being changed now");
    this.#applying = this.#apply(wish, tell);
    try {
      await this.#applying;
    } finally {
      this.#applying = undefined;
    }
  }

  /** Whether it runs nothing, and is asked for nothing. */
  get isIdle(): boolean {
    return this.#running.length === 0 && this.#applying === undefined;
  }

  /** Whether anything of the deployment has ever run, here or before. */
  get hasRun(): boolean {
    return this.#state !== undefined;
  }

  /** How everything is. */
  status(): SupervisedStatus | undefined {
    if (this.#state === undefined || this.#running.length === 0) return undefined;
    const { name, revision, previous, deployedAt } = this.#state;
    const functions = this.#running.map((one) => one.status());
    const wrong = functions.filter(({ state }) => state !== "ready");
    return {
      name,
      target: "process",
      state: wrong[0]?.state ?? "ready",
      reason: wrong.length === 0 ? undefined : wrong.map(({ name, reason }) => `${name}: ${reason}`).join("\n"),
      url: urlOf(this.#running[0]!),
      revision,
      previous,
      deployedAt,
      supervisor: Deno.pid,
      remembers: [...this.#environments.keys()],
      functions,
    };
  }

  /** Writes again what is deployed, where somebody has removed that. */
  async keepState(): Promise<void> {
    if (this.#state !== undefined && this.#applying === undefined) await this.#write(this.#state);
  }

  /** Ends everything: what was accepted is done first, by those who write before those who read. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#applying?.catch(() => {});
    for (const one of this.#running) await one.stop();
    this.#running = [];
  }

  /** Ends everything at once. */
  kill(): void {
    for (const one of this.#running) one.kill();
  }

  async #apply(
    { revision, functions, deadlineMs, leftMs = deadlineMs, ...wished }: ApplyWish,
    tell: (progress: DeployProgress) => void,
  ): Promise<void> {
    const env = wished.env ?? this.#environments.get(revision);
    if (env === undefined) throw new RefusedError(`it does not know the environment that revision ${revision} had`);
    const next: Supervised[] = [];
    let last: Supervised | undefined;
    const before = this.#state;
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    const stop = (cause: string) => stopped.reject(new CommandError(cause));
    let named = "it";
    const timer = setTimeout(() => stop(`${named} is not ready after ${deadlineMs / 1_000} s`), leftMs);
    const looking = setInterval(async () => { // a caller's leaving is not always told: its lock goes with it
      if (!await isLocked(this.#folder).catch(() => true)) stop("who deployed it has gone");
    }, LOOK_MS);
    try {
      for (const wish of functions.toReversed()) { // who reads before who writes
        if (this.#isStopping) throw new CommandError("the deployment ends");
        named = `function "${wish.name}"`;
        tell({ state: "starting", function: wish.name, url: undefined });
        const port = await Promise.race([this.#portFor(wish), stopped.promise]);
        const one = new Supervised(this.#folder, { revision, wish, env, port });
        next.unshift(last = one);
        await Promise.race([one.start(), stopped.promise]);
        tell({ state: "ready", function: wish.name, url: urlOf(one) });
      }
      const started = next.map(({ name, port, settings }, index) => ({
        name,
        port,
        workers: functions[index]!.workers,
        ...Object.keys(settings).length === 0 ? {} : { settings },
      }));
      await this.#keep(revision, started);
      for (const one of next.toReversed()) {
        last = one;
        await Promise.race([one.read(), stopped.promise]);
      }
    } catch (error) {
      const lines = last?.lastLines ?? [];
      for (const one of next) one.kill();
      await Promise.all(next.map((one) => one.stop()));
      if (this.#state !== before) await this.#write(before).catch(() => {}); // the disk had room a moment ago
      throw new RefusedError((error as Error).message, lines);
    } finally {
      clearTimeout(timer);
      clearInterval(looking);
    }
    const old = this.#running;
    if (old.length > 0) tell({ state: "replacing", function: undefined, url: undefined });
    this.#running = next;
    const kept = [this.#state?.revision, this.#state?.previous];
    this.#environments.set(revision, env);
    for (const one of this.#environments.keys()) if (!kept.includes(one)) this.#environments.delete(one);
    for (const one of old) {
      const heir = next.find(({ name }) => name === one.name);
      heir?.takeOver(one);
      await one.stop();
      heir?.share();
    }
    await dropRevisions(kept, this.#folder.revisions).catch(() => {});
  }

  async #keep(revision: string, functions: readonly DeployedFunction[]): Promise<void> {
    const before = this.#state;
    const isSame = before?.revision === revision;
    const state: DeployedState = {
      levada: "deployment/1",
      name: this.#folder.name,
      revision,
      previous: isSame ? before.previous : before?.revision,
      previousFunctions: isSame ? before.previousFunctions : before?.functions,
      deployedAt: new Date().toISOString(),
      functions,
    };
    try {
      await this.#write(state);
    } catch (error) {
      throw new CommandError(`the state folder cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }

  async #write(state: DeployedState | undefined): Promise<void> {
    const { stateFile } = this.#folder;
    if (state === undefined) await Deno.remove(stateFile);
    else await writeWhole(stateFile, `${JSON.stringify(state, undefined, 2)}\n`);
    this.#state = state;
  }

  /** The port that is wished, else the one that it has, else a free one. */
  async #portFor({ name, port, settings: { host = HOSTNAME, grpcPort } }: WishedFunction): Promise<number> {
    const { port: held, settings: before = {} } = this.#running.find((one) => one.name === name) ?? {};
    const { port: earlier, settings = {} } = this.#state?.functions.find((one) => one.name === name) ?? {};
    if (grpcPort !== undefined && grpcPort !== before.grpcPort) {
      await this.#free(name, host, grpcPort, { looks: grpcPort === settings.grpcPort ? ENDING_LOOKS : 0 });
    }
    const known = port ?? held ?? earlier ?? 0;
    if (known !== 0 && known === held && host === (before.host ?? HOSTNAME)) return known;
    return await this.#free(name, host, known, { looks: known === earlier ? ENDING_LOOKS : 0 });
  }

  /** A port where nobody listens; what ran before may still be ending there, whose supervisor was killed. */
  async #free(name: string, host: string, port: number, { looks = 0 } = {}): Promise<number> {
    for (;; looks--) {
      try {
        return freePort(host, port);
      } catch (error) {
        if (looks > 0) {
          await new Promise((look) => setTimeout(look, LOOK_MS));
          continue;
        }
        const cause = error instanceof Deno.errors.AddrInUse
          ? "another program listens there. Stop that, or give another port"
          : (error as Error).message;
        throw new CommandError(`function "${name}" cannot have port ${port}: ${cause}`);
      }
    }
  }
}

/** Processes that share a port do not see that another program has it: asked before. */
function freePort(hostname: string, port: number): number {
  using listener = Deno.listen({ hostname, port });
  return listener.addr.port;
}
