import { MANAGED_LABEL } from "../objects/managed_label.ts";
import { DeployError } from "../deploy_error.ts";
import { deploymentDisplay, viewOf } from "../deployment_display.ts";
import type { Deployment, DeploymentStatus, DeployPlan, LogReading } from "../deployment.ts";
import { invokeFunction } from "../ask/invoke_function.ts";
import type { BundleWish } from "../open_deployment.ts";
import type { OnProgress, ShownAct } from "../show_act.ts";
import { functionsOfBundle } from "../settings/deployed_functions.ts";
import { ClusterLookUp } from "./cluster_look_up.ts";
import { changeRelease, linesOf, type Planned } from "./change_release.ts";
import { type DashboardAccess, dashboardAccess } from "./dashboard_access.ts";
import { DashboardClient } from "./dashboard_client.ts";
import { type FunctionSpecs, functionSpecs } from "./function_specs.ts";
import { invokeByDashboard, outerUrl } from "./invoke_nuclio.ts";
import { calledOf, FUNCTION_LABEL, GRAPH_LABEL, PROJECT_LABEL } from "./labels.ts";
import type { NuclioFunction } from "./nuclio_function.ts";
import { NUCLIO_DEADLINE_MS, type NuclioOptions, type PodLookUp, type PodTrouble } from "./nuclio_options.ts";
import { logsOf } from "./nuclio_logs.ts";
import { PodLooker } from "./pod_looker.ts";
import { isReady } from "./follow_state.ts";
import { type NuclioDeploymentStatus, statusOf } from "./nuclio_status.ts";
import { changesOf } from "./release_changes.ts";
import { recordOf, type Release } from "./release_record.ts";

/** A function at Nuclio: one there for itself and for each child, of a prebuilt image. */
export class NuclioDeployment implements Deployment {
  readonly name: string;
  readonly #options: NuclioOptions & BundleWish;
  readonly #project: string;
  #opened: DashboardClient | undefined;
  #url: string | undefined;
  /** What the plan has said that would change. */
  #told: readonly string[] | undefined;

  /** Made by `fn.deploy`; without a bundle it is what is deployed already. Nothing is asked yet. */
  constructor(name: string, options: NuclioOptions & BundleWish = {}) {
    this.name = name;
    this.#options = options;
    this.#project = options.project ?? "default";
  }

  get url(): string {
    const url = this.#options.invokeUrl ?? this.#url;
    if (url !== undefined) return url;
    throw new DeployError(`tell the url of "${this.name}"`, "it is not deployed yet: await deployment.apply()");
  }

  async plan(): Promise<DeployPlan> {
    const planned = await this.#planned("plan");
    const { release, notes } = planned;
    return { name: this.name, revision: release.revision, changes: this.#told = linesOf(planned), notes };
  }

  async apply(): Promise<DeploymentStatus> {
    return await this.#shown("deploy", async (tell) => {
      const untilMs = this.#untilMs();
      const planned = await this.#planned("deploy");
      const lines = linesOf(planned);
      const told = this.#told;
      this.#told = undefined;
      if (told !== undefined && lines.join("\n") !== told.join("\n")) {
        const now = lines.length === 0 ? "nothing is left to change" : lines.join("; ");
        tell({
          state: "replanned",
          function: undefined,
          url: undefined,
          note: `It is otherwise since the plan: ${now}`,
        });
      }
      if (planned.changes.length > 0) await this.#change("deploy", planned, { untilMs, tell });
      return await this.status();
    });
  }

  async status(): Promise<NuclioDeploymentStatus> {
    const act = `tell the state of "${this.name}"`;
    const there = this.#present(act, await this.#there());
    const client = this.#client();
    const replicas = await Promise.all(
      there.map(async ({ metadata: { name } }) =>
        await client.replicas(name, this.#options.signal).then(({ length }) => length, () => 0)
      ),
    );
    const status = statusOf(this.name, there, {
      replicas,
      record: recordOf(there),
      url: this.#options.invokeUrl,
      troubles: await this.#troubles(there.filter(({ status = {} }) => !isReady(status))),
    });
    this.#url = status.url;
    const { namespace, context, token } = this.#options;
    return {
      ...status,
      dashboard: this.#access().url,
      project: this.#project,
      ...namespace !== undefined && { namespace },
      ...context !== undefined && { context },
      ...token !== undefined && { token },
    };
  }

  /** Its graph, where it answers, and what can be done next, where a notebook looks for it. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    const status = await this.status();
    return await deploymentDisplay(status, viewOf(status, this.#options.bundle));
  }

  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async invoke<Reply = any>(path: string, ...body: [body?: unknown]): Promise<Reply> {
    const { invokeUrl, invokeToken, bundle } = this.#options;
    const asked = body.length === 0 ? { path } : { path, body: body[0] };
    const act = `invoke "${this.name}"`;
    const fn = this.#present(act, await this.#there()).find(({ metadata }) => metadata.name === this.name);
    if (fn === undefined) throw new DeployError(act, "Nuclio has its children alone. Deploy it again");
    const own = bundle === undefined ? undefined : functionsOfBundle(bundle)[0];
    const token = invokeToken ?? own?.settings.tokens?.[0];
    const access = this.#access();
    const url = outerUrl(act, { fn, token, invokeUrl, ingress: own?.cluster.ingress, dashboard: access.url });
    if (url === undefined) return await invokeByDashboard(act, { ...access, fn, token }, asked) as Reply;
    const settings = token === undefined ? {} : { tokens: [token] };
    return await invokeFunction(this.name, { url, settings }, asked) as Reply;
  }

  async *logs(options: LogReading = {}): AsyncGenerator<string> {
    const act = `read the logs of "${this.name}"`;
    const there = this.#present(act, await this.#there());
    const names = there.map(partOf);
    if (options.function !== undefined && !names.includes(options.function)) {
      throw new DeployError(act, `it has no function "${options.function}", only ${names.join(", ")}`);
    }
    const read = there.filter((fn) => (options.function ?? partOf(fn)) === partOf(fn)).map((fn) => ({
      name: fn.metadata.name,
      prefix: options.function === undefined && there.length > 1 ? `${partOf(fn)} | ` : "",
    }));
    yield* logsOf(this.#client(), read, options);
  }

  async planRollback(): Promise<DeployPlan> {
    const before = await this.#before();
    return { name: this.name, revision: before.release.revision, changes: linesOf(before), notes: [] };
  }

  async rollback(): Promise<DeploymentStatus> {
    return await this.#shown("rollback", async (tell) => {
      const untilMs = this.#untilMs();
      await this.#change("roll back", await this.#before(), { untilMs, tell });
      return await this.status();
    });
  }

  async delete(): Promise<void> {
    const act = `delete "${this.name}"`;
    const there = this.#present(act, await this.#there());
    for (const { metadata: { name } } of there) {
      await this.#client().remove(name, { force: true, signal: this.#options.signal });
    }
    this.#url = undefined;
  }

  /** What the cluster says of functions that are not ready, where it can be asked. */
  async #troubles(functions: readonly NuclioFunction[]): Promise<ReadonlyMap<string, PodTrouble>> {
    if (functions.length === 0) return new Map();
    using looking = await this.#lookUp();
    const client = this.#client();
    const { signal } = this.#options;
    const told = await Promise.all(functions.map(async (fn) => {
      const { name, namespace } = fn.metadata;
      await using looker = new PodLooker(client, name, { namespace, signal, lookUp: looking.lookUp });
      return [name, await looker.lookNow()] as const;
    }));
    return new Map(told.filter((one): one is readonly [string, PodTrouble] => one[1] !== undefined));
  }

  async #lookUp(): Promise<{ readonly lookUp: PodLookUp | undefined } & Disposable> {
    const { lookUp, kubeconfig, context } = this.#options;
    const wish = { ...kubeconfig !== undefined && { kubeconfig }, ...context !== undefined && { context } };
    const opened = lookUp === undefined ? await ClusterLookUp.open(wish) : undefined;
    return opened ?? { lookUp, [Symbol.dispose]: () => {} };
  }

  async #planned(verb: string): Promise<Planned> {
    const act = `${verb} "${this.name}"`;
    const { bundle, signal } = this.#options;
    if (bundle === undefined) throw new DeployError(act, "it has no bundle: deploy it from its notebook or module");
    const { functions, notes } = this.#specs(act, bundle);
    const client = this.#client();
    if (!await client.hasProject(this.#project, signal)) {
      throw new DeployError(act, `Nuclio has no project "${this.#project}": make it, or say another by \`project\``);
    }
    const there = await this.#there();
    for (const { metadata: { name } } of functions) {
      if (there.some((one) => one.metadata.name === name)) continue;
      const other = await client.read(name, signal);
      if (other === undefined) continue;
      const whose = other.metadata.labels?.[GRAPH_LABEL];
      const owner = whose === undefined ? "is not Levada's" : `belongs to graph "${whose}", project ` +
        `"${other.metadata.labels?.["nuclio.io/project-name"]}"`;
      throw new DeployError(act, `Nuclio has a function "${name}" that ${owner}. Delete it, or name yours otherwise`);
    }
    const record = recordOf(there);
    const release: Release = { revision: bundle.revision, deployedAt: new Date().toISOString(), functions };
    return { release, record, there, notes, changes: changesOf(functions, there, record) };
  }

  #specs(act: string, bundle: NonNullable<BundleWish["bundle"]>): FunctionSpecs {
    const { image, namespace, imagePullSecrets, replicas, nodePort, mirrorSchedules, deadlineMs = NUCLIO_DEADLINE_MS } =
      this.#options;
    const wish = { image, namespace, imagePullSecrets, replicas, nodePort, mirrorSchedules, deadlineMs };
    return functionSpecs(act, bundle, { ...wish, project: this.#project });
  }

  /** What ran before, and what has to be done that it runs again. */
  async #before(): Promise<Planned> {
    const act = `roll back "${this.name}"`;
    const there = this.#present(act, await this.#there());
    const record = recordOf(there);
    if (record?.previous === undefined) throw new DeployError(act, "nothing ran before, as far as its functions tell");
    const release = { ...record.previous, deployedAt: new Date().toISOString() };
    return { release, record, there, notes: [], changes: changesOf(release.functions, there, record) };
  }

  /** Does something that is shown, by itself. */
  async #shown(
    kind: ShownAct["kind"],
    work: (tell: OnProgress) => Promise<DeploymentStatus>,
  ): Promise<DeploymentStatus> {
    const { show, onProgress, deadlineMs = NUCLIO_DEADLINE_MS, spentMs = 0 } = this.#options;
    if (show === undefined) return await work((progress) => onProgress?.(progress));
    return await show(
      { name: this.name, kind, deadlineMs: Math.max(1, deadlineMs - spentMs) },
      (told) => work((progress) => told?.(progress)),
    );
  }

  async #change(
    verb: string,
    planned: Planned,
    wish: { readonly untilMs: number; readonly tell: OnProgress },
  ): Promise<void> {
    const { signal, namespace } = this.#options;
    using looking = await this.#lookUp();
    const { lookUp } = looking;
    await changeRelease(`${verb} "${this.name}"`, planned, {
      ...wish,
      client: this.#client(),
      signal,
      lookUp,
      namespace,
    });
  }

  /** Its functions at the dashboard, the first answers callers. */
  async #there(): Promise<NuclioFunction[]> {
    const labels = { [MANAGED_LABEL]: "levada", [GRAPH_LABEL]: this.name, [PROJECT_LABEL]: this.#project };
    const all = await this.#client().list(this.#project, { labels, signal: this.#options.signal });
    const own = all.filter((fn) => fn.metadata.name === calledOf(this.name, partOf(fn)));
    const order = recordOf(own)?.functions.map(({ metadata: { name } }) => name).reverse() ?? [this.name];
    const place = ({ metadata: { name } }: NuclioFunction) => order.includes(name) ? order.indexOf(name) : order.length;
    return own.sort((one, other) => place(one) - place(other));
  }

  #present(act: string, there: NuclioFunction[]): NuclioFunction[] {
    if (there.length > 0) return there;
    throw new DeployError(act, `Nuclio has no function of it in project "${this.#project}". Deploy it first`);
  }

  #client(): DashboardClient {
    return this.#opened ??= new DashboardClient(this.#access());
  }

  #access(): DashboardAccess {
    return dashboardAccess(`reach Nuclio for "${this.name}"`, this.#options);
  }

  #untilMs(): number {
    const { deadlineMs = NUCLIO_DEADLINE_MS, spentMs = 0 } = this.#options;
    return performance.now() + deadlineMs - spentMs;
  }
}

/** The child's name, or the serving function's own. */
function partOf({ metadata: { labels, name } }: NuclioFunction): string {
  return labels?.[FUNCTION_LABEL] ?? name;
}
