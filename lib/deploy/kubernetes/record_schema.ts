import { z } from "zod";
import type { DeployedReleases, Doing } from "./deployed_releases.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import { faultsOfSettings } from "../settings/process_settings.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { type Release, type ReleasePlace, START_SECONDS } from "./release.ts";

/** What values are, and not which: a check that is tightened later must not shut those out who deployed before it. */
const TEXT = z.string();
const TEXTS = z.array(TEXT);
const SHA256 = /^[0-9a-f]{64}$/;
const REVISION = /^[0-9a-f]{12}$/;
const IMAGE = /^(?:\[[\da-fA-F:.]+\][:/])?\w[\w.:/@-]*$/; // of a registry by its IPv6 address too
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
    cpu: z.union([z.number(), TEXT]).optional(),
    memory: TEXT.optional(),
    gpu: z.number().optional(),
  }),
  cluster: CLUSTER,
  streams: z.array(z.object({ path: TEXT, group: TEXT })),
  publishes: TEXTS.optional(),
});

const RELEASE = z.object({
  name: TEXT,
  namespace: TEXT,
  revision: TEXT,
  image: TEXT,
  imagePullSecrets: TEXTS,
  code: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("config"), archive: TEXT }),
    z.object({ kind: z.literal("image"), folder: TEXT, sha256: TEXT.optional() }),
    z.object({ kind: z.literal("store"), url: TEXT, sha256: TEXT.optional() }),
  ]),
  functions: z.array(FUNCTION).min(1),
  startSeconds: z.number().optional(),
});

const DOING = z.object({
  what: z.enum(["deploy", "rollback", "prune", "delete"]),
  to: TEXT.optional(),
  backTo: z.enum(["current", "previous"]),
});

/** What stands in a record; each release is read by itself. */
const RECORD = z.object({
  levada: z.literal("release/1"),
  current: z.unknown().optional(),
  previous: z.unknown().optional(),
  deployedAt: TEXT.optional(),
  doing: z.unknown().optional(),
  /** What is being deployed, as Levadas before 28 November 2026 wrote it. */
  next: TEXT.optional(),
});

/**
 * What a record says; who may write a ConfigMap may write anything there. What of it cannot be read is left out.
 *
 * @returns What is deployed, and in `unread` what is wrong with the rest, in words.
 */
export function parseRecord(text: unknown, place: ReleasePlace): DeployedReleases {
  const nothing = { current: undefined, previous: undefined, deployedAt: undefined };
  const { data: json, fault } = readJson(text);
  if (fault !== undefined) return { ...nothing, unread: fault };
  const { success, data, error } = RECORD.safeParse(json);
  if (!success) return { ...nothing, unread: whyNot(error) };
  const { deployedAt } = data;
  const { doing, fault: doingFault } = doingIn(data);
  const current = releaseIn(data.current, place);
  const previous = releaseIn(data.previous, place);
  const each = { current, previous, doing: { fault: doingFault } };
  const faults = Object.entries(each).flatMap(([which, { fault }]) =>
    fault === undefined ? [] : [`${which}: ${fault}`]
  );
  return {
    current: current.release,
    previous: previous.release,
    deployedAt,
    ...doing !== undefined && { doing },
    ...faults.length > 0 && { unread: faults.join("; ") },
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

/** What a record says that is being done. */
function doingIn({ doing, next }: Pick<z.infer<typeof RECORD>, "doing" | "next">): { doing?: Doing; fault?: string } {
  if (doing === undefined) return next === undefined ? {} : { doing: { what: "deploy", to: next, backTo: "current" } };
  const { success, data, error } = DOING.safeParse(doing);
  return success ? { doing: data } : { fault: whyNot(error) };
}

/** A release of a record, also where it is so wrong that nobody thought of it. */
function releaseIn(value: unknown, place: ReleasePlace): { release?: Release; fault?: string } {
  if (value === undefined) return {};
  const { success, data, error } = RELEASE.safeParse(value);
  if (!success) return { fault: whyNot(error) };
  const release = data as unknown as Release;
  const [fault] = faultsOfNames(release, place);
  if (fault !== undefined) return { fault };
  try {
    objectsOf(release);
    return { release };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function whyNot(error: z.ZodError): string {
  const { path, message } = error.issues[0]!;
  return `${path.join(".") || "it"}: ${message}`;
}

/** What is of another name or place. */
function faultsOfNames({ name, namespace, functions }: Release, place: ReleasePlace): string[] {
  const names = functions.map((fn) => fn.name);
  return [
    ...name === place.name ? [] : [`it is of "${name}"`],
    ...namespace === place.namespace ? [] : [`it is of namespace "${namespace}"`],
    ...new Set(names).size === names.length ? [] : ["a function stands there twice"],
    ...functions.filter((fn) => fn.objectName !== (fn.name === name ? name : `${name}-${fn.name}`)).map((fn) =>
      `function "${fn.name}": its objects are "${fn.objectName}"`
    ),
  ];
}

/** What stands against running a release again that was written down: what no deploy of today would apply. */
export function faultsOfReturn({ revision, image, code, functions, startSeconds = START_SECONDS }: Release): string[] {
  return [
    ...REVISION.test(revision) ? [] : [`its revision is "${revision}"`],
    ...Number.isInteger(startSeconds) && startSeconds > 0 ? [] : [`its pods may take ${startSeconds} s`],
    ...IMAGE.test(image) ? [] : [`its image is "${image}"`],
    ...code.kind !== "store" || code.sha256 === undefined || SHA256.test(code.sha256)
      ? []
      : [`its code has the SHA-256 "${code.sha256}"`],
    ...code.kind !== "image" || code.folder.startsWith("/") ? [] : [`its code is in "${code.folder}"`],
    ...functions.flatMap(({ name, objectName, settings, cluster, streams }) =>
      [
        ...faultsOfObjectName(objectName),
        ...faultsOfSettings(settings),
        ...faultsOfCluster(cluster, { isFed: streams.length > 0 }),
      ].map((fault) => `function "${name}": ${fault}`)
    ),
  ];
}
