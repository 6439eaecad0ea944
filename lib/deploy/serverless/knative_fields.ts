import type { Answers } from "../settings/function_fields.ts";
import { ONE_PROCESS } from "./one_process.ts";

/** What Knative makes of a function's fields. */
export const KNATIVE: Answers = {
  ...ONE_PROCESS,
  "serve.graceMs": "done", // timeoutSeconds
  "serve.limits": "done",
  "cluster.nodeSelector": withFeature("nodeSelector"),
  "cluster.tolerations": withFeature("tolerations"),
  "cluster.replicas.min": "done", // where a pod stays, the service tells it
  "cluster.replicas.max": "done",
  "cluster.replicas.cpu": "done",
  "cluster.replicas.lag": {
    noted: "cluster.replicas.lag: Knative looks at no streams, it gives more pods where more is asked by HTTP",
  },
};

function withFeature(field: string): { readonly noted: string } {
  return {
    noted: `cluster.${field}: Knative takes it where its feature kubernetes.podspec-${field.toLowerCase()} is on`,
  };
}
