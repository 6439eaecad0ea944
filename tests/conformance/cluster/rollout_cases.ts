import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { Cluster } from "../../support/cluster/cluster.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { type ReleaseLab, times, withReleaseLab } from "./release_lab.ts";

const BUSY = "unexpected status code from registry: 429 Too Many Requests";

/** How a rollout is judged: what may pass is waited for, what does not is told soon. */
export const ROLLOUT_CASES: readonly ClusterCase[] = [{
  name: "a registry that has a bad moment is asked twice; what it said is told, also while the node waits",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const runs = await runtimeOf(cluster);
      await cluster.addImage("registry.test/busy:", { argv: [], error: BUSY });
      const notes: string[] = [];
      const deployment = await lab.deploy(times(2), {
        image: "registry.test/busy:1",
        onProgress({ note = "" }) {
          notes.push(note);
          if (note.includes(BUSY)) void cluster.addImage("registry.test/busy:", runs);
        },
      });
      strictEqual(await deployment.invoke("/", 21), 42);
      ok(notes.includes(`0 of 1 pods: its image cannot be had (ErrImagePull): ${BUSY}`), notes.join("\n"));
      await cluster.addImage("registry.test/busy:", { argv: [], error: BUSY });
      await rejects(lab.deploy(times(3), { image: "registry.test/busy:2" }), {
        name: "DeployError",
        message: /function shop: its image cannot be had \(ErrImagePull\): [^]*429 Too Many Requests/,
      });
      strictEqual(await deployment.invoke("/", 21), 42);
    }),
}, {
  name: "pods that were evicted before lie about, and hold up no deploy",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const { items: [pod] } = await lab.read("pods", "-l", "app.kubernetes.io/name=shop");
      const status = {
        phase: "Failed",
        reason: "Evicted",
        message: "The node was low on resource: ephemeral-storage",
        conditions: [{ type: "Ready", status: "False" }, { type: "PodScheduled", status: "True" }],
      };
      const patch = JSON.stringify({ status });
      const named = ["pod", pod.metadata.name, "-n", lab.namespace];
      await cluster.kubectl(["patch", ...named, "--subresource=status", "--type=merge", "-p", patch]);
      await cluster.kubectl([
        "wait",
        "-n",
        lab.namespace,
        "--for=jsonpath={.status.replicas}=1",
        "--for=condition=Available",
        "deployment/shop",
        "--timeout=60s",
      ]);
      await lab.deploy(times(2), { replicas: 2 });
      const { items } = await lab.read("pods", "-l", "app.kubernetes.io/name=shop");
      deepStrictEqual(items.map((one: typeof pod) => one.status.phase).sort(), ["Failed", "Running", "Running"]);
      const { state, reason } = await deployment.status();
      deepStrictEqual([state, reason], ["ready", undefined]);
    }),
}, {
  name: "a quota that was not foreseen is told soon, in words, and not where there is room in a moment",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const scopes = ["NotTerminating"]; // those of a scope are not counted before
      await quota(lab, 2, scopes);
      const start = performance.now();
      await rejects(lab.deploy(times(2), { replicas: 3 }), {
        name: "DeployError",
        message: /function shop: a quota of the namespace takes no more pods of it: few, requested: pods=1/,
      });
      ok(performance.now() - start < 30_000, "its deadline is a minute");
      await quota(lab, 2, scopes);
      const raised = Promise.withResolvers<void>();
      await lab.deploy(times(2), {
        replicas: 3,
        onProgress({ note = "" }) {
          if (note.includes("a quota")) raised.resolve(quota(lab, 9, scopes));
        },
      });
      await raised.promise;
    }),
}, {
  name:
    "where there is no room for one more pod, a function whose old pod goes first is replaced, and another is refused",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await quota(lab, 1);
      const options = `{ cluster: { rollout: "old-first" } }`;
      const deployment = await lab.deploy(times(2, { options }));
      await rejects(lab.deploy(times(3)), /the namespace takes no pod of it, nothing is changed[^]*quota/);
      strictEqual(await deployment.invoke("/", 21), 42);
      await lab.deploy(times(3, { options }));
      strictEqual(await deployment.invoke("/", 21), 63);
      const { spec: { strategy } } = await lab.read("deployment", "shop");
      deepStrictEqual(strategy.rollingUpdate, { maxSurge: 0, maxUnavailable: 1 });
    }),
}, {
  name: "where every GPU is in use a new pod finds no node, unless the old one goes first",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await gpus(cluster, "1");
      try {
        const gpu = (cluster: string) => ({ options: `{ resources: { gpu: 1 }, cluster: ${cluster} }` });
        const deployment = await lab.deploy(times(2, gpu("{}")));
        await rejects(lab.deploy(times(3, gpu("{}")), { deadlineMs: 15_000 }), {
          message: /function shop: no node takes it: [^]*Insufficient nvidia\.com\/gpu/,
        });
        strictEqual(await deployment.invoke("/", 21), 42);
        await lab.deploy(times(3, gpu('{ rollout: "old-first" }')));
        strictEqual(await deployment.invoke("/", 21), 63);
      } finally {
        await gpus(cluster, null);
      }
    }),
}, {
  name: "from one pod to three, and back to one, without a failed request",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const counts = async () => {
        const { functions: [shop] } = await deployment.status();
        return [shop!.serving, shop!.replicas];
      };
      deepStrictEqual(await counts(), [1, 1]);
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      const ending = new AbortController();
      const answers = new Map<string, number>();
      const load = Promise.all(Array.from({ length: 4 }, async () => {
        while (!ending.signal.aborted) {
          const headers = { "content-type": "application/json" };
          const answer = await fetch(url, { method: "POST", body: "21", headers })
            .then(async (response) => `${response.status} ${await response.text()}`, String);
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      }));
      const { metadata: { name } } = (await lab.read("pods")).items[0];
      await lab.deploy(times(2), { replicas: 3 });
      deepStrictEqual(await counts(), [3, 3]);
      ok((await lab.read("pods")).items.some(({ metadata }: { metadata: { name: string } }) => metadata.name === name));
      await lab.deploy(times(2), { replicas: 1 });
      deepStrictEqual((await counts())[1], 1);
      ending.abort();
      await load;
      deepStrictEqual([...answers.keys()], ["200 42"]);
      ok(answers.get("200 42")! > 100, JSON.stringify([...answers]));
    }),
}, {
  name:
    "a revision that asks for TLS and is refused fails no connection; a Service has another port once its pods are new",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await lab.deploy(times(2));
      const read = (file: string) => Deno.readTextFile(new URL(`../../support/loopback_${file}.pem`, import.meta.url));
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "loopback" },
        stringData: { cert: await read("cert"), key: await read("key") },
      });
      const options = `{
        serve: { tls: { cert: at + "/cert", key: at + "/key", clientCa: at + "/cert" } },
        cluster: { secretNames: ["loopback"] },
      }`;
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      const ending = new AbortController();
      const answers = new Map<string, number>();
      const load = (async () => {
        while (!ending.signal.aborted) {
          using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 }); // a connection each
          const answer = await fetch(url, { client, method: "POST", body: "21" })
            .then(async (response) => `${response.status} ${await response.text()}`, String);
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      })();
      const ports = async () => {
        const { spec } = await lab.read("service", "shop");
        return spec.ports.map(({ port }: { port: number }) => port);
      };
      const before = `const at = "/var/run/secrets/levada";`;
      const broken = `${before} if (Deno.env.has("POD_NAME")) throw new Error("the shelf is empty");`;
      await rejects(lab.deploy(times(3, { options, before: broken })), /the shelf is empty/);
      deepStrictEqual(await ports(), [80]);
      ending.abort();
      await load;
      deepStrictEqual([...answers.keys()], ["200 42"]);
      ok(answers.get("200 42")! > 20, JSON.stringify([...answers]));
      await lab.deploy(times(3, { options, before }));
      deepStrictEqual(await ports(), [443]);
    }),
}, {
  name: "lines are followed over a container that is started again",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const before = `console.error("opened", Deno.env.get("POD_NAME"), performance.timeOrigin);`;
      const deployment = await lab.deploy(times(2, { before }));
      const { items: [{ metadata: { uid, name } }] } = await lab.read("pods");
      const ending = new AbortController();
      const opened: string[] = [];
      for await (const line of deployment.logs({ follow: true, signal: ending.signal })) {
        if (!line.startsWith(`${name} | opened`)) continue;
        opened.push(line);
        if (opened.length === 3) ending.abort();
        else Deno.kill(Number(await Deno.readTextFile(`${cluster.folder}/pods/${uid}/function.pid`)), "SIGKILL");
      }
      strictEqual(new Set(opened).size, 3, opened.join("\n"));
    }),
}];

/** What the lab's pods run. */
async function runtimeOf(cluster: Cluster) {
  const images = JSON.parse(await Deno.readTextFile(`${cluster.folder}/images.json`));
  match(images["levada/runtime:"].argv.join(" "), /main\.ts$/);
  return images["levada/runtime:"];
}

async function quota(
  { cluster, namespace }: ReleaseLab,
  pods: number,
  scopes: readonly string[] = [],
): Promise<void> {
  const spec = { hard: { pods: String(pods) }, ...scopes.length > 0 && { scopes } };
  const object = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few" }, spec };
  await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], object);
  const is = `--for=jsonpath={.status.hard.pods}=${pods}`;
  await cluster.kubectl(["wait", "-n", namespace, is, "resourcequota/few"]);
}

/** Gives the node of the tests so many, or none. */
async function gpus(cluster: Cluster, count: string | null): Promise<void> {
  const resources = { "nvidia.com/gpu": count };
  const patch = JSON.stringify({ status: { capacity: resources, allocatable: resources } });
  const node = await cluster.kubectl(["get", "nodes", "-o", "name"]);
  await cluster.kubectl(["patch", node.trim(), "--subresource=status", "--type=merge", "-p", patch]);
}
