import type { Answers } from "../settings/function_fields.ts";

/** What each of these targets says by itself: it is another's on each. */
type Own =
  | "serve.graceMs"
  | "serve.limits"
  | "cluster.nodeSelector"
  | "cluster.tolerations"
  | `cluster.replicas.${"min" | "max" | "cpu" | "lag"}`;

const ADDRESS = "the platform gives it its address itself";

/** What becomes of a function's fields where all of it is one process, in one container with one port, whatever the platform. */
export const ONE_PROCESS: Omit<Answers, Own> = {
  env: "done",
  errorStream: "done",
  "serve.workers": (workers) =>
    workers > 1 ? { noted: `serve.workers (${workers}): a pod has one process here; say replicas` } : "done",
  "serve.host": "done", // it listens on all of its pod
  "serve.grpcPort": (port) => ({ noted: `serve.grpcPort (${port}): a service here has one port, for HTTP` }),
  "serve.tokens": "done",
  "serve.tls": { refused: "the cluster has the certificate: leave serve.tls out" },
  "serve.cors": "done",
  "serve.accessLog": "done",
  "serve.logLevel": "done",
  "serve.workerFlags": {
    refused: "serve.workerFlags: a pod has one process here, of which nothing is taken away. Leave it out",
  },
  "resources.cpu": "done",
  "resources.memory": "done",
  "resources.gpu": "done",
  "cluster.secretNames": "done",
  "cluster.envFrom": "done",
  "cluster.serviceAccount": "done",
  "cluster.user": "done",
  "cluster.from": { noted: "cluster.from: no network policy is made here" },
  "cluster.route": { noted: `cluster.route: ${ADDRESS}` },
  "cluster.rollout": { noted: "cluster.rollout: the platform replaces pods in its own way" },
  "cluster.ingress": { noted: `cluster.ingress: ${ADDRESS}` },
};
