import type { DeploymentStatus, FunctionStatus } from "./deployment.ts";
import type { ClusterFunctionStatus, ClusterStatus } from "./kubernetes/cluster_status.ts";
import type { NuclioDeploymentStatus } from "./nuclio/nuclio_status.ts";
import type { ProcessFunctionStatus, ProcessStatus } from "./process/deployed_state.ts";
import type { TriggerStatus } from "./process/trigger_status.ts";
import { oneLine, plainLines } from "../telemetry/one_line.ts";

/** What some targets tell, and others do not. */
type AnyStatus =
  & DeploymentStatus
  & Partial<Pick<ProcessStatus, "supervisor" | "triggers">>
  & Partial<Pick<ClusterStatus, "namespace" | "context">>
  & Partial<Pick<NuclioDeploymentStatus, "dashboard" | "project" | "token">>;

/** A deployment for people: a line, and one for each function, with what is wrong. */
export function describeDeployment(status: AnyStatus): string {
  const { name, state, url, revision, previous, supervisor, functions, triggers: started = [] } = status;
  const whose = status.target === "nuclio" ? "" : ` of ${status.context}`;
  const where = status.namespace === undefined ? "" : ` in namespace ${status.namespace}${whose}`;
  const head = `${name}: ${state}${where}, ${url}, revision ${revision}${
    previous === undefined ? "" : `, before ${previous}`
  }${supervisor === undefined ? "" : `, supervisor ${supervisor}`}`;
  const width = Math.max(...functions.map((one) => one.name.length));
  const lines = functions.flatMap((one) => [
    `  ${one.name.padEnd(width)}  ${one.state}  ${one.state === "unknown" ? "?" : one.serving} ${
      wished(one)
    }  ${one.url}${one.restarts === 0 ? "" : `  ${one.restarts} ${one.restarts === 1 ? "restart" : "restarts"}`}`,
    ...(one.reason?.split("\n") ?? []).map((line) => `    ${line}`),
  ]);
  const reason = functions.some((one) => one.reason !== undefined) ? undefined : status.reason;
  const triggers = started.map((trigger) => `  trigger ${oneLine(describe(trigger))}`);
  return plainLines(`${[head, ...lines, ...triggers, ...reason === undefined ? [] : [`  ${reason}`]].join("\n")}\n`);
}

/** What can be done with it now, where that is not plain. */
export function nextSteps(status: AnyStatus): string {
  const { target, name, namespace, context, dashboard, project, token, functions: [first], url } = status;
  const how = (place: string) =>
    `How it is: levada status ${name} --target ${target}${place}; so also logs, rollback, delete.\n`;
  if (target === "nuclio") {
    const place = { dashboard, project, namespace, context, token };
    return how(Object.entries(place).map(([word, value]) => option(word, value)).join(""));
  }
  if (target !== "kubernetes") return "";
  const inside = first!.url === url ? `Within the cluster it answers at ${url}. ` : "";
  const secure = first!.url.startsWith("https:") ? 443 : 80;
  const object = new URL(first!.url).hostname.split(".")[0];
  const from = option("context", context);
  return `${inside}From here: kubectl${from} -n ${namespace} port-forward service/${object} 8080:${secure}\n${
    how(`${from}${option("namespace", namespace)}`)
  }`;
}

/** An option as a shell takes it. */
function option(name: string, value: string | undefined): string {
  if (value === undefined) return "";
  return ` --${name} ${/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}`;
}

/** What there are, and how many there are to be. */
function wished(one: FunctionStatus & Partial<ProcessFunctionStatus & ClusterFunctionStatus>): string {
  if (one.replicas !== undefined) return `of ${one.replicas} ${one.replicas === 1 ? "pod" : "pods"}`;
  if (one.workers === undefined) return one.serving === 1 ? "pod" : "pods";
  return `of ${one.workers} workers`;
}

function describe({ name, detail, times }: TriggerStatus): string {
  if (times === undefined) return `${name}: ${detail}`;
  const { next, last, fired, skipped, missed } = times;
  const counts = [
    `${fired} events`,
    ...skipped === 0 ? [] : [`${skipped} left out`],
    ...missed === 0 ? [] : [`${missed} missed`],
  ];
  return `${name}: ${detail}, ${
    last === undefined ? "not begun" : next === undefined ? "never again" : `next ${next}`
  }${last === undefined ? "" : `, last ${last}`}, ${counts.join(", ")}`;
}
