import { z } from "zod";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";
import { faultsOfSettings, type ProcessSettings } from "../settings/process_settings.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { objectsOf } from "./objects/release_objects.ts";
import type { Release } from "./release.ts";
import type { DeployedReleases, ReleasePlace } from "./release_record.ts";

const TEXT = z.string().min(1).max(4_096);
const TEXTS = z.array(TEXT).max(1_000);
const REVISION = z.string().regex(/^[0-9a-f]{12}$/);
const QUANTITY = z.string().regex(/^[0-9.]+[A-Za-z]{0,2}$/);
const DATA = z.record(z.string(), z.json());

const DOOR = z.looseObject({
  host: TEXT,
  path: TEXT.optional(),
  from: z.array(z.record(z.string(), z.string())).optional(),
});
const CLUSTER = z.looseObject({
  ingress: DOOR.extend({
    className: TEXT.optional(),
    tlsSecretName: TEXT.optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }).optional(),
  route: DOOR.extend({ https: z.boolean().optional(), gateway: z.looseObject({ name: TEXT }) }).optional(),
});

const FUNCTION = z.object({
  name: TEXT,
  objectName: TEXT,
  env: z.record(z.string(), z.string()),
  settings: DATA,
  resources: z.object({
    cpu: z.union([z.number(), QUANTITY]).optional(),
    memory: QUANTITY.optional(),
    gpu: z.int().min(0).optional(),
  }),
  cluster: CLUSTER,
  streams: z.array(z.object({ path: TEXT, group: TEXT })),
  publishes: TEXTS.optional(),
});

const RELEASE = z.object({
  name: TEXT,
  namespace: TEXT,
  revision: REVISION,
  image: z.string().regex(/^[\w][\w.:/@-]*$/),
  imagePullSecrets: TEXTS,
  code: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("config"), archive: z.string() }),
    z.object({ kind: z.literal("image"), folder: z.string().startsWith("/") }),
    z.object({ kind: z.literal("store"), url: TEXT, sha256: z.string().regex(/^[0-9a-f]{64}$/).optional() }),
  ]),
  functions: z.array(FUNCTION).min(1).max(1_000),
});

/** What stands in a record. */
export const RECORD = z.object({
  levada: z.literal("release/1"),
  current: RELEASE.optional(),
  previous: RELEASE.optional(),
  deployedAt: z.iso.datetime().optional(),
  next: REVISION.optional(),
});

/**
 * What a record says; who may write a ConfigMap may write anything there.
 *
 * @returns What is deployed, or what is wrong with the record, in words.
 */
export function parseRecord(text: unknown, place: ReleasePlace): DeployedReleases | string {
  const { data: json, fault } = readJson(text);
  if (fault !== undefined) return fault;
  const { success, data, error } = RECORD.safeParse(json);
  if (!success) {
    const { path, message } = error.issues[0]!;
    return `${path.join(".") || "it"}: ${message}`;
  }
  const { current, previous, deployedAt, next } = data;
  for (const [which, release] of Object.entries({ current, previous })) {
    const fault = release && firstFault(release as unknown as Release, place);
    if (fault !== undefined) return `${which}: ${fault}`;
  }
  return {
    current: current as Release | undefined,
    previous: previous as Release | undefined,
    deployedAt,
    next,
  };
}

function readJson(text: unknown): { data?: unknown; fault?: string } {
  if (typeof text !== "string") return { fault: "it has no release.json" };
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { fault: "its release.json is no JSON" };
  }
}

/** What is wrong with a release, also where it is so wrong that nobody thought of it. */
function firstFault(release: Release, place: ReleasePlace): string | undefined {
  try {
    const [fault] = faultsOf(release, place);
    if (fault === undefined) objectsOf(release);
    return fault;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What no deploy would have written: of another name or place, or settings that are refused. */
function faultsOf(release: Release, place: ReleasePlace): string[] {
  const { name, namespace, functions } = release;
  const names = functions.map((fn) => fn.name);
  return [
    ...name === place.name ? [] : [`it is of "${name}"`],
    ...namespace === place.namespace ? [] : [`it is of namespace "${namespace}"`],
    ...new Set(names).size === names.length ? [] : ["a function stands there twice"],
    ...functions.flatMap((fn) => {
      const { objectName, settings, cluster, streams } = fn;
      return [
        ...objectName === (fn.name === name ? name : `${name}-${fn.name}`) ? [] : [`its objects are "${objectName}"`],
        ...faultsOfObjectName(objectName),
        ...faultsOfSettings(settings as ProcessSettings),
        ...faultsOfCluster(cluster as ClusterSettings, { isFed: streams.length > 0 }),
      ].map((fault) => `function "${fn.name}": ${fault}`);
    }),
  ];
}
