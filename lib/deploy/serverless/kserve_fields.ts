import type { Answers } from "../settings/function_fields.ts";
import { KNATIVE } from "./knative_fields.ts";
import { ONE_PROCESS } from "./one_process.ts";

/** How much of the processor that they ask for pods may use before there are more, where nobody says. */
export const CPU_PERCENT = 80;

const SCALED_BY_CPU = {
  "cluster.replicas.min": "done", // where a pod stays, the service tells it
  "cluster.replicas.max": "done",
  "cluster.replicas.cpu": "done",
  "cluster.replicas.lag": {
    noted: `cluster.replicas.lag: KServe looks at no streams, it goes by the processor, ${CPU_PERCENT} percent`,
  },
} as const;

/** What KServe makes of a function's fields, by how it runs it. */
export const KSERVE: Readonly<Record<"Standard" | "Knative", Answers>> = {
  Standard: {
    ...ONE_PROCESS,
    ...SCALED_BY_CPU,
    "serve.graceMs": "done", // terminationGracePeriodSeconds
    "serve.limits": "done",
    "cluster.nodeSelector": "done",
    "cluster.tolerations": "done",
  },
  Knative: { ...KNATIVE, ...SCALED_BY_CPU },
};
