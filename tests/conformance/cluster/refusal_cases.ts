import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { ClusterCase } from "./cluster_case.ts";
import { times, withReleaseLab } from "./release_lab.ts";

/** What is refused before anything is changed, and who waits for whom. */
export const REFUSAL_CASES: readonly ClusterCase[] = [{
  name:
    "a namespace that is not there, one that is being deleted, a wrong context, an ended token and missing rights are told by name",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await rejects(lab.deploy(times(2), { namespace: "nowhere" }), {
        name: "DeployError",
        message: /cluster "levada" has no namespace "nowhere"\. Make it, `kubectl create namespace nowhere`/,
      });
      await rejects(lab.deploy(times(2), { context: "other" }), {
        name: "ClusterError",
        message: /the kubeconfig has no context "other", only "levada"/,
      });
      const ended = join(cluster.folder, "kubeconfig.ended");
      const token = await Deno.readTextFile(cluster.tokenKubeconfig);
      await Deno.writeTextFile(ended, token.replace(/token: \S+/, "token: ended"));
      await rejects(lab.deploy(times(2), { kubeconfig: ended }), {
        name: "ClusterError",
        message:
          /Cannot deploy "shop": cluster "levada" does not know who asks: the token is another cluster's, or was taken back/,
      });
      await rejects(lab.deploy(times(2), { kubeconfig: cluster.plainKubeconfig }), {
        name: "DeployError",
        message:
          /who asks may not, in namespace "release-\d+": [^]*get, list, create, patch, delete, watch deployments\.apps; [^]*get pods\/log/,
      });
      const gone = await cluster.namespace("gone");
      const holder = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "holds", finalizers: ["levada.test/holds"] },
      };
      await cluster.kubectl(["apply", "-n", gone, "-f", "-"], holder);
      await cluster.kubectl(["delete", "namespace", gone, "--wait=false"]);
      await rejects(lab.deploy(times(2), { namespace: gone }), /namespace "gone-\d+" is being deleted/);
      await cluster.kubectl([
        "patch",
        "configmap",
        "holds",
        "-n",
        gone,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      ]);
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name: "a quota that is used up and a policy that takes no such pod refuse a deploy, with nothing changed",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const quota = {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "few" },
        spec: { hard: { pods: "0" } },
      };
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], quota);
      await cluster.kubectl(["wait", "-n", lab.namespace, "--for=jsonpath={.status.hard.pods}=0", "resourcequota/few"]);
      await rejects(lab.deploy(times(2)), {
        name: "DeployError",
        message:
          /the namespace takes no pod of it, nothing is changed\n {2}Cannot run a pod of "shop": a quota of the namespace is used up: few, /,
      });
      deepStrictEqual(await lab.left("shop"), []);
      await cluster.kubectl(["delete", "resourcequota", "few", "-n", lab.namespace]);
      const { items } = await lab.read("configmaps");
      const counted = {
        ...quota,
        metadata: { name: "counted" },
        spec: { hard: { configmaps: `${items.length + 1}` } },
      };
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], counted);
      await cluster.kubectl([
        "wait",
        "-n",
        lab.namespace,
        "--for=jsonpath={.status.used.configmaps}",
        "resourcequota/counted",
      ]);
      await rejects(lab.deploy(times(2)), {
        name: "DeployError",
        message:
          /quota counted of the namespace: configmaps is \d+, \d+ are used, and this makes 2 more: .*shop-release$/,
      });
      deepStrictEqual(await lab.left("shop"), []);
      await cluster.kubectl(["delete", "resourcequota", "counted", "-n", lab.namespace]);
      await cluster.kubectl(["label", "namespace", lab.namespace, "pod-security.kubernetes.io/enforce=restricted"]);
      const deployment = await lab.plan(times(2)); // the strictest that Kubernetes has
      ok((await deployment.plan()).changes.length > 0);
    }),
}, {
  name: "what somebody else has written into its objects is told by field, and taken over by force alone",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await lab.deploy(times(2));
      await cluster.kubectl(["scale", "deployment", "shop", "--replicas=2", "-n", lab.namespace]);
      await rejects(lab.deploy(times(3)), {
        name: "DeployError",
        message: /the cluster refuses it, nothing is changed\n [^]*Deployment release-\d+\/shop: [^]*\.spec\.replicas/,
      });
      strictEqual((await lab.read("deployment", "shop")).spec.replicas, 2);
      const forced = await lab.deploy(times(3), { force: true });
      strictEqual((await lab.read("deployment", "shop")).spec.replicas, 1);
      strictEqual(await forced.invoke("/", 21), 63);
      await cluster.kubectl(["scale", "deployment", "shop", "--replicas=2", "-n", lab.namespace]);
      const words = ["rollback", "shop", "--target", "kubernetes", "--namespace", lab.namespace];
      const refused = await lab.levada(...words);
      deepStrictEqual([refused.code, /which only force takes over:\n {2}\.spec\.replicas/.test(refused.err)], [
        1,
        true,
      ]);
      await lab.done([...words, "--force"]);
      strictEqual((await lab.read("deployment", "shop")).spec.replicas, 1);
      strictEqual(await forced.invoke("/", 21), 42);
      await cluster.kubectl(["rollout", "pause", "deployment/shop", "-n", lab.namespace]);
      await rejects(lab.deploy(times(5)), {
        name: "DeployError",
        message:
          /nothing is changed\n {2}Deployment release-\d+\/shop: somebody has paused it, .*`kubectl rollout resume /,
      });
    }),
}, {
  name:
    "who deploys while another does is refused and told who that is; one that is given up, or killed, leaves what ran",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before = `if (Deno.env.has("POD_NAME")) await new Promise((go) => setTimeout(go, 1e9));`;
      const ending = new AbortController();
      const started = Promise.withResolvers<void>();
      const slow = lab.deploy(times(3, { before }), {
        signal: ending.signal,
        onProgress: ({ state }) => state === "starting" && started.resolve(),
      });
      await Promise.race([started.promise, slow]);
      await rejects(lab.deploy(times(4)), { name: "DeployError", message: /\(process \d+\) changes it since \d{4}-/ });
      match((await deployment.status()).reason ?? "", /^revision [0-9a-f]{12} is being deployed/);
      ending.abort(new Error("given up"));
      await rejects(slow, /given up/);
      const { state, reason } = await deployment.status();
      deepStrictEqual({ state, reason }, { state: "ready", reason: undefined });
      strictEqual(await deployment.invoke("/", 21), 42);

      const module = await lab.write("shop.ts", times(3, { before }));
      const interrupted = lab.start("deploy", module, "--target", "kubernetes", "--namespace", lab.namespace);
      await untilStarting(interrupted);
      interrupted.kill("SIGINT");
      const [{ code }, words] = await Promise.all([interrupted.status, new Response(interrupted.stderr).text()]);
      strictEqual(code, 130);
      match(words, /Given up: what ran is put back/);
      const after = await deployment.status();
      deepStrictEqual([after.state, after.reason], ["ready", undefined]);
      strictEqual(await deployment.invoke("/", 21), 42);

      const child = lab.start("deploy", module, "--target", "kubernetes", "--namespace", lab.namespace);
      await untilStarting(child);
      child.kill("SIGKILL");
      await Promise.all([child.status, child.stderr.cancel()]);
      strictEqual(await deployment.invoke("/", 21), 42);
      match((await deployment.status()).reason ?? "", /or its deploy was broken off/);
      await cluster.kubectl(["delete", "lease", "shop-deploy", "-n", lab.namespace]); // it would end by itself after half a minute
      const back = await deployment.rollback();
      deepStrictEqual([back.state, back.reason], ["ready", undefined]);
      strictEqual(await deployment.invoke("/", 21), 42);
    }),
}, {
  name:
    "a deploy that was stopped in its middle and goes on after another has taken over ends with who that is, and leaves that one's release as it is",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before = (ms: number) => `if (Deno.env.has("POD_NAME")) await new Promise((go) => setTimeout(go, ${ms}));`;
      const module = await lab.write("shop.ts", times(3, { before: before(1e9) }));
      const stopped = lab.start("deploy", module, "--target", "kubernetes", "--namespace", lab.namespace);
      await untilStarting(stopped);
      stopped.kill("SIGSTOP");
      const began = Promise.withResolvers<void>();
      const other = lab.deploy(times(4, { before: before(8_000) }), {
        deadlineMs: 120_000,
        onProgress: ({ state }) => state === "starting" && began.resolve(),
      });
      await Promise.race([began.promise, other]); // once nobody has renewed it for half a minute
      stopped.kill("SIGCONT");
      const [{ code }, words] = await Promise.all([stopped.status, new Response(stopped.stderr).text()]);
      strictEqual(code, 1);
      match(
        words,
        /Cannot deploy "shop": \S+@\S+ \(process \d+\) has begun to change it, at \d{4}-[^]*nothing is put back/,
      );
      await other;
      const { state, reason } = await deployment.status();
      deepStrictEqual({ state, reason }, { state: "ready", reason: undefined });
      strictEqual(await deployment.invoke("/", 21), 84);
    }),
}];

/** Reads what a deploy says until the new pods are asked for. */
async function untilStarting({ stdout }: Deno.ChildProcess): Promise<void> {
  const reader = stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("starting …")) {
    const { done, value = "" } = await reader.read();
    if (done) throw new Error(`it ended before its pods were asked for:\n${said}`); // read on, and nothing else would ever run
    said += value;
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
}
