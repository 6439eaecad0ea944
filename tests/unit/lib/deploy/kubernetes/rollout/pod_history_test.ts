import { deepStrictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../../lib/deploy/cluster/cluster_object.ts";
import { PodHistory } from "../../../../../../lib/deploy/kubernetes/rollout/pod_history.ts";

const BUSY = "unexpected status code: 429 Too Many Requests";

function pod(fields: object, { name = "shop-1", phase = "Pending" } = {}): ClusterObject {
  const status = {
    phase,
    conditions: [{ type: "Ready", status: "False" }, { type: "PodScheduled", status: "True" }],
    containerStatuses: [{ name: "function", ready: false, restartCount: 0, ...fields }],
  };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, uid: name }, status };
}

function waits(reason: string, message = ""): ClusterObject {
  return pod({ state: { waiting: { reason, message } } });
}

function crashed(restartCount: number, exitCode = 1, reason = "Error"): ClusterObject {
  return pod({
    restartCount,
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: { exitCode, reason } },
  });
}

/** Whether it is lost after each of these. */
function lost(history: PodHistory, pods: readonly ClusterObject[]): boolean[] {
  return pods.map((one) => {
    history.see(one);
    return history.stateOf(one).isLost;
  });
}

const BACK_OFF = waits("ImagePullBackOff", 'Back-off pulling image "x"');

Deno.test("PodHistory has a registry try twice where it has a bad moment, and tells what it said while the node waits", () => {
  const history = new PodHistory([]);
  const busy = waits("ErrImagePull", BUSY);
  deepStrictEqual(lost(history, [busy, busy, BACK_OFF]), [false, false, false]);
  deepStrictEqual(history.stateOf(BACK_OFF).reason, `its image cannot be had (ErrImagePull): ${BUSY}`);
  deepStrictEqual(lost(history, [busy]), [true]);
  const better = new PodHistory([]);
  deepStrictEqual(lost(better, [busy, BACK_OFF, pod({ state: { running: {} } })]), [false, false, false]);
  const node = waits("ErrImagePull", "pull QPS exceeded");
  deepStrictEqual(lost(new PodHistory([]), [node, BACK_OFF, node, BACK_OFF, node]), Array(5).fill(false));
});

Deno.test("PodHistory believes at once that an image is not there, and anew of pods that waited for it before", () => {
  const none = waits("ErrImagePull", "x: not found");
  deepStrictEqual(lost(new PodHistory([]), [none]), [true]);
  deepStrictEqual(lost(new PodHistory([BACK_OFF]), [BACK_OFF, none]), [false, true]);
  deepStrictEqual(lost(new PodHistory([none]), [none, BACK_OFF, none]), [false, false, true]);
});

Deno.test("PodHistory counts no restarts of last week", () => {
  const calm = pod({ restartCount: 3, state: { running: {} }, lastState: { terminated: { exitCode: 137 } } });
  const history = new PodHistory([calm]);
  deepStrictEqual(lost(history, [calm, crashed(3), crashed(4), crashed(5)]), [false, false, false, true]);
  deepStrictEqual(history.stateOf(crashed(5)).reason, "it ended with 1, 3 times");
  deepStrictEqual(lost(new PodHistory([]), [crashed(0), crashed(1), crashed(2)]), [false, false, true]);
  deepStrictEqual(lost(new PodHistory([]), [crashed(0, 137, "OOMKilled")]), [true]);
  deepStrictEqual(lost(new PodHistory([crashed(1, 137, "OOMKilled")]), [crashed(1, 137, "OOMKilled")]), [false]);
});

Deno.test("PodHistory leaves pods that were given up to their set, and knows those of before", () => {
  const evicted = pod({}, { name: "old", phase: "Failed" });
  const history = new PodHistory([evicted]);
  deepStrictEqual([lost(history, [evicted]), history.isOld(evicted), history.isOld(BACK_OFF)], [[false], true, false]);
});

Deno.test("PodHistory gives a container that cannot be made some seconds, unless it is asked for wrongly", () => {
  let now = 0;
  const history = new PodHistory([], () => now);
  const slow = waits("CreateContainerConfigError", "failed to sync configmap cache: timed out waiting");
  deepStrictEqual(lost(history, [slow]), [false]);
  now = 16_000;
  deepStrictEqual(lost(history, [slow]), [true]);
  deepStrictEqual(lost(history, [waits("ContainerCreating"), slow]), [false, false], "it begins anew");
  deepStrictEqual(lost(history, [waits("CreateContainerConfigError", 'secret "keys" not found')]), [true]);
});
