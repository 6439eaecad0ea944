import { deepStrictEqual } from "node:assert/strict";
import { podState } from "../../../../../lib/deploy/cluster/pod_state.ts";

const told = (status: object) => {
  const { isReady, isLost, reason } = podState({ apiVersion: "v1", kind: "Pod", metadata: { name: "shop-1" }, status });
  return [isReady, isLost, reason];
};
const container = (fields: object) => ({
  phase: "Running",
  conditions: [{ type: "Ready", status: "False" }, { type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "function", ready: false, restartCount: 0, ...fields }],
});

Deno.test("podState() says why a pod is not ready, and whether waiting is in vain", () => {
  deepStrictEqual(told({ conditions: [{ type: "Ready", status: "True" }] }), [true, false, undefined]);
  deepStrictEqual(told({}), [false, false, "it is on its way to a node"]);
  const message = "0/1 nodes are available";
  const unscheduled = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
  deepStrictEqual(told({ conditions: unscheduled }), [false, false, `no node takes it: ${message}`]);
  deepStrictEqual(told(container({ state: { waiting: { reason: "ImagePullBackOff", message: "no image" } } })), [
    false,
    true,
    "its image cannot be had (ImagePullBackOff): no image",
  ]);
  deepStrictEqual(
    told(container({ state: { waiting: { reason: "CreateContainerConfigError", message: "no secret" } } })),
    [
      false,
      true,
      "its container cannot be made (CreateContainerConfigError): no secret",
    ],
  );
  const crash = { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 1 } } };
  deepStrictEqual(told(container({ ...crash, restartCount: 1 })), [false, false, "it ended with 1, 2 times"]);
  deepStrictEqual(told(container({ ...crash, restartCount: 2 })), [false, true, "it ended with 1, 3 times"]);
  const killed = { state: { terminated: { exitCode: 137, reason: "OOMKilled" } } };
  deepStrictEqual(told(container(killed)), [false, true, "it took more memory than it may"]);
  deepStrictEqual(told(container({ state: { running: {} } })), [false, false, "it is not ready yet"]);
  deepStrictEqual(told({ phase: "Failed", message: "evicted: the disk is full" }), [
    false,
    true,
    "evicted: the disk is full",
  ]);
});
