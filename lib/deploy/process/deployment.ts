import { DeployError } from "../deploy_error.ts";
import type { Deployment, DeployPlan, LogReading } from "../deployment.ts";
import type { BundleWish } from "../open_deployment.ts";
import { type DeployedState, type ProcessStatus, type SupervisedStatus, urlOf } from "./deployed_state.ts";
import { DeploymentChanges, missing, type RollbackOptions } from "./deployment_changes.ts";
import { invokeFunction } from "../ask/invoke_function.ts";
import { readView } from "./keep_revision.ts";
import { Plot, type PlotOptions } from "../../plot/plot.ts";
import { DEADLINE_MS, type ProcessOptions } from "./process_options.ts";
import { type DeploymentRates, inOrder, ratesOf } from "./rates.ts";
import { readLogs } from "./read_logs.ts";
import { readMetrics } from "./read_metrics.ts";
import type { OnProgress, ShownAct } from "../show_act.ts";
import { readState } from "./read_state.ts";
import { withTroubles } from "./read_troubles.ts";
import { runningView } from "./running_view.ts";
import { type DeploymentFolder, deploymentFolder } from "./state_folder.ts";
import { silentStatus, stoppedStatus } from "./stopped_status.ts";
import { triggerStatus } from "./trigger_status.ts";
import { SupervisorClient } from "./supervisor_client.ts";

/** How rates are counted. */
export interface RatesOptions {
  /** How long, in milliseconds. Default 1,000. */
  readonly overMs?: number;
}

const RATES_MS = 1_000;
const LONGEST_RATES_MS = 3_600_000;

/**
 * A function where it is deployed: real processes of this machine, one or more for each function, joined by real streams, which outlive
 * the program that deployed them.
 */
export class ProcessDeployment implements Deployment {
  /** The function's name. */
  readonly name: string;
  readonly #folder: DeploymentFolder;
  readonly #changes: DeploymentChanges;
  readonly #does: <Result>(
    kind: ShownAct["kind"],
    work: (changes: DeploymentChanges) => Promise<Result>,
  ) => Promise<Result>;
  readonly #supervisor: SupervisorClient;
  #url: string | undefined;

  /** Made by `fn.deploy`; without a bundle it is what is deployed already. */
  constructor(name: string, { bundle, spentMs, show, ...options }: ProcessOptions & BundleWish = {}) {
    this.name = name;
    this.#folder = deploymentFolder(name);
    this.#supervisor = new SupervisorClient(this.#folder);
    const supervisor = this.#supervisor;
    const changes = (told: { onProgress?: OnProgress }) =>
      new DeploymentChanges({
        folder: this.#folder,
        supervisor,
        bundle,
        spentMs,
        options: { ...options, ...told },
      });
    this.#changes = changes({});
    const { deadlineMs = DEADLINE_MS } = options;
    this.#does = (kind, work) => {
      if (show === undefined) return work(this.#changes);
      const leftMs = Math.max(1, deadlineMs - (kind === "deploy" ? spentMs ?? 0 : 0));
      return show(
        { name, kind, deadlineMs: leftMs },
        (onProgress) => work(changes(onProgress === undefined ? {} : { onProgress })),
      );
    };
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
    await this.#state("deploy");
    return await this.#changes.plan();
  }

  /**
   * Has it run: the new processes listen before the old ones are asked to end, and when they do not start, the old ones stay. What runs
   * as it is wished is left as it is.
   *
   * @throws {DeployError} If it does not start, with the last lines that it wrote, or another changes it now.
   */
  async apply(): Promise<ProcessStatus> {
    await this.#state("deploy");
    return await this.#told(await this.#does("deploy", (changes) => changes.apply()));
  }

  /**
   * Has what is deployed run again where nothing of it does, as after a start of the machine: the same revision, on the same ports, with
   * the environment as it is now. What runs is left as it is.
   *
   * @throws {DeployError} If there is none, it does not start, or another changes it now.
   */
  async resume(): Promise<ProcessStatus> {
    return await this.#told(await this.#does("resume", (changes) => changes.resume()));
  }

  /**
   * How it is, and why it is not ready, in words.
   *
   * @throws {DeployError} If there is none, or what is deployed cannot be read.
   */
  async status(): Promise<ProcessStatus> {
    const verb = "tell the state of";
    const state = await this.#state(verb);
    const seen = await this.#supervisor.look();
    if (seen.life === "runs" && seen.status !== undefined) return await this.#told(await withTroubles(seen.status));
    if (state === undefined) throw missing(verb, this.#folder);
    return await this.#told(seen.life === "silent" ? silentStatus(state, seen.pid) : stoppedStatus(state));
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
    const state = await this.#state("read the logs of");
    if (state === undefined) throw missing("read the logs of", this.#folder);
    const names = state.functions.map(({ name }) => name);
    if (options.function !== undefined && !names.includes(options.function)) {
      const act = `read the logs of "${this.name}"`;
      throw new DeployError(act, `it has no function "${options.function}", only ${names.join(", ")}`);
    }
    yield* readLogs(this.#folder, names, options);
  }

  /** What `rollback` would change; nothing is changed. */
  async planRollback(options: RollbackOptions = {}): Promise<DeployPlan> {
    await this.#state("roll back");
    return await this.#changes.planRollback(options);
  }

  /**
   * Runs again what ran before, in the same way: with as many workers, served as it was, and with the environment that it had, on the
   * ports of now. That environment is in the memory of its supervisor alone.
   *
   * @throws {DeployError} If nothing did; or nobody knows its environment, since its supervisor has started anew, and `renew` is not said.
   */
  async rollback(options: RollbackOptions = {}): Promise<ProcessStatus> {
    return await this.#told(await this.#does("rollback", (changes) => changes.rollback(options)));
  }

  /**
   * Ends its processes, what they have accepted is done first, and forgets it and its schedules. Records in its streams stay, and how
   * far it has read them; who publishes there waits for it no more.
   *
   * @throws {DeployError} If there is none; its supervisor does not answer, and all is left as it is; or it is deleted, and a stream
   * cannot be told.
   */
  async delete(): Promise<void> {
    await this.#changes.delete();
  }

  async #told({ remembers: _, ...status }: SupervisedStatus): Promise<ProcessStatus> {
    this.#url = status.url;
    return { ...status, triggers: await triggerStatus(status.revision, this.#folder) };
  }

  async #state(verb: string): Promise<DeployedState | undefined> {
    const state = await readState(`${verb} "${this.name}"`, this.#folder);
    if (state !== undefined) this.#url = urlOf(state.functions[0]!);
    return state;
  }
}
