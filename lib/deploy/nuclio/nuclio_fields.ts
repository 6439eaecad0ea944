import type { Answers } from "../settings/function_fields.ts";

const LONGEST_GRACE_MS = 27_000; // Kubernetes gives pods 30 s where nobody says, of which it lingers for 3

/** What Nuclio makes of a function's fields. */
export const NUCLIO: Answers = {
  env: "done",
  errorStream: "done",
  "serve.workers": (workers) =>
    workers > 1 ? { noted: `serve.workers (${workers}): a pod has one process on Nuclio; say replicas` } : "done",
  "serve.host": "done", // it listens on all of its pod
  "serve.grpcPort": (port) => ({ noted: `serve.grpcPort (${port}): Nuclio passes http alone on` }),
  "serve.tokens": "done",
  "serve.tls": { refused: "Nuclio speaks http to its functions: leave serve.tls out, an ingress has the certificate" },
  "serve.limits": "done",
  "serve.cors": "done",
  "serve.graceMs": (graceMs) =>
    graceMs > LONGEST_GRACE_MS
      ? {
        noted: `serve.graceMs (${graceMs}): a pod of Nuclio has ${
          LONGEST_GRACE_MS / 1_000
        } s, what takes longer is cut`,
      }
      : "done",
  "serve.accessLog": "done",
  "serve.logLevel": "done",
  "serve.workerFlags": {
    refused: "serve.workerFlags: a pod has one process on Nuclio, of which nothing is taken away. Leave it out",
  },
  "resources.cpu": "done",
  "resources.memory": "done",
  "resources.gpu": "done",
  "cluster.secretNames": "done",
  "cluster.envFrom": "done",
  "cluster.ingress": "done",
  "cluster.serviceAccount": "done",
  "cluster.nodeSelector": "done",
  "cluster.tolerations": "done",
  "cluster.replicas.min": "done",
  "cluster.replicas.max": "done",
  "cluster.replicas.cpu": "done",
  "cluster.replicas.lag": { noted: "replicas.lag: Nuclio scales by processor and memory alone" },
  "cluster.route": { noted: "cluster.route: Nuclio makes no HTTPRoute; say cluster.ingress" },
  "cluster.from": { noted: "cluster.from: Nuclio makes no network policy" },
  "cluster.rollout": { noted: "cluster.rollout: Nuclio replaces pods in its own way" },
  "cluster.user": { noted: "cluster.user: the image says who its pods run as on Nuclio" },
};
