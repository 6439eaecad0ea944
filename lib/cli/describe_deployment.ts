import type { DeploymentStatus } from "../deploy/process/deployed_state.ts";
import type { TriggerStatus } from "../deploy/process/trigger_status.ts";
import { oneLine } from "../telemetry/one_line.ts";

/** A deployment for people: a line, and one for each function, with what is wrong. */
export function describeDeployment(status: DeploymentStatus): string {
  const { name, state, url, revision, previous, supervisor, functions } = status;
  const head = `${name}: ${state}, ${url}, revision ${revision}${previous === undefined ? "" : `, before ${previous}`}${
    supervisor === undefined ? "" : `, supervisor ${supervisor}`
  }`;
  const width = Math.max(...functions.map((one) => one.name.length));
  const lines = functions.flatMap((one) => [
    `  ${one.name.padEnd(width)}  ${one.state}  ${
      one.state === "unknown" ? "?" : one.serving
    } of ${one.workers} workers  ${one.url}${
      one.restarts === 0 ? "" : `  ${one.restarts} ${one.restarts === 1 ? "restart" : "restarts"}`
    }`,
    ...(one.reason?.split("\n") ?? []).map((line) => `    ${line}`),
  ]);
  const reason = functions.some((one) => one.reason !== undefined) ? undefined : status.reason;
  const triggers = status.triggers.map((trigger) => `  trigger ${oneLine(describe(trigger))}`);
  return `${[head, ...lines, ...triggers, ...reason === undefined ? [] : [`  ${reason}`]].join("\n")}\n`;
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
