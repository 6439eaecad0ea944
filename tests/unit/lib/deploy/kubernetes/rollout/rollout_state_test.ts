import { deepStrictEqual } from "node:assert/strict";
import { rolloutState } from "../../../../../../lib/deploy/kubernetes/rollout/rollout_state.ts";

const told = (status: object, { generation = 2, replicas = 2 } = {}) =>
  rolloutState({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop", generation },
    spec: { replicas },
    status,
  });
const all = { observedGeneration: 2, updatedReplicas: 2, replicas: 2, availableReplicas: 2 };

Deno.test("rolloutState() is done when all pods are new and serve, and the controller has seen what is wished", () => {
  deepStrictEqual(told(all), { isDone: true, isServing: true, ready: 2, wished: 2, failure: undefined });
  deepStrictEqual(told({ ...all, observedGeneration: 1 }).isDone, false);
  deepStrictEqual(told({ ...all, replicas: 3 }), {
    isDone: false,
    isServing: true,
    ready: 2,
    wished: 2,
    failure: undefined,
  });
  deepStrictEqual(told({ ...all, updatedReplicas: 1 }), {
    isDone: false,
    isServing: true,
    ready: 1,
    wished: 2,
    failure: undefined,
  });
});

Deno.test("rolloutState() tells what its controller says of what was wished last", () => {
  const late = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" };
  const refused = { type: "ReplicaFailure", status: "True", message: "exceeded quota" };
  deepStrictEqual(told({ ...all, availableReplicas: 1, conditions: [late] }).failure, "timed out");
  deepStrictEqual(told({ ...all, availableReplicas: 1, conditions: [refused] }).failure, "exceeded quota");
  deepStrictEqual(told({ ...all, observedGeneration: 1, conditions: [refused] }).failure, undefined);
});

Deno.test("rolloutState() tells that somebody has paused it where new pods are to be made", () => {
  const paused = (status: object) =>
    rolloutState({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "shop", namespace: "market", generation: 2 },
      spec: { replicas: 2, paused: true },
      status: { ...all, ...status },
    });
  const told =
    "somebody has paused it, and it makes no new pods until `kubectl rollout resume deployment/shop -n market`";
  const { isDone, paused: said, failure } = paused({ updatedReplicas: undefined });
  deepStrictEqual([isDone, said, failure], [false, told, told]);
  deepStrictEqual(paused({}).paused, undefined); // as many pods as it has are as it is wished
  deepStrictEqual(paused({ updatedReplicas: 0, observedGeneration: 1 }).paused, undefined);
});
