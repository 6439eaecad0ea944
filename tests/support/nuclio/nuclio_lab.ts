/**
 * A real dashboard and controller of Nuclio on the tests' cluster. Nuclio is in no registry: they are built from a checkout that
 * LEVADA_NUCLIO_SOURCE names, once, with Go, into LEVADA_CACHE, default `~/.cache/levada`; where neither is, there is none.
 */

import { join } from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import { images } from "./images.ts";

const NAMESPACE = "nuclio";
const PROGRAMS = ["dashboard", "controller"] as const;
const KINDS = { function: "Function", project: "Project", functionevent: "FunctionEvent", apigateway: "APIGateway" };
const READY_MS = 60_000;

/** Why no Nuclio can be had here; undefined if it can. */
export async function lackOfNuclio(): Promise<string | undefined> {
  if (await hasPrograms()) return undefined;
  const source = Deno.env.get("LEVADA_NUCLIO_SOURCE");
  if (source === undefined) {
    return `no dashboard in ${programs()}; LEVADA_NUCLIO_SOURCE may name a checkout of github.com/nuclio/nuclio`;
  }
  await Deno.mkdir(programs(), { recursive: true });
  for (const program of PROGRAMS) {
    const { success, stderr } = await new Deno.Command("nice", {
      args: ["go", "build", "-o", join(programs(), program), `./cmd/${program}`],
      cwd: source,
      env: { CGO_ENABLED: "0" },
    }).output();
    if (!success) return `go build ./cmd/${program}: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
  }
  return undefined;
}

/** Nuclio where it runs. */
export interface RunningNuclio extends AsyncDisposable {
  /** Where its dashboard answers. */
  readonly dashboard: string;
  readonly namespace: string;
}

/** Starts Nuclio on a cluster, with the images of the contract. */
export async function startNuclio(cluster: Cluster): Promise<RunningNuclio> {
  for (const [name, image] of Object.entries(images())) await cluster.addImage(name, image);
  await cluster.kubectl(["apply", "--server-side", "-f", "-"], {
    apiVersion: "v1",
    kind: "List",
    items: Object.entries(KINDS).map(crd),
  });
  await cluster.kubectl(["create", "namespace", NAMESPACE]);
  await cluster.kubectl(["wait", "--for=create", "serviceaccount/default", "-n", NAMESPACE, "--timeout=30s"]);
  const folder = await Deno.makeTempDir({ prefix: "levada_nuclio_" });
  const [port, health] = [freePort(), freePort()];
  await Deno.writeFile(join(folder, "templates.zip"), EMPTY_ZIP); // a dashboard does not start without templates
  await Deno.writeTextFile(join(folder, "platform.yaml"), JSON.stringify(platform(health)));
  const start = (program: typeof PROGRAMS[number], args: readonly string[]) => {
    const log = Deno.openSync(join(folder, `${program}.log`), { create: true, write: true });
    // it ends with this process, however that ends
    const guarded =
      `trap 'kill -9 $pid' EXIT; trap exit TERM; "$@" & pid=$!; while kill -0 ${Deno.pid} 2>&-; do sleep 1; done`;
    const words = [...args, "--namespace", NAMESPACE, "--platform-config", join(folder, "platform.yaml")];
    const child = new Deno.Command("sh", {
      args: ["-c", guarded, "sh", join(programs(), program), ...words],
      env: {
        KUBECONFIG: cluster.kubeconfig,
        NUCLIO_CONTAINER_BUILDER_KIND: "kaniko", // the other kind wants a container engine before anything is built
        NUCLIO_TEMPLATES_ARCHIVE_ADDRESS: `file://${join(folder, "templates.zip")}`,
        NUCLIO_DASHBOARD_CREDS_REFRESH_INTERVAL: "none",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    return { child, written: child.stdout.pipeTo(log.writable) };
  };
  const running = [
    start("dashboard", [
      "--listen-addr",
      `127.0.0.1:${port}`,
      "--platform",
      "kube",
      "--offline",
      "--no-pull",
      "--monitor-docker-deamon=false",
    ]),
    start("controller", ["--kubeconfig-path", cluster.kubeconfig]),
  ];
  const dashboard = `http://127.0.0.1:${port}`;
  const nuclio: RunningNuclio = {
    dashboard,
    namespace: NAMESPACE,
    async [Symbol.asyncDispose]() {
      for (const { child, written } of running) {
        child.kill("SIGTERM");
        await child.status;
        await written;
      }
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await answering(dashboard);
    return nuclio;
  } catch (error) {
    const log = await Deno.readTextFile(join(folder, "dashboard.log"));
    await nuclio[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}: ${log.slice(-2_000)}`);
  }
}

function programs(): string {
  return join(
    Deno.env.get("LEVADA_CACHE") ?? join(Deno.env.get("HOME") ?? ".", ".cache", "levada"),
    "nuclio-9e837f6a07fc",
  );
}

async function hasPrograms(): Promise<boolean> {
  const found = await Promise.all(
    PROGRAMS.map((name) => Deno.stat(join(programs(), name)).then(() => true, () => false)),
  );
  return found.every(Boolean);
}

/** Asks until it answers, and has made the project that every function is in. */
async function answering(url: string): Promise<void> {
  const endsAt = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`${url}/api/projects/default`).then(async (response) => {
      await response.body?.cancel();
      return response.status;
    }, (error) => String(error));
    if (answer === 200) return;
    if (performance.now() > endsAt) throw new Error(`the dashboard does not answer: ${answer}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

function crd([word, kind]: [word: string, kind: string]): object {
  const open = { "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `nuclio${word}s.nuclio.io` },
    spec: {
      group: "nuclio.io",
      names: { kind: `Nuclio${kind}`, plural: `nuclio${word}s`, singular: `nuclio${word}` },
      scope: "Namespaced",
      versions: [{
        name: "v1beta1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
      }],
    },
  };
}

function platform(health: number): object {
  return {
    kind: "kube",
    healthCheck: { enabled: true, listenAddress: `127.0.0.1:${health}` },
    webAdmin: { enabled: false },
    logger: {
      sinks: { stdout: { kind: "stdout" } },
      system: [{ level: "info", sink: "stdout" }],
      functions: [{ level: "info", sink: "stdout" }],
    },
  };
}

const EMPTY_ZIP = new Uint8Array([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
