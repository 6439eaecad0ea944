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
    told(
      container({ state: { waiting: { reason: "CreateContainerConfigError", message: 'secret "keys" not found' } } }),
    ),
    [
      false,
      true,
      'its container cannot be made (CreateContainerConfigError): secret "keys" not found',
    ],
  );
  const crash = { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 1 } } };
  deepStrictEqual(told(container({ ...crash, restartCount: 1 })), [false, false, "it ended with 1, 2 times"]);
  deepStrictEqual(told(container({ ...crash, restartCount: 2 })), [false, true, "it ended with 1, 3 times"]);
  const killed = { state: { terminated: { exitCode: 137, reason: "OOMKilled" } } };
  deepStrictEqual(told(container(killed)), [false, true, "it took more memory than it may"]);
  deepStrictEqual(told(container({ state: { running: {} } })), [false, false, "it is not ready yet"]);
  deepStrictEqual(told(container({ state: { waiting: { reason: "ContainerCreating" } } })), [
    false,
    false,
    "its image is pulled, or its volumes are mounted",
  ]);
  deepStrictEqual(told({ phase: "Failed", message: "evicted: the disk is full" }), [
    false,
    true,
    "evicted: the disk is full",
  ]);
});

/** Texts of containerd, CRI-O and kubelets. */
const PULLS: readonly (readonly [word: string, message: string, isLost: boolean])[] = [
  [
    "ErrImagePull",
    'rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/a/b:1": failed to resolve reference "ghcr.io/a/b:1": ghcr.io/a/b:1: not found',
    true,
  ],
  [
    "ErrImagePull",
    'failed to resolve reference "docker.io/a/b:1": pull access denied, repository does not exist or may require authorization',
    true,
  ],
  ["ErrImagePull", "reading manifest 1 in quay.io/a/b: unauthorized: access to the requested resource", true],
  ["ErrImagePull", "failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden", true],
  ["ErrImagePull", "initializing source docker://a/b:1: reading manifest 1 in a/b: manifest unknown", true],
  ["ErrImagePull", "no match for platform in manifest: not found", true],
  ["InvalidImageName", 'Failed to apply default image tag "a//b": couldn\'t parse image name', true],
  ["ErrImageNeverPull", 'Container image "a" is not present with pull policy of Never', true],
  ["ImagePullBackOff", 'Back-off pulling image "a": ErrImagePull: a: not found', true],
  ["ImagePullBackOff", 'Back-off pulling image "a": ErrImagePull: dial tcp 10.0.0.1:443: i/o timeout', false],
  ["ErrImagePull", "httpReadSeeker: failed open: unexpected status code: 429 Too Many Requests", false],
  ["ErrImagePull", "toomanyrequests: You have reached your unauthenticated pull rate limit", false],
  ["ErrImagePull", "dial tcp: lookup registry.test on 10.0.0.10:53: no such host", false],
  ["ErrImagePull", "dial tcp: lookup registry.test on 10.0.0.10:53: server misbehaving", false],
  ["ErrImagePull", 'failed to do request: Head "https://denied.test/v2/not found": context deadline exceeded', false],
  ["ErrImagePull", "unexpected status from HEAD request: 503 Service Unavailable", false],
  ["ErrImagePull", "rpc error: code = Unknown desc = failed to copy: something broke", false],
  ["ErrImagePull", "pull QPS exceeded", false],
  ["ErrImagePull", "something that nobody has heard of", false],
];

Deno.test("podState() tells images that are not there, or not for us, from registries that have a bad moment", () => {
  for (const [word, message, isLost] of PULLS) {
    deepStrictEqual(told(container({ state: { waiting: { reason: word, message } } })), [
      false,
      isLost,
      `its image cannot be had (${word}): ${message}`,
    ]);
  }
});

Deno.test("podState() tells what is asked for wrongly of a container from what may be there in a moment", () => {
  const made = (reason: string, message: string) => told(container({ state: { waiting: { reason, message } } }))[1];
  deepStrictEqual(made("CreateContainerConfigError", 'secret "lost" not found'), true);
  deepStrictEqual(made("CreateContainerConfigError", "couldn't find key A in Secret shop/keys"), true);
  deepStrictEqual(made("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"), true);
  deepStrictEqual(made("CreateContainerConfigError", "failed to sync secret cache: timed out waiting"), false);
  deepStrictEqual(made("CreateContainerError", "context deadline exceeded"), false);
});

Deno.test("podState() names the container where there are several, and takes statuses that are not there yet", () => {
  const status = (fields: object) => ({ conditions: [{ type: "Ready", status: "False" }], ...fields });
  const [sidecar, own] = ["istio-proxy", "function"].map((name) => ({ name, ready: false, restartCount: 0 }));
  const down = { ...sidecar, state: { terminated: { exitCode: 2 } } };
  deepStrictEqual(told(status({ containerStatuses: [down, own] }))[2], 'its container "istio-proxy" ended with 2');
  const late = { ...sidecar, state: { waiting: { reason: "ErrImagePull", message: "x: not found" } } };
  deepStrictEqual(told(status({ initContainerStatuses: [late], containerStatuses: [own] })), [
    false,
    true,
    'the image of its container "istio-proxy" cannot be had (ErrImagePull): x: not found',
  ]);
  deepStrictEqual(told(status({ containerStatuses: [] }))[2], "it is on its way to a node");
  deepStrictEqual(told(status({ containerStatuses: [own] }))[2], "it is not ready yet");
});

Deno.test("podState() counts what is news alone", () => {
  const { isLost, reason } = podState({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "shop-1" },
    status: container({ restartCount: 3, state: { running: {} }, lastState: { terminated: { exitCode: 137 } } }),
  }, new Map([["function", 3]]));
  deepStrictEqual([isLost, reason], [false, "it ended with 137"]);
});
