/** A real Kubernetes control plane for tests, with a node whose pods are processes of this machine. */

import { join } from "node:path";
import { local } from "./egress.ts";

const KUBE = new URL("./kube", import.meta.url).pathname;

/** What runs for an image whose name begins so. */
export interface RunImage {
  /** `deno` as its first word is the Deno of the tests. */
  readonly argv: readonly string[];
  /** Default `/`. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What its registry says instead of giving it. */
  readonly error?: string;
}

/** What a cluster has besides its control plane. */
export interface ClusterWish {
  /** A node that runs pods, which needs root. Default: where this is root. */
  readonly node?: boolean;
  /** A node whose pods are only said to run. Default false. */
  readonly kwok?: boolean;
}

/** Why no control plane can be had here; undefined if it can. The first time it is built, which takes minutes. */
export async function lackOfCluster(nice = "5"): Promise<string | undefined> {
  try {
    await kube(["build"], { KUBE_NICE: nice });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Starts a cluster of its own; it is gone with this process, however that ends. */
export async function startCluster({ node = Deno.uid() === 0, kwok = false }: ClusterWish = {}): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "levada_cluster_" });
  const images = join(folder, "images.json");
  await Deno.writeTextFile(images, "{}");
  const guard = new Deno.Command("setsid", {
    args: [KUBE, "guard", folder, String(Deno.pid)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  guard.unref();
  const cluster = new Cluster(folder, node, guard);
  try {
    await kube(["up", folder, ...kwok ? ["--kwok"] : [], ...node ? ["--pods", images] : []]);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}

/** A control plane that runs. */
export class Cluster implements AsyncDisposable {
  readonly folder: string;
  /** Whether pods run. */
  readonly hasNode: boolean;
  /** Of one who may do anything, with a client certificate. */
  readonly kubeconfig: string;
  /** Of the same, with a token. */
  readonly tokenKubeconfig: string;
  /** Of somebody without any rights, `plain-user`. */
  readonly plainKubeconfig: string;
  readonly #guard: Deno.ChildProcess;
  #images: Record<string, RunImage> = {};
  #namespaces = 0;

  constructor(folder: string, hasNode: boolean, guard: Deno.ChildProcess) {
    this.folder = folder;
    this.hasNode = hasNode;
    this.kubeconfig = join(folder, "kubeconfig");
    this.tokenKubeconfig = join(folder, "kubeconfig.token");
    this.plainKubeconfig = join(folder, "kubeconfig.plain");
    this.#guard = guard;
  }

  /** Ends every process of the cluster, pods' too, and forgets it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await kube(["down", this.folder]);
    await Deno.remove(this.folder, { recursive: true });
    try {
      this.#guard.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#guard.status;
  }

  /**
   * What kubectl prints.
   *
   * @throws {Error} With what it says, if it fails.
   */
  async kubectl(args: readonly string[], input?: string | object): Promise<string> {
    return await kube(["kubectl", this.folder, ...args], {}, typeof input === "object" ? JSON.stringify(input) : input);
  }

  /** Has a namespace go, with its pods; nobody waits for that. Pods that are left by each test would be probed to the end. */
  leave(namespace: string): void {
    this.kubectl(["delete", "namespace", namespace, "--wait=false"]).catch(() => {}); // the cluster may be gone by then
  }

  /** A namespace of its own for a test; whoever makes it need not remove it. */
  async namespace(prefix = "test"): Promise<string> {
    const name = `${prefix}-${++this.#namespaces}`;
    await this.kubectl(["create", "namespace", name]);
    await this.kubectl(["wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=120s"]); // pods are refused before; who makes it may have to take its lead again
    return name;
  }

  /** From now on, images whose names begin so run this. One that is not here cannot be pulled. */
  async addImage(name: string, image: RunImage): Promise<void> {
    this.#images = { ...this.#images, [name]: image };
    const draft = join(this.folder, "images.draft");
    await Deno.writeTextFile(draft, JSON.stringify(this.#images));
    await Deno.rename(draft, join(this.folder, "images.json"));
  }

  /** The URL of a Service's port, reached from this machine. */
  async serviceUrl(namespace: string, name: string, port: number): Promise<string> {
    const address = await this.kubectl(["get", "service", name, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}"]);
    return `http://${local(address)}:${port}`;
  }

  /** Ends the API server at once, as a crash would; a watch is broken in the middle. */
  async killApiServer(): Promise<void> {
    const pid = Number(await Deno.readTextFile(join(this.folder, "pids", "apiserver")));
    Deno.kill(pid, "SIGKILL");
    while (isThere(pid)) await new Promise((done) => setTimeout(done, 10));
  }

  /** Has the API server hang, as a machine that is out of memory may; what is returned lets it go on. */
  async pauseApiServer(): Promise<() => void> {
    const pid = Number(await Deno.readTextFile(join(this.folder, "pids", "apiserver")));
    Deno.kill(pid, "SIGSTOP");
    return () => Deno.kill(pid, "SIGCONT");
  }

  /** Starts it again, with all that it knew, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    await kube(["up", this.folder]);
  }
}

/** A zombie has ended too: whoever started it has not asked yet. */
function isThere(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

async function kube(args: string[], env: Record<string, string> = {}, input?: string): Promise<string> {
  const child = new Deno.Command(KUBE, {
    args,
    env: { DENO: Deno.execPath(), ...env },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { success, code, stdout, stderr } = await child.output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim().split("\n").slice(-20).join("\n");
  throw new Error(`kube ${args[0]} ended with ${code}: ${said}`);
}
