import type { Bundle } from "../../bundle/bundle.ts";
import { probeBundle } from "../../bundle/describe_function.ts";
import { DeployError } from "../deploy_error.ts";
import type { Deployment, DeployPlan, LogReading } from "../deployment.ts";
import type { BundleWish } from "../open_deployment.ts";
import type { OnProgress, ShowAct, ShownAct } from "../show_act.ts";
import { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterObjects } from "../cluster/cluster_objects.ts";
import { clusterAccess } from "../cluster/kubeconfig.ts";
import { ClusterChanges, missing } from "./cluster_changes.ts";
import { deploymentDisplay, viewOf } from "../deployment_display.ts";
import { CLUSTER_DEADLINE_MS, type ClusterOptions } from "./cluster_options.ts";
import { type ClusterStatus, clusterStatus } from "./cluster_status.ts";
import { invokeByServer, invokeFromOutside, outsideOf } from "./invoke_release.ts";
import { liveFunctions } from "./live_functions.ts";
import { checkPlace } from "./check_place.ts";
import type { Release } from "./release.ts";
import { releaseOf } from "./release_of.ts";
import { deployedNames, readRecord } from "./release_record.ts";
import { codeNote, storeCode } from "./stored_code.ts";
import { releaseLogs } from "./rollout/release_logs.ts";

/** A cluster that is asked. */
interface Opened {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly changes: ClusterChanges;
  readonly place: { readonly name: string; readonly namespace: string };
}

/** How what ran before is had run again. */
export interface ClusterRollbackOptions {
  /** Takes over what somebody else has written into its objects, as `force` of a deploy does. Default: as the deployment was opened, false. */
  readonly force?: boolean;
}

/** How an act goes on that is not as the deployment was opened. */
interface ActOptions extends ClusterRollbackOptions {
  readonly onProgress?: OnProgress | undefined;
}

/** A function where it is deployed in a cluster: pods behind a Service, for it and for each child. */
export class ClusterDeployment implements Deployment {
  /** The function's name. */
  readonly name: string;
  readonly #bundle: Bundle | undefined;
  readonly #options: ClusterOptions;
  readonly #show: ShowAct;
  readonly #saidMs: number | undefined;
  #url: string | undefined;

  /** Made by `fn.deploy`; without a bundle it is what is deployed already. */
  constructor(name: string, { bundle, spentMs = 0, show, ...options }: ClusterOptions & BundleWish = {}) {
    this.name = name;
    this.#bundle = bundle;
    this.#show = show ?? ((_, work) => work(options.onProgress));
    this.#saidMs = options.deadlineMs; // what is left of it is another each time, and would be another pod
    this.#options = { ...options, deadlineMs: Math.max(1, (options.deadlineMs ?? CLUSTER_DEADLINE_MS) - spentMs) };
  }

  /**
   * Where the function answers: for the world where it has an ingress or a route, else within the cluster.
   *
   * @throws {DeployError} Before it is deployed.
   */
  get url(): string {
    if (this.#url !== undefined) return this.#url;
    throw new DeployError(`tell the url of "${this.name}"`, "it is not deployed yet: await deployment.apply()");
  }

  /** What `apply` would change, as the cluster says it; nothing is changed. */
  async plan(): Promise<DeployPlan> {
    return await this.#within(
      "deploy",
      async (act, { changes, place }) => {
        const release = await this.#release(act, place);
        const plan = await changes.plan(act, release);
        return { ...plan, notes: [codeNote(release), ...plan.notes] };
      },
    );
  }

  /**
   * Has it run: new pods are ready before the old ones end, and where they do not come to be ready, the release before is applied again. What
   * runs as it is wished is left as it is.
   *
   * @throws {BundleError | ClusterError | DeployError} If the cluster refuses it, which changes nothing; or it does not come to be ready, with
   * the reason and the last lines of who said it; or another changes it now.
   */
  async apply(): Promise<ClusterStatus> {
    return await this.#shown("deploy", (onProgress) => this.#apply(onProgress));
  }

  async #apply(onProgress: OnProgress | undefined): Promise<ClusterStatus> {
    const { signal, deadlineMs = CLUSTER_DEADLINE_MS } = this.#options;
    return await this.#within("deploy", async (act, opened) => {
      const release = await this.#release(act, opened.place);
      if (this.#bundle !== undefined) {
        onProgress?.({ state: "checking", function: undefined, url: undefined });
        await probeBundle(this.#bundle, { timeoutMs: deadlineMs, signal });
      }
      if (release.code.kind === "store" && this.#bundle !== undefined) {
        await storeCode(act, this.#bundle, release.code.url, signal);
      }
      await opened.changes.apply(act, release);
      return await this.#status(act, opened);
    }, { onProgress });
  }

  /** How it is, and why it is not ready, in words. */
  async status(): Promise<ClusterStatus> {
    return await this.#within("tell the state of", (act, opened) => this.#status(act, opened));
  }

  /** Its graph, where it answers, and what can be done next, where a notebook looks for it. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    const status = await this.status();
    return await deploymentDisplay(status, viewOf(status, this.#bundle));
  }

  /**
   * Asks the function: with a body by POST, one that is undefined too, else by GET. Gives the reply's JSON, else its text. It is asked by the
   * ingress or route that the bundle names, with the token that it names, where this deployment was made with one; else through the API server, which takes
   * `get` and `create` of `services/proxy`. Nothing that stands in the cluster says which secret is sent, or where to.
   */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async invoke<Reply = any>(path: string, ...body: [body?: unknown]): Promise<Reply> {
    const asked = body.length === 0 ? { path } : { path, body: body[0] };
    return await this.#within("invoke", async (act, opened) => {
      const outside = this.#bundle && outsideOf(this.#bundle);
      if (outside !== undefined) return await invokeFromOutside(act, outside, asked);
      const [fn] = await liveFunctions(opened.objects, opened.place);
      if (fn === undefined) throw missing(act, opened);
      return await invokeByServer(act, opened, { fn, place: opened.place, asked, signal: this.#options.signal });
    }) as Reply;
  }

  /** What its pods have written, line by line, each with its pod where there are several; with `follow` also what they write from now on. */
  async *logs(reading: LogReading = {}): AsyncGenerator<string> {
    const act = `read the logs of "${this.name}"`;
    using opened = await this.#open(act);
    const names = (await liveFunctions(opened.objects, opened.place)).map(({ name }) => name);
    if (names.length === 0) throw missing(act, opened);
    if (reading.function !== undefined && !names.includes(reading.function)) {
      throw new DeployError(act, `it has no function "${reading.function}", only ${names.join(", ")}`);
    }
    yield* releaseLogs(opened, reading);
  }

  /** What `rollback` would change; nothing is changed. */
  async planRollback(options: ClusterRollbackOptions = {}): Promise<DeployPlan> {
    return await this.#within("roll back", (act, { changes }) => changes.planRollback(act), options);
  }

  /**
   * Runs again what ran before.
   *
   * @throws {ClusterError | DeployError} If nothing did, or somebody else has written into its objects, and it is not forced; or it does not come to be ready, and what
   * ran is put back.
   */
  async rollback(options: ClusterRollbackOptions = {}): Promise<ClusterStatus> {
    return await this.#shown("rollback", (onProgress) =>
      this.#within("roll back", async (act, opened) => {
        await opened.changes.rollback(act);
        return await this.#status(act, opened);
      }, { ...options, onProgress }));
  }

  /** Removes all of it, and waits until it is gone. */
  async delete(): Promise<void> {
    await this.#within("delete", (act, { changes }) => changes.delete(act));
  }

  async #release(act: string, { namespace }: Opened["place"]): Promise<Release> {
    if (this.#bundle === undefined) throw new DeployError(act, "there is no bundle to deploy");
    const { image, bundleFolder, bundleUrl, imagePullSecrets, replicas } = this.#options;
    const said = { namespace, image, bundleFolder, bundleUrl, imagePullSecrets, replicas, deadlineMs: this.#saidMs };
    return await releaseOf(act, this.#bundle, said);
  }

  async #status(act: string, opened: Opened): Promise<ClusterStatus> {
    const { objects, place, client } = opened;
    const record = await readRecord(act, objects, place);
    const status = await clusterStatus(objects, place, { record, context: client.access.name });
    if (status === undefined) throw missing(act, opened);
    this.#url = status.url;
    return status;
  }

  /** Does something that is shown, by itself. */
  #shown(
    kind: ShownAct["kind"],
    work: (onProgress: OnProgress | undefined) => Promise<ClusterStatus>,
  ): Promise<ClusterStatus> {
    const { deadlineMs = CLUSTER_DEADLINE_MS } = this.#options;
    return this.#show({ name: this.name, kind, deadlineMs }, work);
  }

  async #within<Result>(
    verb: string,
    work: (act: string, opened: Opened) => Promise<Result>,
    { force, onProgress }: ActOptions = {},
  ): Promise<Result> {
    const act = `${verb} "${this.name}"`;
    const told = { ...(force === undefined ? {} : { force }), ...(onProgress === undefined ? {} : { onProgress }) };
    using opened = await this.#open(act, { ...this.#options, ...told });
    return await work(act, opened);
  }

  async #open(act: string, options = this.#options): Promise<Opened & Disposable> {
    const access = await clusterAccess(options);
    const { namespace = access.namespace } = options;
    const place = { name: this.name, namespace };
    checkPlace(act, this.#bundle === undefined ? place : { namespace }); // a bundle's name is looked at with all else of it
    const client = new ClusterClient(access);
    const objects = new ClusterObjects(client);
    const changes = new ClusterChanges({ client, objects, place, options });
    return { client, objects, changes, place, [Symbol.dispose]: () => client[Symbol.dispose]() };
  }
}

/** The names of all that is deployed in a namespace. */
export async function clusterDeploymentNames(
  options: Pick<ClusterOptions, "kubeconfig" | "context" | "namespace">,
): Promise<string[]> {
  const access = await clusterAccess(options);
  const { namespace = access.namespace } = options;
  checkPlace("list what is deployed", { namespace });
  using client = new ClusterClient(access);
  return await deployedNames(new ClusterObjects(client), namespace);
}
