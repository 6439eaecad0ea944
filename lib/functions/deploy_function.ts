import type { bundleCode, bundleModule } from "../bundle/make_bundle.ts";
import type { SlicedModule } from "../bundle/sliced_module.ts";
import type { deployBundle, recordDeploy } from "../deploy/deploy_bundle.ts";
import {
  checkOptions,
  type ClusterDeployOptions,
  type DeployOptions,
  type ProcessDeployOptions,
} from "../deploy/deploy_options.ts";
import type { ClusterDeployment } from "../deploy/kubernetes/cluster_deployment.ts";
import type { ProcessDeployment } from "../deploy/process/deployment.ts";
import type { Deployment } from "../deploy/deployment.ts";
import type { ShowAct } from "../deploy/show_act.ts";
import type { showDeploy } from "../deploy/show_deploy.ts";
import { BundleError } from "../errors.ts";
import { describeUnits } from "./describe_units.ts";
import { DeployError } from "../deploy/deploy_error.ts";

/** What goes with a function. */
export interface CodeOptions {
  /** The module whose export the function is, `import.meta.url`. Default: the notebook that runs. */
  readonly module?: string;
  /** The name of the export. Default: `default`. */
  readonly export?: string;
  /** Files that go with it; models that the function names by paths go by themselves. */
  readonly files?: readonly string[];
  /** Packages that are not taken into its code, besides native ones. */
  readonly external?: readonly string[];
}

/** How a function is deployed, and what goes with it. */
export type DeployFunctionOptions = DeployOptions & CodeOptions;

/** `fn.deploy()`: what it gives is said by the target. */
export interface DeployMethod {
  /** To processes of this machine. */
  (options?: ProcessDeployOptions & CodeOptions): Promise<ProcessDeployment>;
  /** To pods of a cluster. */
  (options: ClusterDeployOptions & CodeOptions): Promise<ClusterDeployment>;
  /** To any target. */
  (options: DeployFunctionOptions): Promise<Deployment>;
}

const RECORD = "LEVADA_RECORD_DEPLOY";

/** Makes a bundle of a function and deploys it. */
export async function deployFunction(
  fn: { readonly name: string; code(): Promise<SlicedModule> },
  { module, export: exported, files, external, ...options }: DeployFunctionOptions,
  // deno-lint-ignore no-explicit-any -- a method of `DeployMethod`: the target says which
): Promise<any> {
  const startedAt = performance.now();
  const act = `deploy function "${fn.name}"`;
  checkOptions(act, options);
  if (module === undefined && !(Symbol.for("levada.notebook") in globalThis)) {
    throw new DeployError(
      act,
      "its code is in no notebook of Levada's kernel. In a module say which: deploy({ module: import.meta.url }); or run " +
        "`levada deploy NOTEBOOK|MODULE`",
    );
  }
  const { whole, apart } = describeUnits(fn);
  if (whole.length + apart.length > 0) throw new BundleError(act, [...whole, ...apart]);
  const { bundleCode: ofCode, bundleModule: ofModule, deployBundle: deploy, recordDeploy: record, showDeploy: show } =
    await load(act);
  const file = Deno.env.get(RECORD); // `levada deploy NOTEBOOK` runs the cells, and deploys by itself
  if (file !== undefined) return await record(file, fn.name, options);
  const wish = { export: exported, files, external };
  const deployed = async (shown: ShowAct | undefined): Promise<Deployment> => {
    const bundle = module === undefined ? await ofCode(await fn.code(), wish) : await ofModule(new URL(module), wish);
    const spentMs = performance.now() - startedAt;
    return await deploy(bundle, { ...options, spentMs, ...(shown === undefined ? {} : { show: shown }) });
  };
  const { target = "process", dryRun = false, deadlineMs } = options;
  if (options.onProgress !== undefined) return await deployed(undefined);
  return await show({ name: fn.name, target, deadlineMs, isDry: dryRun }, deployed);
}

interface Loaded {
  readonly bundleCode: typeof bundleCode;
  readonly bundleModule: typeof bundleModule;
  readonly deployBundle: typeof deployBundle;
  readonly recordDeploy: typeof recordDeploy;
  readonly showDeploy: typeof showDeploy;
}

async function load(act: string): Promise<Loaded> {
  const bundling = "../bundle/make_bundle.ts"; // in variables: a bundle does not bring what makes bundles
  const deploying = "../deploy/deploy_bundle.ts";
  const showing = "../deploy/show_deploy.ts";
  try {
    return { ...await import(bundling), ...await import(deploying), ...await import(showing) } as Loaded;
  } catch (error) {
    throw new DeployError(
      act,
      "this program is the one that was deployed. Where a module deploys itself, do it `if (import.meta.main)`",
      { cause: error },
    );
  }
}
