import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import type { DeployProgress } from "../../../lib/deploy/deploy_progress.ts";
import { NuclioDeployment } from "../../../lib/deploy/nuclio/nuclio_deployment.ts";
import type { NuclioOptions } from "../../../lib/deploy/nuclio/nuclio_options.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { FakeNuclioDashboard } from "../../support/fake_nuclio_dashboard.ts";
import { plainBundle } from "../../support/nuclio_contract.ts";
import { until } from "../../support/until.ts";
import type { ClusterCase } from "./cluster_case.ts";

const NAME = "k3-look";
const LONG_MS = 60_000;

/** Why pods do not run, which Nuclio hides: the contract fake of its dashboard, whose functions have pods at the real API server. */
export const NUCLIO_POD_CASES: readonly ClusterCase[] = [
  {
    name: "an image that nobody has is known by the pod long before Nuclio gives up, and told meanwhile",
    run: (cluster) =>
      withPods(cluster, async ({ apply, fake }) => {
        const told: DeployProgress[] = [];
        const startMs = performance.now();
        const error = await apply({ image: "levada/none:1", onProgress: (one) => told.push(one) });
        match(
          error!.message,
          /Cannot deploy "k3-look": function "k3-look" is not ready: its image cannot be had \(\w+\): .*levada\/none:1/,
        );
        ok(performance.now() - startMs < LONG_MS / 2, "Nuclio itself has said nothing yet");
        ok(
          told.some(({ pods, reason }) => pods?.ready === 0 && pods.wished === 1 && reason !== undefined),
          JSON.stringify(told),
        );
        strictEqual(fake.functions.size, 0, "nothing is left");
      }),
  },
  {
    name: "a program that ends at once: how often, and its last words",
    run: (cluster) =>
      withPods(cluster, async ({ apply, cluster: { addImage } }) => {
        await addImage.call(cluster, "levada/ends", {
          argv: ["deno", "eval", `console.log("no model is there"); Deno.exit(3)`],
        });
        const error = await apply({ image: "levada/ends:1" });
        match(error!.message, /function "k3-look" is not ready: it ended with 3, \d times/);
        match(error!.message, /\n {2}no model is there$/);
      }),
  },
  {
    name: "pods that no node takes: the reason is told when the time is over, and by status()",
    run: (cluster) =>
      withPods(cluster, async ({ apply, open }) => {
        const bundle = plainBundle(NAME, "aaaaaaaaaaaa", { cluster: { nodeSelector: { disk: "gold" } } });
        const error = await apply({ image: "levada/good:1", deadlineMs: 8_000 }, bundle, async () => {
          const { state, reason } = await open({}).status();
          strictEqual(state, "failing");
          match(reason!, /^no node takes it: .*node\(s\) didn't match/);
        });
        match(error!.message, /function "k3-look" is not ready in time: no node takes it: .*didn't match/);
      }),
  },
  {
    name: "who may not read pods, and who has another cluster's kubeconfig, is told what Nuclio tells",
    run: (cluster) =>
      withPods(cluster, async ({ apply, fake, hideNames }) => {
        fake.patienceMs = 3_000;
        const refused = await apply({ image: "levada/none:1", kubeconfig: cluster.plainKubeconfig });
        match(refused!.message, /function "k3-look" is unhealthy: Failed to pull image/);
        hideNames();
        const foreign = await apply({ image: "levada/none:1" });
        match(foreign!.message, /function "k3-look" is unhealthy: Failed to pull image/);
        doesNotMatch(foreign!.message, /its image cannot be had/);
        const nowhere = await apply({ image: "levada/none:1", context: "nowhere" });
        match(nowhere!.message, /the kubeconfig has no context "nowhere"/);
        deepStrictEqual([...fake.functions.keys()], [], "nothing was begun");
      }),
  },
];

interface PodLab {
  readonly cluster: Cluster;
  readonly fake: FakeNuclioDashboard;
  open(options: NuclioOptions, bundle?: ReturnType<typeof plainBundle>): NuclioDeployment;
  /** How a deploy fails; `meanwhile` is done once its pod is there for some time. */
  apply(
    options: NuclioOptions,
    bundle?: ReturnType<typeof plainBundle>,
    meanwhile?: () => Promise<void>,
  ): Promise<Error | undefined>;
  /** From now on the dashboard tells of pods that the cluster does not have. */
  hideNames(): void;
}

async function withPods(cluster: Cluster, test: (lab: PodLab) => Promise<void>): Promise<void> {
  const namespace = await cluster.namespace("nuclio");
  const fake = new FakeNuclioDashboard();
  fake.readyMs = fake.patienceMs = 10 * LONG_MS;
  let isHidden = false;
  fake.hinder = async ({ method, path, body }) => {
    if (path.startsWith(`/api/functions/${NAME}/replicas`)) {
      return Response.json({ names: isHidden ? ["nuclio-elsewhere-1"] : await podNames(cluster, namespace) });
    }
    if (method === "POST" || method === "PUT") await makePods(cluster, namespace, JSON.parse(body));
    if (method === "DELETE") {
      await cluster.kubectl(["delete", "deployment", `nuclio-${NAME}`, "-n", namespace, "--ignore-not-found"]);
    }
    return undefined;
  };
  await using server = fake.serve();
  const place = { dashboard: server.url, namespace, kubeconfig: cluster.kubeconfig, deadlineMs: LONG_MS };
  const open: PodLab["open"] = (options, bundle) =>
    new NuclioDeployment(NAME, { ...place, ...options, ...bundle !== undefined && { bundle } });
  await test({
    cluster,
    fake,
    open,
    hideNames: () => void (isHidden = true),
    async apply(options, bundle = plainBundle(NAME, "aaaaaaaaaaaa"), meanwhile) {
      const applying = open(options, bundle).apply().then(() => undefined, (error: Error) => error);
      if (meanwhile !== undefined) {
        await until("there is a pod", () => podNames(cluster, namespace), ({ length }) => length > 0, { eachMs: 200 });
        await new Promise((go) => setTimeout(go, 2_000)); // the scheduler has looked at it by then
        await meanwhile();
      }
      return await applying;
    },
  });
}

async function podNames(cluster: Cluster, namespace: string): Promise<string[]> {
  const names = await cluster.kubectl(["get", "pods", "-n", namespace, "-o", "name"]);
  return names.split("\n").filter((name) => name !== "").map((name) => name.replace("pod/", ""));
}

/** As Nuclio's controller makes them: see the recorded contract. */
// deno-lint-ignore no-explicit-any -- what the client has sent
async function makePods(cluster: Cluster, namespace: string, { metadata: { name }, spec }: any): Promise<void> {
  const labels = { "nuclio.io/function-name": name, "nuclio.io/class": "function" };
  await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `nuclio-${name}`, labels },
    spec: {
      replicas: spec.minReplicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: "nuclio", image: spec.image, imagePullPolicy: "Always" }],
          nodeSelector: spec.nodeSelector ?? {},
        },
      },
    },
  });
}
