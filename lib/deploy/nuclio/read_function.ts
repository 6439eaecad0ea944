import { z } from "zod";
import { DashboardError } from "./dashboard_error.ts";
import type { NuclioFunction } from "./nuclio_function.ts";

const NAMED = z.looseObject({ name: z.string() });
const OBJECT = z.record(z.string(), z.unknown());
const COUNT = z.int().min(0);

/** What is used of a specification; what a dashboard has besides is left as it is. */
export const SPEC = z.preprocess(
  (value) => isRecord(value) ? withoutNulls(value) : value,
  z.looseObject({
    runtime: z.string().optional(),
    image: z.string().optional(),
    env: z.array(NAMED.extend({ value: z.string().optional() })).optional(),
    envFrom: z.array(OBJECT).optional(),
    volumes: z.array(OBJECT).optional(),
    resources: OBJECT.optional(),
    minReplicas: COUNT.optional(),
    maxReplicas: COUNT.optional(),
    readinessTimeoutSeconds: COUNT.optional(),
    triggers: z.record(z.string(), OBJECT).optional(),
  }),
);

/**
 * Reads what a dashboard says is a function: whatever it sends, what is used of it has the form that it should have.
 *
 * @throws {DashboardError} If it is none.
 */
export function readFunction(act: string, value: unknown): NuclioFunction {
  const { metadata, spec, status = {} } = objectOf(act, "it", value);
  const { name, labels, annotations, namespace, ...meta } = objectOf(act, "its metadata", metadata);
  if (typeof name !== "string" || name === "") throw none(act, "its metadata has no name");
  const { state, message, logs, internalInvocationUrls, externalInvocationUrls } = objectOf(act, "its status", status);
  const read = SPEC.safeParse(objectOf(act, "its spec", spec));
  if (!read.success) {
    const { path, message } = read.error.issues[0]!;
    throw none(act, `spec.${path.join(".")} of "${name}": ${message}`);
  }
  return {
    metadata: {
      ...meta,
      ...typeof namespace === "string" ? { namespace } : {},
      name,
      labels: textsOf(labels),
      annotations: textsOf(annotations),
    },
    spec: read.data as unknown as NuclioFunction["spec"],
    status: {
      ...typeof state === "string" ? { state } : {},
      ...typeof message === "string" ? { message } : {},
      logs: Array.isArray(logs) ? logs.filter(isRecord) : [],
      internalInvocationUrls: listOf(internalInvocationUrls),
      externalInvocationUrls: listOf(externalInvocationUrls),
    },
  };
}

/** Whether what a dashboard says is a function has these labels; what is of no form has none. */
export function hasLabels(value: unknown, labels: Readonly<Record<string, string>>): boolean {
  const metadata = isRecord(value) ? value.metadata : undefined;
  const own = textsOf(isRecord(metadata) ? metadata.labels : undefined);
  return Object.entries(labels).every(([name, text]) => own[name] === text);
}

function objectOf(act: string, what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw none(act, `${what} is ${value === undefined ? "missing" : "no object"}`);
}

function none(act: string, why: string): DashboardError {
  return new DashboardError(act, `the dashboard answers with something that is no function: ${why}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutNulls(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).filter(([, text]) => typeof text === "string"),
  ) as Record<string, string>;
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
