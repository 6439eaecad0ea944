import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { openStream } from "levada";
import { applyKinds } from "../../support/cluster/apply_kinds.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { BrokerServer } from "../streams/broker_server.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { withReleaseLab } from "./release_lab.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ADAPTER = fileURLToPath(new URL("../../support/cluster/lag_adapter.ts", import.meta.url));
const METRIC = "s0-kafka-totals"; // as KEDA calls its first trigger
const RECORDS = 640;
const WORK_MS = 200; // six partitions: some 20 s of work, and the autoscaler of the tests looks each 2 s

function line(stream: string, replicas: string): string {
  return `import { queue, serving } from "levada";
const fn = serving("line").addChildFunction("bill", { cluster: { replicas: ${replicas} } });
fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()
  .to("q", queue({ path: ${JSON.stringify(stream)} }))
  .to("bill", async (n: number) => {
    await new Promise((go) => setTimeout(go, ${WORK_MS}));
    console.log("billed " + n);
  }, { function: "bill" });
export default fn;
`;
}

/** Functions that get more pods where more records wait. */
export const LAG_CASES: readonly ClusterCase[] = [{
  name: "a function that is scaled by lag is refused where there is no KEDA, and where nobody could tell its lag",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const refused = async (stream: string, replicas: string, message: RegExp) => {
        await rejects(async () => await (await lab.plan(line(stream, replicas))).plan(), {
          name: "DeployError",
          message,
        });
      };
      await refused(
        "redis://broker.test:6379/totals",
        "{ min: 0, max: 3, lag: 10 }",
        /nobody tells what waits in redis:\/\/broker\.test:6379\/totals/,
      );
      await refused("kafka://ann@broker.test:9092/totals?sasl=plain", "{ min: 0, max: 3, lag: 10 }", /Say min: 1/);
      await cluster.kubectl(["delete", "crd", "scaledobjects.keda.sh", "--ignore-not-found"]); // of a case before this one
      await refused(
        "kafka://broker.test:9092/totals",
        "{ min: 0, max: 3, lag: 10 }",
        /no ScaledObject of keda\.sh\/v1alpha1: KEDA, which scales by/,
      );
    }),
}, {
  name:
    "a ScaledObject is as KEDA's own kind is; with the autoscaler that KEDA makes of it (KEDA itself is not run) three pods come while records wait, all arrive, and one is left",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await applyKinds(cluster, ["keda_scaledobject"]);
      await using kafka = await BrokerServer.start("kafka");
      const path = `kafka://${kafka.address}/totals?partitions=6`;
      const deployment = await lab.deploy(line(path, "{ min: 1, max: 3, lag: 50 }"));
      const { spec } = await lab.read("scaledobject", "line-bill");
      const { triggers: [trigger] } = spec;
      deepStrictEqual([spec.scaleTargetRef.name, spec.minReplicaCount, spec.maxReplicaCount], ["line-bill", 1, 3]);
      deepStrictEqual([trigger.type, trigger.metadata.lagThreshold], ["kafka", "50"]);
      const { topic, bootstrapServers, consumerGroup } = trigger.metadata;

      await using _adapter = await startAdapter(cluster, lab.namespace, [
        `kafka://${bootstrapServers}/${topic}`,
        consumerGroup,
      ]);
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], autoscaler(spec));
      await using stream = await closing(path);
      const numbers = Array.from({ length: RECORDS }, (_, n) => n);
      await stream.publish(numbers.map((n) => ({ key: `k${n % 60}`, body: n })));
      const pods = async () => (await lab.read("deployment", "line-bill")).status.readyReplicas ?? 0;
      const lines = new Set<string>();
      const reading = new AbortController();
      const read = (async () => {
        for await (const one of deployment.logs({ function: "bill", follow: true, signal: reading.signal })) {
          lines.add(one);
        }
      })().catch(() => {});
      let most = 0;
      for (const end = performance.now() + 120_000; performance.now() < end;) {
        most = Math.max(most, await pods());
        if (await stream.lag(consumerGroup) === 0 && most === 3) break;
        await pause(500);
      }
      strictEqual(most, 3, "pods while records wait");
      const billed = () => new Set([...lines].flatMap((one) => /billed (\d+)/.exec(one)?.[1] ?? []).map(Number));
      for (const end = performance.now() + 60_000; billed().size < RECORDS && performance.now() < end;) {
        await pause(500);
      }
      deepStrictEqual([...billed()].sort((one, other) => one - other), numbers);
      ok(
        new Set([...lines].filter((one) => /billed/.test(one)).map((one) => /^\S+/.exec(one)![0])).size >= 2,
        "pods share the work",
      );
      for (const end = performance.now() + 120_000; await pods() > 1 && performance.now() < end;) await pause(500);
      strictEqual(await pods(), 1, "pods when nothing waits");
      deepStrictEqual((await (await lab.plan(line(path, "{ min: 1, max: 3, lag: 50 }"))).plan()).changes, []);
      reading.abort();
      await read;
      await deployment.delete();
      deepStrictEqual(await lab.left("line"), []);
      match(await cluster.kubectl(["get", "scaledobject", "-n", lab.namespace, "-o", "name"]), /^$/);
    }),
}, {
  name:
    "a function without a pod, since nothing waits, gets one while a revision is tried: one that crashes is refused, and there is none again",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await applyKinds(cluster, ["keda_scaledobject"]);
      await using kafka = await BrokerServer.start("kafka");
      const path = `kafka://${kafka.address}/totals`;
      const replicas = "{ min: 0, max: 3, lag: 50 }";
      const deployment = await lab.deploy(line(path, replicas));
      const state = async () => [
        (await lab.read("deployment", "line-bill")).spec.replicas,
        (await lab.read("scaledobject", "line-bill")).spec.minReplicaCount,
      ];
      deepStrictEqual(await state(), [1, 0]);
      await cluster.kubectl(["scale", "deployment", "line-bill", "-n", lab.namespace, "--replicas=0"]); // as KEDA does
      const broken = line(path, replicas).replace(
        "const fn",
        `if (Deno.env.get("POD_NAME")?.startsWith("line-bill")) throw new Error("no ledger");\nconst fn`,
      );
      await rejects(lab.deploy(broken), /function bill: it ended with 1[^]*no ledger/);
      deepStrictEqual(await state(), [0, 0]);
      strictEqual((await deployment.status()).reason, undefined);
      await lab.deploy(line(path, replicas).replace("2 * n", "3 * n"));
      deepStrictEqual(await state(), [1, 0], "until KEDA looks");
    }),
}];

async function closing(path: string) {
  const stream = await openStream<number>(path);
  return Object.assign(stream, { [Symbol.asyncDispose]: () => stream.close() });
}

/** The autoscaler that KEDA makes of a ScaledObject; one that comes down soon. */
// deno-lint-ignore no-explicit-any -- an object of the cluster
function autoscaler({ scaleTargetRef, minReplicaCount, maxReplicaCount, triggers: [trigger] }: any) {
  const metric = { name: METRIC, selector: { matchLabels: { "scaledobject.keda.sh/name": scaleTargetRef.name } } };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: `keda-hpa-${scaleTargetRef.name}` },
    spec: {
      scaleTargetRef,
      minReplicas: minReplicaCount,
      maxReplicas: maxReplicaCount,
      behavior: { scaleDown: { stabilizationWindowSeconds: 15 } }, // its last lines are read before a pod goes
      metrics: [{
        type: "External",
        external: { metric, target: { type: "AverageValue", averageValue: trigger.metadata.lagThreshold } },
      }],
    },
  };
}

async function startAdapter(cluster: Cluster, namespace: string, words: readonly string[]): Promise<AsyncDisposable> {
  const flags = ["-A", `--config=${ROOT}deno.json`, `--lock=${ROOT}deno.lock`];
  await cluster.addImage("levada.test/lag-adapter", { argv: ["deno", "run", ...flags, ADAPTER, METRIC, ...words] });
  const items = [{
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "lag-adapter", labels: { app: "lag-adapter" } },
    spec: {
      containers: [{
        name: "main",
        image: "levada.test/lag-adapter:1",
        readinessProbe: { tcpSocket: { port: 8_443 }, periodSeconds: 1 },
      }],
      terminationGracePeriodSeconds: 1,
    },
  }, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "lag-adapter" },
    spec: { selector: { app: "lag-adapter" }, ports: [{ port: 443, targetPort: 8_443 }] },
  }];
  const api = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.external.metrics.k8s.io" },
    spec: {
      group: "external.metrics.k8s.io",
      version: "v1beta1",
      service: { name: "lag-adapter", namespace },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  };
  await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], { apiVersion: "v1", kind: "List", items });
  await cluster.kubectl(["wait", "--for=condition=Ready", "pod/lag-adapter", "-n", namespace, "--timeout=120s"]);
  await cluster.kubectl(["apply", "-f", "-"], api); // one that does not answer yet is asked again only half a minute later
  await cluster.kubectl([
    "wait",
    "--for=condition=Available",
    "apiservice/v1beta1.external.metrics.k8s.io",
    "--timeout=120s",
  ]);
  return {
    async [Symbol.asyncDispose]() { // a group whose server is gone breaks the discovery of others
      await cluster.kubectl(["delete", "apiservice", "v1beta1.external.metrics.k8s.io"]);
    },
  };
}
