import type { Answer, Answers, FunctionFields } from "../settings/function_fields.ts";

const NO_CODE = "no code of it runs there that would read it";
const ADDRESS = "KServe gives a graph its address itself";
const LOG = "a router of KServe logs in its own way";
const RESOURCES = "a router of KServe has what KServe's configuration says";

/** What an InferenceGraph makes of a function's fields: KServe's router stands in the place of Levada, and no code runs. */
export const INFERENCE_GRAPH: Answers = {
  env: lost("env", NO_CODE),
  errorStream: lost("errorStream", "a router of KServe writes failures to no stream"),
  "serve.workers": lost("serve.workers", "a router of KServe is one process: say cluster.replicas"),
  "serve.host": lost("serve.host", "a router of KServe listens where KServe says"),
  "serve.grpcPort": lost("serve.grpcPort", "a router of KServe answers HTTP alone"),
  "serve.tokens": unsaid("serve.tokens", "a router of KServe asks for no token, and would answer everybody"),
  "serve.tls": unsaid("serve.tls", "a router of KServe takes no certificate: the cluster has it"),
  "serve.limits": lost("serve.limits", "a router of KServe takes what comes"),
  "serve.cors": lost("serve.cors", "a router of KServe tells browsers nothing"),
  "serve.graceMs": lost("serve.graceMs", "KServe ends its routers in its own way"),
  "serve.accessLog": lost("serve.accessLog", LOG),
  "serve.logLevel": lost("serve.logLevel", LOG),
  "serve.workerFlags": lost("serve.workerFlags", "no process of Levada runs there"),
  "resources.cpu": lost("resources.cpu", RESOURCES),
  "resources.memory": lost("resources.memory", RESOURCES),
  "resources.gpu": lost("resources.gpu", RESOURCES),
  "cluster.replicas.min": "done",
  "cluster.replicas.max": "done",
  "cluster.replicas.cpu": "done",
  "cluster.replicas.lag": unsaid("cluster.replicas.lag", "a router of KServe reads no stream"),
  "cluster.secretNames": lost("cluster.secretNames", NO_CODE),
  "cluster.envFrom": lost("cluster.envFrom", NO_CODE),
  "cluster.ingress": lost("cluster.ingress", ADDRESS),
  "cluster.route": lost("cluster.route", ADDRESS),
  "cluster.from": lost("cluster.from", "no network policy is made here"),
  "cluster.serviceAccount": "done",
  "cluster.nodeSelector": "done",
  "cluster.tolerations": "done",
  "cluster.rollout": lost("cluster.rollout", "KServe replaces pods in its own way"),
  "cluster.user": lost("cluster.user", "KServe says who its routers run as"),
};

function lost(field: keyof FunctionFields, reason: string): Answer {
  return { noted: `${field} is lost: ${reason}` };
}

function unsaid(field: keyof FunctionFields, reason: string): Answer {
  return { refused: `${field} cannot be said: ${reason}` };
}
