import type { FunctionOptions } from "../../../lib/functions/function_options.ts";

/** All that a function can ask of a cluster, but what excludes another. */
export const EVERYTHING: FunctionOptions = {
  env: { SHELF: "top" },
  serve: { limits: { maxConcurrent: 8 }, graceMs: 10_000, logLevel: "warn" },
  resources: { cpu: 2, memory: "1Gi", gpu: 1 },
  cluster: {
    replicas: { min: 2, max: 4, cpu: 60 },
    secretNames: ["keys"],
    envFrom: [{ configMapName: "settings" }, { secretName: "more" }],
    ingress: {
      host: "shop.test",
      path: "/shop",
      className: "nginx",
      tlsSecretName: "shop-tls",
      annotations: { "a.test/b": "c" },
      from: [{ app: "nginx" }],
    },
    from: [{ team: "orders" }],
    nodeSelector: { disk: "fast" },
    tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
    rollout: "old-first",
    user: "assigned",
  },
};
