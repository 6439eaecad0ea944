import type { Bundle } from "../bundle/bundle.ts";
import { probeBundle } from "../bundle/describe_function.ts";
import { DeployError } from "./deploy_error.ts";
import { type DeployedState, type DeploymentStatus, type SupervisedStatus, urlOf } from "./deployed_state.ts";
import type { DeployProgress } from "./deploy_progress.ts";
import { lockDeployment } from "./deploy_lock.ts";
import { invokeFunction } from "./invoke_function.ts";
import { keepRevision, keptManifests, readRevision, readView } from "./keep_revision.ts";
import { type DeployPlan, planOf } from "./plan.ts";
import { Plot, type PlotOptions } from "../plot/plot.ts";
import { type DeploymentRates, inOrder, ratesOf } from "./rates.ts";
import { type LogReading, readLogs } from "./read_logs.ts";
import { readMetrics } from "./read_metrics.ts";
import { readState } from "./read_state.ts";
import { withTroubles } from "./read_troubles.ts";
import { retireGroups } from "./retire_groups.ts";
import { runningView } from "./running_view.ts";
import { type DeploymentFolder, deploymentFolder } from "./state_folder.ts";
import { stoppedStatus } from "./stopped_status.ts";
import { forgetTimes, triggerStatus } from "./trigger_status.ts";
import { SupervisorClient } from "./supervisor_client.ts";
import { wishedFunctions } from "./wished_functions.ts";

/** How a function is deployed to processes of this machine. */
export interface ProcessOptions {
  /** How many processes each function has. Default: as many as its `serve` says, else 1. */
  readonly workers?: number;
  /** Where the function itself listens. Default: where it did before, else a free port. */
  readonly port?: number;
  /** Whether what runs as it is wished is replaced too, as where the environment has changed. Default false. */
  readonly renew?: boolean;
  /** How long everything may take to be ready, in milliseconds. Default 120,000. */
  readonly deadlineMs?: number;
  /** Told how far it is: which function starts, which is ready. Default: nobody; in Levada's kernel, the cell's output. */
  readonly onProgress?: (progress: DeployProgress) => void;
  /** Gives it up: what ran runs on. */
  readonly signal?: AbortSignal;
}

/** How rates are counted. */
export interface RatesOptions {
  /** How long, in milliseconds. Default 1,000. */
  readonly overMs?: number;
}

const DEADLINE_MS = 120_000;
const RATES_MS = 1_000;
const LONGEST_RATES_MS = 3_600_000;

/**
 * A function where it is deployed: real processes of this machine, one or more for each function, joined by real streams, which outlive
 * the program that deployed them.
 */
export class Deployment {
  /** The function's name. */
  readonly name: string;
  readonly #folder: DeploymentFolder;
  readonly #bundle: Bundle | undefined;
  readonly #options: ProcessOptions;
  readonly #supervisor: SupervisorClient;
  #url: string | undefined;

  /** Made by `fn.deploy`; without a bundle it is what is deployed already. */
  constructor(name: string, { bundle, ...options }: ProcessOptions & { bundle?: Bundle } = {}) {
    this.name = name;
    this.#folder = deploymentFolder(name);
    this.#bundle = bundle;
    this.#options = options;
    this.#supervisor = new SupervisorClient(this.#folder);
  }

  /**
   * Where the function answers.
   *
   * @throws {DeployError} Before it is deployed.
   */
  get url(): string {
    if (this.#url !== undefined) return this.#url;
    throw new DeployError(`tell the url of "${this.name}"`, "it is not deployed yet: await deployment.apply()");
  }

  /** What `apply` would change; nothing is changed. */
  async plan(): Promise<DeployPlan> {
    const state = await this.#state();
    const status = await this.#supervisor.status();
    const bundle = await this.#wished(state);
    const act = `deploy "${this.name}"`;
    const { workers, port } = this.#options;
    return await planOf({
      state,
      status,
      bundle,
      folder: this.#folder,
      options: { ...this.#options, functions: await wishedFunctions(bundle, { act, workers, port }) },
    });
  }

  /**
   * Has it run: the new processes listen before the old ones are asked to end, and when they do not start, the old ones stay. What runs
   * as it is wished is left as it is.
   *
   * @throws {DeployError} If it does not start, with the last lines that it wrote, or another changes it now.
   */
  async apply(): Promise<DeploymentStatus> {
    const act = `deploy "${this.name}"`;
    await using _lock = await lockDeployment(act, this.#folder);
    const state = await this.#state();
    const endsAt = performance.now() + (this.#options.deadlineMs ?? DEADLINE_MS);
    try {
      return await this.#begin(act, state, endsAt);
    } catch (error) {
      if (state === undefined && !this.#options.signal?.aborted) { // it never ran; given up, it may still be ending
        await Deno.remove(this.#folder.path, { recursive: true }).catch(() => {});
      }
      throw error;
    }
  }

  async #begin(act: string, state: DeployedState | undefined, endsAt: number): Promise<DeploymentStatus> {
    const bundle = await this.#wished(state);
    const { changes, notes } = await this.plan();
    const status = await this.#supervisor.status();
    if (changes.length === 0 && status !== undefined) return await this.#told(status);
    const { onProgress, signal } = this.#options;
    for (const note of notes) onProgress?.({ state: "noted", function: undefined, url: undefined, note });
    if (state?.revision !== bundle.revision) {
      onProgress?.({ state: "checking", function: undefined, url: undefined });
      await probeBundle(bundle, Math.max(1, endsAt - performance.now()));
    }
    signal?.throwIfAborted();
    await keepRevision(act, bundle, this.#folder);
    return await this.#replace(act, { before: await this.#kept(state), bundle, endsAt });
  }

  /** How it is, and why it is not ready, in words. */
  async status(): Promise<DeploymentStatus> {
    const state = await this.#state();
    if (state === undefined) throw this.#missing("tell the state of");
    const status = await this.#supervisor.status();
    return await this.#told(status === undefined ? stoppedStatus(state) : await withTroubles(status));
  }

  /** How much goes through each step and model: what they count within a while, one second by default. */
  async rates({ overMs = RATES_MS }: RatesOptions = {}): Promise<DeploymentRates> {
    if (!(overMs >= 1 && overMs <= LONGEST_RATES_MS)) {
      throw new RangeError(`Cannot count for ${overMs} ms: overMs is 1 to ${LONGEST_RATES_MS}`);
    }
    const { functions, revision } = await this.status();
    const view = await readView(`count what "${this.name}" does`, revision, this.#folder);
    const before = await Promise.all(functions.map(readMetrics));
    await new Promise((go) => setTimeout(go, overMs));
    return inOrder(ratesOf(before, await Promise.all(functions.map(readMetrics))), view);
  }

  /**
   * The graph as it runs: events a second at each arrow, how long a step takes, what waits in the streams, and what fails. In a notebook
   * it shows itself.
   */
  async picture({ overMs, ...options }: RatesOptions & PlotOptions = {}): Promise<Plot> {
    const rates = await this.rates({ ...overMs === undefined ? {} : { overMs } });
    const status = await this.status();
    const view = await readView(`draw "${this.name}"`, status.revision, this.#folder);
    return new Plot(runningView(view, { status, rates }), options);
  }

  /** `picture` where a notebook looks for it: a deployment that is the last value of a cell shows how it runs. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return await (await this.picture()).display();
  }

  /** Asks the function: with a body by POST, one that is undefined too, else by GET. Gives the reply's JSON, else its text. */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async invoke<Reply = any>(path: string, ...body: [body?: unknown]): Promise<Reply> {
    const { functions: [first] } = await this.status();
    return await invokeFunction(this.name, first!, body.length === 0 ? { path } : { path, body: body[0] }) as Reply;
  }

  /** What its functions have written, line by line; with `follow` also what they write from now on. */
  async *logs(options: LogReading = {}): AsyncGenerator<string> {
    const state = await this.#state();
    if (state === undefined) throw this.#missing("read the logs of");
    const names = state.functions.map(({ name }) => name);
    if (options.function !== undefined && !names.includes(options.function)) {
      const act = `read the logs of "${this.name}"`;
      throw new DeployError(act, `it has no function "${options.function}", only ${names.join(", ")}`);
    }
    yield* readLogs(this.#folder, names, options);
  }

  /**
   * Runs again what ran before, in the same way.
   *
   * @throws {DeployError} If nothing did.
   */
  async rollback(): Promise<DeploymentStatus> {
    const act = `roll back "${this.name}"`;
    if (await this.#state() === undefined) throw this.#missing("roll back");
    await using _lock = await lockDeployment(act, this.#folder);
    const state = await this.#state();
    if (state?.previous === undefined) throw new DeployError(act, "there is no revision before this one");
    const bundle = await readRevision(act, state.previous, this.#folder);
    return await this.#replace(act, { before: await this.#kept(state), bundle, functions: state.functions });
  }

  /**
   * Ends its processes, what they have accepted is done first, and forgets it and its schedules. Records in its streams stay, and how
   * far it has read them; who publishes there waits for it no more.
   *
   * @throws {DeployError} If there is none; or it is deleted, and a stream cannot be told.
   */
  async delete(): Promise<void> {
    const act = `delete "${this.name}"`;
    if (await this.#state() === undefined && await this.#supervisor.status() === undefined) {
      if (!await exists(this.#folder.path)) throw this.#missing("delete");
    }
    await using _lock = await lockDeployment(act, this.#folder);
    await this.#supervisor.stop();
    const state = await this.#state();
    if (state !== undefined) await forgetTimes(state.revision, this.#folder);
    const faults = await retireGroups(await keptManifests(this.#folder), this.#folder);
    await Deno.remove(this.#folder.path, { recursive: true });
    if (faults.length > 0) throw new DeployError(act, `it is deleted, but ${faults.join("; ")}`);
  }

  /** Runs a bundle; the groups of who runs no longer, or never did, hold nobody up. */
  async #replace(
    act: string,
    { before, bundle, ...how }: {
      before: Bundle | undefined;
      bundle: Bundle;
      functions?: DeployedState["functions"];
      endsAt?: number;
    },
  ): Promise<DeploymentStatus> {
    const { onProgress, signal } = this.#options;
    let status: DeploymentStatus;
    try {
      status = await this.#run(act, bundle, how);
    } catch (error) {
      if (!signal?.aborted) await retireGroups([bundle], { ...this.#folder, running: before }); // given up, it may still be ending
      throw error;
    }
    for (const note of await retireGroups(before === undefined ? [] : [before], { ...this.#folder, running: bundle })) {
      onProgress?.({ state: "noted", function: undefined, url: undefined, note });
    }
    return status;
  }

  /** What is deployed; undefined where that cannot be read. */
  async #kept(state: DeployedState | undefined): Promise<Bundle | undefined> {
    if (state === undefined) return undefined;
    return await readRevision("read what is deployed", state.revision, this.#folder).catch(() => undefined);
  }

  async #run(
    act: string,
    bundle: Bundle,
    { functions: before = [], endsAt = Infinity }: { functions?: DeployedState["functions"]; endsAt?: number },
  ): Promise<DeploymentStatus> {
    const { workers, port, deadlineMs = DEADLINE_MS, onProgress, signal } = this.#options;
    const wish = {
      revision: bundle.revision,
      functions: await wishedFunctions(bundle, { act, workers, port, before }),
      env: Deno.env.toObject(),
      deadlineMs,
      leftMs: Math.min(deadlineMs, Math.max(1, endsAt - performance.now())),
    };
    return await this.#told(await this.#supervisor.apply(act, wish, { onProgress, signal }));
  }

  async #told(status: SupervisedStatus): Promise<DeploymentStatus> {
    this.#url = status.url;
    return { ...status, triggers: await triggerStatus(status.revision, this.#folder) };
  }

  async #state(): Promise<DeployedState | undefined> {
    const state = await readState(this.#folder.stateFile);
    if (state !== undefined) this.#url = urlOf(state.functions[0]!);
    return state;
  }

  /** What is to run: what was bundled, else what is deployed. */
  async #wished(state: DeployedState | undefined): Promise<Bundle> {
    if (this.#bundle !== undefined) return this.#bundle;
    if (state === undefined) throw this.#missing("deploy");
    return await readRevision(`deploy "${this.name}"`, state.revision, this.#folder);
  }

  #missing(act: string): DeployError {
    return new DeployError(
      `${act} "${this.name}"`,
      `no such deployment is known in ${this.#folder.state}. LEVADA_STATE says where else`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
