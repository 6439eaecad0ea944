import { type FunctionFields, type FunctionPlace, saidFields } from "../settings/function_fields.ts";

/** Whether what a child says of itself holds for all, or must be the function's own (`faultsOfChild`). */
const HOLDS: Readonly<Record<keyof FunctionFields, boolean>> = {
  env: true,
  errorStream: true,
  "serve.workers": false,
  "serve.host": false,
  "serve.grpcPort": false,
  "serve.tokens": false,
  "serve.tls": false,
  "serve.limits": false,
  "serve.cors": false,
  "serve.graceMs": false,
  "serve.accessLog": false,
  "serve.logLevel": false,
  "serve.workerFlags": false,
  "resources.cpu": false,
  "resources.memory": false,
  "resources.gpu": false,
  "cluster.secretNames": true,
  "cluster.envFrom": true,
  "cluster.serviceAccount": true,
  "cluster.nodeSelector": true,
  "cluster.tolerations": true,
  "cluster.user": true,
  "cluster.ingress": false,
  "cluster.route": false,
  "cluster.from": false,
  "cluster.rollout": false,
  "cluster.replicas.min": false,
  "cluster.replicas.max": false,
  "cluster.replicas.cpu": false,
  "cluster.replicas.lag": false,
};

/** What of a child is not looked at, since all run in one process: a line each. */
export function notesOfChild(child: string, place: FunctionPlace): string[] {
  const known = HOLDS as Readonly<Record<string, boolean>>;
  const lost = [...saidFields(place).keys()].filter((field) => known[field] === false);
  const names = new Set(lost.map((field) => field.replace(/^(resources|cluster\.replicas)\..*/, "$1")));
  return [...names].map((name) =>
    `function ${child}: its ${name} ${name === "resources" ? "are" : "is"} not looked at; say ${
      name === "resources" ? "those" : "that"
    } of all in the function's own`
  );
}
