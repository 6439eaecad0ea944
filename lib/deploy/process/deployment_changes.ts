import { type Bundle, manifestOf } from "../../bundle/bundle.ts";
import { probeBundle } from "../../bundle/describe_function.ts";
import { BundleError } from "../../errors.ts";
import { DeployError } from "../deploy_error.ts";
import type { DeployPlan } from "../deployment.ts";
import type { DeployedState, SupervisedStatus, WishedFunction } from "./deployed_state.ts";
import { lockDeployment } from "./deploy_lock.ts";
import { keepRevision, keptManifests, keptRevisions, readRevision } from "./keep_revision.ts";
import { planOf } from "./plan.ts";
import { DEADLINE_MS, type ProcessOptions } from "./process_options.ts";
import { checkForgettable, readState } from "./read_state.ts";
import { retireGroups } from "./retire_groups.ts";
import type { DeploymentFolder } from "./state_folder.ts";
import { fetchClients } from "./stream_clients.ts";
import type { SupervisorClient } from "./supervisor_client.ts";
import { forgetTimes } from "./trigger_status.ts";
import { asTheyRan, wishedFunctions } from "./wished_functions.ts";

/** How it is gone back. */
export interface RollbackOptions {
  /** Whether the processes get the environment of who asks, in place of what they had. Default false. */
  readonly renew?: boolean;
}

/** Of what a deployment is changed, and how. */
export interface ChangesParts {
  readonly folder: DeploymentFolder;
  readonly supervisor: SupervisorClient;
  /** What is wished. Default: what is deployed. */
  readonly bundle: Bundle | undefined;
  /** What making it has taken of the deadline, in milliseconds. Default 0. */
  readonly spentMs: number | undefined;
  readonly options: ProcessOptions;
}

/** How a bundle is run. */
interface RunWish {
  readonly functions: readonly WishedFunction[];
  /** By the clock of `performance.now()`. Default: there is a deadline for the processes alone. */
  readonly endsAt?: number;
  /** Whether its processes get the environment that the revision had. Default: that of this process. */
  readonly keepsEnvironment?: boolean;
}

/** What changes a deployment, one change at a time: each has its lock. */
export class DeploymentChanges {
  readonly #parts: ChangesParts;
  /** The revision whose streams have what they need. */
  #fetchedFor: string | undefined;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  /** See `Deployment.plan`. */
  async plan(): Promise<DeployPlan> {
    const { folder, supervisor, options } = this.#parts;
    const act = this.#act("deploy");
    const state = await readState(act, folder);
    const status = await supervisor.status(act);
    const bundle = await this.#wished(state);
    await this.#fetchClients(act, bundle);
    return await planOf({
      state,
      status,
      bundle,
      folder,
      options: { ...options, functions: await this.#functions(act, bundle) },
    });
  }

  /** See `Deployment.apply`. */
  async apply(): Promise<SupervisedStatus> {
    const { folder, spentMs = 0, options: { deadlineMs = DEADLINE_MS, signal } } = this.#parts;
    const act = this.#act("deploy");
    const endsAt = performance.now() + deadlineMs - spentMs;
    using _lock = await lockDeployment(act, folder);
    const state = await readState(act, folder);
    try {
      return await this.#begin(act, state, endsAt);
    } catch (error) {
      if (state === undefined && !signal?.aborted) { // it never ran; given up, it may still be ending
        await this.#removeFolder(act).catch(() => {});
      }
      throw error;
    }
  }

  /** See `Deployment.resume`. */
  async resume(): Promise<SupervisedStatus> {
    const { folder, supervisor, options: { deadlineMs = DEADLINE_MS, signal } } = this.#parts;
    const act = this.#act("resume");
    const endsAt = performance.now() + deadlineMs;
    if (await readState(act, folder) === undefined) throw missing("resume", folder);
    using _lock = await lockDeployment(act, folder, { waitMs: deadlineMs, signal }); // another may resume it just now
    const state = await readState(act, folder);
    if (state === undefined) throw missing("resume", folder);
    const status = await supervisor.status(act);
    if (status !== undefined) return status;
    const bundle = await readRevision(act, state.revision, folder);
    await this.#fetchClients(act, bundle);
    const functions = asTheyRan(bundle, state.functions);
    return await this.#run(act, bundle, { functions, endsAt });
  }

  /** See `Deployment.planRollback`. */
  async planRollback({ renew = false }: RollbackOptions): Promise<DeployPlan> {
    const { folder, supervisor } = this.#parts;
    const act = this.#act("roll back");
    const { state, bundle, functions } = await this.#before(act);
    await this.#fetchClients(act, bundle);
    const status = await supervisor.status(act);
    const plan = await planOf({ state, status, bundle, folder, options: { functions } });
    const env = renew
      ? "that of who asks"
      : remembers(status, bundle)
      ? `what revision ${bundle.revision} had`
      : `nobody knows what revision ${bundle.revision} had: only ${renewing(folder)}`;
    return { ...plan, changes: [...plan.changes, `environment: ${env}`] };
  }

  /** See `Deployment.rollback`. */
  async rollback({ renew = false }: RollbackOptions): Promise<SupervisedStatus> {
    const { folder, supervisor } = this.#parts;
    const act = this.#act("roll back");
    await this.#before(act);
    using _lock = await lockDeployment(act, folder);
    const { state, bundle, functions } = await this.#before(act);
    if (!renew && !remembers(await supervisor.status(act), bundle)) {
      throw new DeployError(
        act,
        `nobody knows the environment that revision ${bundle.revision} had: it is written nowhere, and the supervisor that knew it ` +
          `is gone. What runs runs on. Only ${renewing(folder)}`,
      );
    }
    await this.#fetchClients(act, bundle);
    return await this.#replace(act, { before: await this.#kept(state), bundle, functions, keepsEnvironment: !renew });
  }

  /** See `Deployment.delete`. */
  async delete(): Promise<void> {
    const { folder, supervisor } = this.#parts;
    const act = this.#act("delete");
    if (!await exists(folder.path)) throw missing("delete", folder);
    using _lock = await lockDeployment(act, folder);
    await checkForgettable(act, folder);
    using _gone = await supervisor.end(act);
    for (const revision of await keptRevisions(folder)) await forgetTimes(revision, folder);
    const faults = await retireGroups(await keptManifests(folder), folder);
    await Deno.remove(folder.path, { recursive: true });
    if (faults.length > 0) throw new DeployError(act, `it is deleted, but ${faults.join("; ")}`);
  }

  async #begin(act: string, state: DeployedState | undefined, endsAt: number): Promise<SupervisedStatus> {
    const { folder, supervisor, options: { onProgress, signal } } = this.#parts;
    const bundle = await this.#wished(state);
    const { changes, notes } = await this.plan();
    const status = await supervisor.status(act);
    if (changes.length === 0 && status !== undefined) return status;
    for (const note of notes) onProgress?.({ state: "noted", function: undefined, url: undefined, note });
    if (state?.revision !== bundle.revision) {
      onProgress?.({ state: "checking", function: undefined, url: undefined });
      await probeBundle(bundle, { timeoutMs: Math.max(1, endsAt - performance.now()), signal });
    }
    signal?.throwIfAborted();
    await keepRevision(act, bundle, folder);
    const functions = await this.#functions(act, bundle);
    return await this.#replace(act, { before: await this.#kept(state), bundle, functions, endsAt });
  }

  /** Runs a bundle; the groups of who runs no longer, or never did, hold nobody up. */
  async #replace(
    act: string,
    { before, bundle, ...wish }: RunWish & { before: Bundle | undefined; bundle: Bundle },
  ): Promise<SupervisedStatus> {
    const { folder, options: { onProgress, signal } } = this.#parts;
    let status: SupervisedStatus;
    try {
      status = await this.#run(act, bundle, wish);
    } catch (error) {
      if (!signal?.aborted) await retireGroups([bundle], { ...folder, running: before }); // given up, it may still be ending
      throw error;
    }
    for (const note of await retireGroups(before === undefined ? [] : [before], { ...folder, running: bundle })) {
      onProgress?.({ state: "noted", function: undefined, url: undefined, note });
    }
    return status;
  }

  async #run(
    act: string,
    { revision }: Bundle,
    { functions, endsAt = Infinity, keepsEnvironment = false }: RunWish,
  ): Promise<SupervisedStatus> {
    const { supervisor, options: { deadlineMs = DEADLINE_MS, onProgress, signal } } = this.#parts;
    const wish = {
      revision,
      functions,
      ...keepsEnvironment ? {} : { env: Deno.env.toObject() },
      deadlineMs,
      leftMs: Math.min(deadlineMs, Math.max(1, endsAt - performance.now())),
    };
    return await supervisor.apply(act, wish, { onProgress, signal });
  }

  /** How the functions of a bundle are to run; those that ran before as they did, where nobody says more. */
  async #functions(act: string, bundle: Bundle, before?: DeployedState["functions"]): Promise<WishedFunction[]> {
    const { workers, port } = this.#parts.options;
    return await wishedFunctions(bundle, { act, workers, port, ...before === undefined ? {} : { before } });
  }

  /** What ran before what is deployed, and how. */
  async #before(act: string): Promise<{ state: DeployedState; bundle: Bundle; functions: readonly WishedFunction[] }> {
    const { folder } = this.#parts;
    const state = await readState(act, folder);
    if (state === undefined) throw missing("roll back", folder);
    const { previous, previousFunctions } = state;
    if (previous === undefined) throw new DeployError(act, "there is no revision before this one");
    const bundle = await readRevision(act, previous, folder);
    const functions = previousFunctions === undefined
      ? await this.#functions(act, bundle, state.functions)
      : asTheyRan(bundle, previousFunctions).map((one) => ({ ...one, port: undefined })); // those of now stay
    return { state, bundle, functions };
  }

  /** What is deployed; undefined where that cannot be read. */
  async #kept(state: DeployedState | undefined): Promise<Bundle | undefined> {
    if (state === undefined) return undefined;
    return await readRevision("read what is deployed", state.revision, this.#parts.folder).catch(() => undefined);
  }

  /** Before anything of a bundle runs, what its streams need is there; looked for once. */
  async #fetchClients(act: string, bundle: Bundle): Promise<void> {
    if (this.#fetchedFor === bundle.revision) return;
    const { spentMs = 0, options: { deadlineMs = DEADLINE_MS, onProgress, signal } } = this.#parts;
    const endsAt = performance.now() + deadlineMs - spentMs;
    await fetchClients(act, bundle, { endsAt, onProgress, signal });
    this.#fetchedFor = bundle.revision;
  }

  /** Removes all of a deployment that has never run; nothing where its supervisor lives. */
  async #removeFolder(act: string): Promise<void> {
    const { folder, supervisor } = this.#parts;
    using _gone = await supervisor.keepGone(act);
    await Deno.remove(folder.path, { recursive: true });
  }

  /** What is to run: what was bundled, else what is deployed. */
  async #wished(state: DeployedState | undefined): Promise<Bundle> {
    const { folder, bundle } = this.#parts;
    if (bundle !== undefined) {
      const { faults = [] } = manifestOf(bundle);
      if (faults.length > 0) throw new BundleError(this.#act("deploy"), faults);
      return bundle;
    }
    if (state === undefined) throw missing("deploy", folder);
    return await readRevision(this.#act("deploy"), state.revision, folder);
  }

  #act(verb: string): string {
    return `${verb} "${this.#parts.folder.name}"`;
  }
}

/** Whether it is known which environment a revision had. */
function remembers(status: SupervisedStatus | undefined, { revision }: Bundle): boolean {
  return status?.remembers?.includes(revision) === true;
}

function renewing({ name }: Pick<DeploymentFolder, "name">): string {
  return `with the environment of who asks it can run: \`levada rollback ${name} --renew\`, rollback({ renew: true })`;
}

/** There is no such deployment. */
export function missing(act: string, { name, state }: Pick<DeploymentFolder, "name" | "state">): DeployError {
  return new DeployError(
    `${act} "${name}"`,
    `no such deployment is known in ${state}. LEVADA_STATE says where else`,
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
