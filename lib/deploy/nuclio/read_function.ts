import { DashboardError } from "./dashboard_error.ts";
import type { NuclioFunction } from "./nuclio_function.ts";

/**
 * Reads what a dashboard says is a function: whatever it sends, what is used of it has the form that it should have.
 *
 * @throws {DashboardError} If it is none.
 */
export function readFunction(act: string, value: unknown): NuclioFunction {
  const { metadata, spec, status = {} } = recordOf(act, "it", value);
  const { name, labels, annotations, ...meta } = recordOf(act, "its metadata", metadata);
  if (typeof name !== "string" || name === "") throw none(act, "its metadata has no name");
  const { state, message, logs, internalInvocationUrls, externalInvocationUrls } = recordOf(act, "its status", status);
  return {
    metadata: {
      ...meta,
      name,
      labels: textsOf(labels),
      annotations: textsOf(annotations),
    } as NuclioFunction["metadata"],
    spec: recordOf(act, "its spec", spec) as unknown as NuclioFunction["spec"],
    status: {
      ...typeof state === "string" ? { state } : {},
      ...typeof message === "string" ? { message } : {},
      logs: Array.isArray(logs) ? logs.filter(isRecord) : [],
      internalInvocationUrls: listOf(internalInvocationUrls),
      externalInvocationUrls: listOf(externalInvocationUrls),
    },
  };
}

function recordOf(act: string, what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw none(act, `${what} is ${value === undefined ? "missing" : "no object"}`);
}

function none(act: string, why: string): DashboardError {
  return new DashboardError(act, `the dashboard answers with something that is no function: ${why}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).filter(([, text]) => typeof text === "string"),
  ) as Record<string, string>;
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
