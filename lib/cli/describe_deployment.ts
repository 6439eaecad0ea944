import type { DeploymentStatus } from "../deploy/deployed_state.ts";

/** A deployment for people: a line, and one for each function, with what is wrong. */
export function describeDeployment(status: DeploymentStatus): string {
  const { name, state, url, revision, previous, supervisor, functions } = status;
  const head = `${name}: ${state}, ${url}, revision ${revision}${previous === undefined ? "" : `, before ${previous}`}${
    supervisor === undefined ? "" : `, supervisor ${supervisor}`
  }`;
  const width = Math.max(...functions.map((one) => one.name.length));
  const lines = functions.flatMap((one) => [
    `  ${one.name.padEnd(width)}  ${one.state}  ${one.serving} of ${one.workers} workers  ${one.url}${
      one.restarts === 0 ? "" : `  ${one.restarts} restarts`
    }`,
    ...(one.reason?.split("\n") ?? []).map((line) => `    ${line}`),
  ]);
  const reason = functions.some((one) => one.reason !== undefined) ? undefined : status.reason;
  return `${[head, ...lines, ...reason === undefined ? [] : [`  ${reason}`]].join("\n")}\n`;
}
