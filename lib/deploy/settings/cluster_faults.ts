import type { ClusterSettings, IngressSettings, RouteSettings } from "./cluster_settings.ts";
import { isSecretName } from "./secret_name.ts";

type Check = readonly [is: (value: unknown) => boolean, wish: string];

const MOST_PODS = 1_000;
const LARGEST_USER = 2_147_483_647;
const CHECKS: Readonly<Record<keyof ClusterSettings, Check>> = {
  replicas: [
    (value) => isWhole(value, 1) || isScale(value),
    `a whole number from 1 to ${MOST_PODS}, or { min, max } and perhaps cpu or lag`,
  ],
  secretNames: [
    (value) => Array.isArray(value) && value.every(isSecretName),
    'a list of names of Secrets: small letters, digits, "-" and "."',
  ],
  envFrom: [
    (value) => Array.isArray(value) && value.every(isSource),
    "a list of { configMapName } and { secretName }",
  ],
  ingress: [
    (value) => isDoor(value, ["className", "tlsSecretName", "annotations"]) && hasSecretName(value as IngressSettings),
    "{ host } and perhaps path, from, className, tlsSecretName, annotations",
  ],
  route: [
    (value) => isDoor(value, ["gateway", "https"]) && isGateway((value as RouteSettings).gateway),
    "{ host, gateway: { name } } and perhaps path, from, https, and the gateway's namespace and listener",
  ],
  from: [
    (value) => value === "any" || Array.isArray(value) && value.every(isRecord),
    '"any", or a list of labels of namespaces',
  ],
  serviceAccount: [isText, "the name of a ServiceAccount"],
  nodeSelector: [isRecord, "labels of nodes"],
  tolerations: [(value) => Array.isArray(value) && value.every(isRecord), "a list of tolerations"],
  rollout: [(value) => value === "new-first" || value === "old-first", '"new-first" or "old-first"'],
  user: [
    (value) => value === "assigned" || isWhole(value, 1, LARGEST_USER),
    'a number above 0, for none is root, or "assigned"',
  ],
};

/** What is wrong with how a function is to run in a cluster; nothing where it is sound. */
export function faultsOfCluster(settings: ClusterSettings, { isFed }: { readonly isFed: boolean }): string[] {
  if (!isRecord(settings as unknown)) {
    return [`cluster is ${JSON.stringify(settings)}, and must be an object of ${Object.keys(CHECKS).join(", ")}`];
  }
  const faults = Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(CHECKS, name)) {
      return [`there is no cluster.${name}; there are ${Object.keys(CHECKS).join(", ")}`];
    }
    const [is, wish] = CHECKS[name as keyof ClusterSettings];
    return is(value) ? [] : [`cluster.${name} is ${JSON.stringify(value)}, and must be ${wish}`];
  });
  if (faults.length > 0 || typeof settings.replicas !== "object") return faults;
  const { min, lag } = settings.replicas;
  return [
    ...lag !== undefined && !isFed ? ["cluster.replicas.lag: no stream feeds it, and nothing waits"] : [],
    ...min === 0 && lag === undefined
      ? ["cluster.replicas.min is 0, which is for functions that are scaled by lag"]
      : [],
  ];
}

function isScale(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { min, max, cpu, lag, ...rest } = value;
  return isWhole(min, 0) && isWhole(max, 1) && (min as number) <= (max as number) && Object.keys(rest).length === 0 &&
    (cpu === undefined || isWhole(cpu, 1)) && (lag === undefined || isWhole(lag, 1, 1_000_000_000)) &&
    (cpu === undefined || lag === undefined);
}

/** A way in from outside: its path is one, and who hands its requests on is said by labels. */
function isDoor(value: unknown, others: readonly string[]): boolean {
  if (!isRecord(value)) return false;
  const { host, path, from, ...rest } = value;
  return isText(host) && (path === undefined || isText(path) && path.startsWith("/")) &&
    (from === undefined || Array.isArray(from) && from.length > 0 && from.every(isRecord)) &&
    Object.keys(rest).every((name) => others.includes(name));
}

function isSource(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const names = [value.configMapName, value.secretName].filter((name) => name !== undefined);
  return names.length === 1 && isSecretName(names[0]);
}

function hasSecretName({ tlsSecretName }: IngressSettings): boolean {
  return tlsSecretName === undefined || isSecretName(tlsSecretName);
}

function isGateway(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name, namespace, listener, ...rest } = value;
  return isText(name) && [namespace, listener].every((one) => one === undefined || isText(one)) &&
    Object.keys(rest).length === 0;
}

function isWhole(value: unknown, least: number, most = MOST_PODS): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
