/** Functions that are deployed to a cluster, in a namespace of their own. */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Bundle } from "../../../lib/bundle/bundle.ts";
import { bundleModule } from "../../../lib/bundle/make_bundle.ts";
import { deployBundle } from "../../../lib/deploy/deploy_bundle.ts";
import type { ClusterDeployment } from "../../../lib/deploy/kubernetes/cluster_deployment.ts";
import type { ClusterOptions } from "../../../lib/deploy/kubernetes/cluster_options.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a command of the command line said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A namespace with the image that pods run. */
export interface ReleaseLab {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Deploys the function of a module of this text. */
  deploy(code: string, options?: ClusterOptions): Promise<ClusterDeployment>;
  /** What would be deployed. */
  plan(code: string, options?: ClusterOptions): Promise<ClusterDeployment>;
  /** Writes a module of this text; its path. */
  write(name: string, code: string): Promise<string>;
  /** Runs `levada`. */
  levada(...words: string[]): Promise<Said>;
  /** The same, with these variables too. */
  try(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Said>;
  /** Runs it, which has to go well, with these variables too; what it printed. */
  done(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** Starts it. */
  start(...words: string[]): Deno.ChildProcess;
  /** What kubectl reads there, as JSON. */
  // deno-lint-ignore no-explicit-any -- objects of every kind
  read(...words: string[]): Promise<any>;
  /** The names of everything of a deployment that is there, `deployment.apps/shop`. */
  left(name: string): Promise<string[]>;
}

const RUNNING = new Set<{ readonly words: string; readonly since: number }>();

/** The commands that run now, of all cases, and for how long: what one that hangs waits for. */
export function runningCommands(): string[] {
  return [...RUNNING].map(({ words, since }) => `${words}: for ${((performance.now() - since) / 1_000).toFixed(1)} s`);
}

const BUNDLES = new Map<string, Promise<Bundle>>();
const KINDS =
  "deployments,services,configmaps,serviceaccounts,networkpolicies,ingresses,hpa,pdb,leases,replicasets,pods,endpointslices";

/** Gives a test a namespace. */
export async function withReleaseLab(cluster: Cluster, test: (lab: ReleaseLab) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const namespace = await cluster.namespace("release");
  program ??= visibleProgram();
  const root = await program;
  const argv = ["deno", "run", "--no-prompt", `--lock=${join(root, "deno.lock")}`, "-A", join(root, "lib/cli/main.ts")];
  const image = "levada/runtime:1";
  await cluster.addImage("levada/runtime:", { argv });
  const { kubeconfig } = cluster;
  const open = async (code: string, options: ClusterOptions & { dryRun: boolean }) =>
    await deployBundle(await bundleOf(code), {
      kubeconfig,
      namespace,
      deadlineMs: 60_000,
      image,
      ...options,
      target: "kubernetes",
    });
  const command = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Deno.Command(Deno.execPath(), {
      args: [...argv.slice(1), ...words],
      cwd: folder.path,
      env: { NO_COLOR: "1", KUBECONFIG: kubeconfig, NAMESPACE: namespace, LEVADA_IMAGE: image, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  const read = async (...words: string[]) =>
    JSON.parse(await cluster.kubectl(["get", "-n", namespace, ...words, "-o", "json"]));
  using _left = { [Symbol.dispose]: () => cluster.leave(namespace) };
  await test({
    cluster,
    namespace,
    read,
    deploy: (code, options = {}) => open(code, { ...options, dryRun: false }),
    plan: (code, options = {}) => open(code, { ...options, dryRun: true }),
    async write(name, code) {
      const path = join(folder.path, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, code);
      return path;
    },
    levada: async (...words) => await said(command(words), words),
    try: async (words, env) => await said(command(words, env), words),
    async done(words, env) {
      const { code, out, err } = await said(command(words, env), words);
      if (code === 0) return out;
      throw new Error(`levada ${words.join(" ")} ended with ${code}: ${out}${err}`);
    },
    start: (...words) => command(words).spawn(),
    async left(name) {
      const { items } = await read(KINDS, "-l", `app.kubernetes.io/part-of=${name}`);
      return items.map(({ kind, metadata }: { kind: string; metadata: { name: string } }) => `${kind} ${metadata.name}`)
        .sort();
    },
  });
}

async function said(command: Deno.Command, words: readonly string[]): Promise<Said> {
  const running = { words: `levada ${words.join(" ")}`, since: performance.now() };
  RUNNING.add(running);
  const { code, stdout, stderr } = await command.output().finally(() => RUNNING.delete(running));
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

let program: Promise<string> | undefined;

/** The checkout, or where that lies in `/tmp` a copy: pods have a `/tmp` of their own. */
async function visibleProgram(): Promise<string> {
  if (!ROOT.startsWith("/tmp/")) return ROOT;
  const copy = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "levada-program-" });
  addEventListener("unload", () => Deno.removeSync(copy, { recursive: true }));
  const parts = ["deno.json", "deno.lock", "imports.json", "mod.ts", "lib", "kernel"].map((name) => join(ROOT, name));
  const { success, stderr } = await new Deno.Command("cp", { args: ["-r", ...parts, copy] }).output();
  if (!success) throw new Error(`Cannot copy the program: ${new TextDecoder().decode(stderr)}`);
  return copy;
}

/** The bundle of a module of this text; made once. */
function bundleOf(code: string): Promise<Bundle> {
  let bundle = BUNDLES.get(code);
  if (bundle === undefined) BUNDLES.set(code, bundle = make(code));
  return bundle;
}

async function make(code: string): Promise<Bundle> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  return await bundleModule(pathToFileURL(module), { directory: folder.path });
}

/** A function that multiplies. */
export function times(factor: number, { before = "", options = "{}" } = {}): string {
  return `import { serving } from "levada";
${before}
const fn = serving("shop", ${options});
fn.setTopology("flow").to("times", (n: number) => ${factor} * n).respond();
export default fn;
`;
}
