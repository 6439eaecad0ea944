import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import type { ClusterCase } from "./cluster_case.ts";
import { until } from "../../support/until.ts";
import { type ReleaseLab, times, withReleaseLab } from "./release_lab.ts";

/** What is written down of deploys, and what runs. */
export const RECORD_CASES: readonly ClusterCase[] = [{
  name:
    "any quantity that Kubernetes takes is deployed and read again; more pods of a revision leave the way back to the one before it",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const options = `{ resources: { memory: "1e9" } }`;
      const deployment = await lab.deploy(times(2, { options }));
      const first = (await deployment.status()).revision;
      await lab.deploy(times(3, { options }));
      const scaled = await lab.deploy(times(3, { options }), { replicas: 2 });
      strictEqual((await scaled.status()).previous, first);
      const back = await deployment.rollback();
      deepStrictEqual([back.revision, await deployment.invoke("/", 21)], [first, 42]);
    }),
}, {
  name: "status tells the revision that runs where others have changed it, and who was scaled to nothing",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const { revision: first } = await deployment.status();
      const second = await (await lab.deploy(times(3))).status();
      await cluster.kubectl(["rollout", "undo", "deployment/shop", "-n", lab.namespace]);
      await cluster.kubectl(["rollout", "status", "deployment/shop", "-n", lab.namespace, "--timeout=60s"]);
      strictEqual(await deployment.invoke("/", 21), 42);
      const { state, revision, reason } = await deployment.status();
      deepStrictEqual([state, revision], ["ready", first]);
      strictEqual(
        reason,
        `function shop runs revision ${first}, and ConfigMap shop-release says ${second.revision} of shop: others have changed it. ` +
          "Deploy what is to run",
      );
      await lab.deploy(times(3), { force: true });
      deepStrictEqual([(await deployment.status()).revision, (await deployment.status()).reason], [
        second.revision,
        undefined,
      ]);
      await cluster.kubectl(["scale", "deployment/shop", "--replicas=0", "-n", lab.namespace]);
      const none = await deployment.status();
      deepStrictEqual([none.state, none.functions[0]!.replicas], ["stopped", 0]);
      match(none.reason ?? "", /somebody has scaled it to 0 pods/);
    }),
}, {
  name:
    "after a deploy that was killed half way, one that fails puts back what ran before both, and nothing of the half",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const options = `{ cluster: { rollout: "old-first", ingress: { host: "shop.test" } } }`;
      const bare = `{ cluster: { rollout: "old-first" } }`;
      const deployment = await lab.deploy(times(2, { options }));
      const good = (await deployment.status()).revision;
      const before = `if (Deno.env.has("POD_NAME")) throw new Error("half way");`;
      const module = await lab.write("shop.ts", times(3, { before, options: bare }));
      const half = lab.start("deploy", module, "--target", "kubernetes", "--namespace", lab.namespace);
      const generation = async () => (await lab.read("deployment", "shop")).metadata.generation;
      await until("it has begun", generation, (count) => count > 1, { eachMs: 50 });
      half.kill("SIGKILL");
      await Promise.all([half.output(), cluster.kubectl(["delete", "lease", "shop-deploy", "-n", lab.namespace])]);
      match((await deployment.status()).reason ?? "", /pods serve|is being deployed, or its deploy was broken off/);
      await rejects(
        lab.deploy(times(5, { options: bare }), { image: "registry.test/none:1" }),
        /its image cannot be had \(ErrImagePull\)(?![^]*going back failed)/,
      );
      await cluster.kubectl(["rollout", "status", "deployment/shop", "-n", lab.namespace, "--timeout=60s"]);
      const { state, reason, revision } = await deployment.status();
      deepStrictEqual([state, reason, revision], ["ready", undefined, good]);
      strictEqual(await (await lab.plan(times(2))).invoke("/", 21), 42, "by the API server");
      deepStrictEqual(await codesOf(lab), [`shop-${good}`]);
      await deployment.delete();
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name:
    "a rollback that was killed goes on when it is asked for again, and what it led away from does not come back by a deploy that fails",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const good = (await deployment.status()).revision;
      const bad = (await (await lab.deploy(times(13))).status()).revision;
      const half = lab.start("rollback", "shop", "--target", "kubernetes", "--namespace", lab.namespace);
      await until("it has begun", () => recordOf(lab), ({ doing }) => doing !== undefined, { eachMs: 50 });
      half.kill("SIGKILL");
      await Promise.all([half.output(), cluster.kubectl(["delete", "lease", "shop-deploy", "-n", lab.namespace])]);
      match(
        (await deployment.status()).reason ?? "",
        new RegExp(`being rolled back to revision ${good}, or that was|pods serve`),
      );
      strictEqual((await deployment.planRollback()).revision, good);
      await rejects(
        lab.deploy(times(5), { image: "registry.test/none:1" }),
        /its image cannot be had(?![^]*going back failed)/,
      );
      await cluster.kubectl(["rollout", "status", "deployment/shop", "-n", lab.namespace, "--timeout=60s"]);
      const { state, reason, revision, previous } = await deployment.status();
      deepStrictEqual([state, reason, revision, previous], ["ready", undefined, good, bad]);
      strictEqual(await deployment.invoke("/", 21), 42);
      await cluster.kubectl(["delete", "service/shop", "-n", lab.namespace]);
      const closed = await deployment.status();
      deepStrictEqual([closed.state, closed.reason], [
        "failing",
        "Service shop is to be there, and gone: deploy it again",
      ]);
    }),
}, {
  name:
    "what kubectl applied in Levada's name is written down by the next deploy, though nothing changes, and a rollback leads to what ran before it",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const { revision: first } = await deployment.status();
      const module = await lab.write("module.ts", times(3));
      const folder = join(dirname(module), "manifests");
      await lab.done(["manifests", module, "-o", folder, "--namespace", lab.namespace]);
      await cluster.kubectl(["apply", "--server-side", "--field-manager", "levada", "-f", folder]);
      strictEqual((await deployment.planRollback()).revision, first);
      deepStrictEqual((await (await lab.plan(times(3))).plan()).changes, []);
      const after = await lab.deploy(times(3));
      const { reason, previous } = await after.status();
      deepStrictEqual([reason, previous], [undefined, first]);
      strictEqual((await deployment.planRollback()).revision, first);
      deepStrictEqual((await codesOf(lab)).length, 2);
    }),
}];

/** What is written down. */
async function recordOf(lab: ReleaseLab): Promise<{ doing?: unknown }> {
  return JSON.parse((await lab.read("configmap", "shop-release")).data["release.json"]);
}

async function codesOf(lab: ReleaseLab): Promise<string[]> {
  const { items } = await lab.read("configmaps", "-l", "levada.dev/revision");
  return items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}
