import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { askedBy } from "./asked_by.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { until } from "../../support/until.ts";
import { times, withReleaseLab } from "./release_lab.ts";

function scaled(replicas: string): string {
  return times(2, { options: `{ resources: { cpu: 0.1 }, cluster: { replicas: ${replicas} } }` });
}

/** Functions whose number of pods is an autoscaler's, and then said again. */
export const SCALE_CASES: readonly ClusterCase[] = [{
  name:
    "a function begins with the pods that it is to have at least; what an autoscaler gives while a deploy fails stays; pods stay where an autoscaler takes over from a number, and where a number takes over again; somebody else's number is a conflict",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const pods = async () => (await lab.read("deployment", "shop")).spec.replicas;
      await rejects(
        lab.deploy(times(2, { options: "{ cluster: { replicas: { min: 2, max: 4 } } }" })),
        /function "shop": cluster\.replicas: an autoscaler goes by/,
      );
      const begun = await lab.deploy(
        times(3, { options: "{ resources: { cpu: 0.1 }, cluster: { replicas: { min: 2, max: 4 } } }" }),
      );
      const { functions: [first] } = await begun.status();
      deepStrictEqual([first!.serving, first!.replicas], [2, 2], "an autoscaler has not looked yet");
      await begun.delete();
      await lab.deploy(scaled("3"));
      const autoscaled = await lab.plan(scaled("{ min: 2, max: 4 }"));
      const { changes } = await autoscaled.plan();
      deepStrictEqual(changes.filter((line) => line.includes("spec.replicas")), []);
      ok(changes.includes(`HorizontalPodAutoscaler ${lab.namespace}/shop: new`), changes.join("\n"));
      await autoscaled.apply();
      strictEqual(await pods(), 3);
      const told = await lab.read("events", "--field-selector", "reason=ScalingReplicaSet");
      const fell = told.items.filter(({ message }: { message: string }) =>
        /Scaled down .* from [34] to [01]$/.test(message)
      );
      deepStrictEqual(fell, [], "pods go one by one");
      deepStrictEqual((await autoscaled.plan()).changes, []);

      const started = Promise.withResolvers<void>();
      const failing = lab.deploy(scaled("{ min: 2, max: 4 }"), {
        image: "registry.test/none:1",
        onProgress: ({ state }) => state === "starting" && started.resolve(),
      });
      await Promise.race([started.promise, failing]);
      await cluster.kubectl(["scale", "deployment", "shop", "-n", lab.namespace, "--replicas=4"]); // as an autoscaler does
      await rejects(failing, /its image cannot be had/);
      strictEqual(await pods(), 4, "going back takes none away");
      await lab.deploy(scaled("2"));
      strictEqual(await pods(), 2);
      await lab.deploy(scaled("1"));
      strictEqual(await pods(), 1);
      await cluster.kubectl(["scale", "deployment", "shop", "-n", lab.namespace, "--replicas=2"]);
      await rejects(lab.deploy(scaled("3")), /spec\.replicas/);
      strictEqual(await pods(), 2);
      const ready = async () => (await lab.read("deployment", "shop")).status.readyReplicas;
      await until("two pods are ready", ready, (pods) => pods === 2);
    }),
}, {
  name:
    "an autoscaler that is taken away says no number any more, however often it wrote; the same again is no conflict",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await lab.deploy(scaled("{ min: 1, max: 4 }"));
      using asked = await askedBy(cluster.kubeconfig);
      const { namespace } = lab;
      const scaler = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", namespace, name: "shop" };
      const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "shop", namespace } };
      const { promise: hasScaled, resolve } = Promise.withResolvers<void>();
      const autoscaler = (async () => { // as one writes that has metrics, which nobody gives here
        while (await asked.objects.read(scaler) !== undefined) {
          await asked.objects.apply({ ...deployment, spec: { replicas: 4 } }, { manager: "autoscaler", force: true });
          resolve();
        }
      })();
      await hasScaled;
      await lab.deploy(scaled("2"));
      await autoscaler;
      deepStrictEqual((await lab.read("hpa")).items, []);
      strictEqual((await lab.read("deployment", "shop")).spec.replicas, 2);
      const again = await lab.plan(scaled("2"));
      deepStrictEqual((await again.plan()).changes, []);
      await lab.deploy(scaled("3"));
      strictEqual((await lab.read("deployment", "shop")).spec.replicas, 3);
    }),
}];
