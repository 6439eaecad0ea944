import { MANAGED_LABEL } from "../objects/managed_label.ts";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { oneLine } from "../../telemetry/one_line.ts";
import { DeployError } from "../deploy_error.ts";
import { calledOf, FUNCTION_LABEL, GRAPH_LABEL, PROJECT_LABEL, REVISION_LABEL } from "./labels.ts";
import type { NuclioConfig, NuclioFunction, NuclioMetadata } from "./nuclio_function.ts";
import { SPEC } from "./read_function.ts";

/** The annotation of a graph's functions that has what was deployed, and before. */
export const RECORD = "levada.dev/record";
/** Annotations of an object have 256 KiB together, and Nuclio copies them into a Deployment's beside the whole function. */
const LARGEST_RECORD = 100_000;
const LARGEST_TEXT = 8 * 1024 * 1024;

const TEXT = z.string().min(1).max(4_096);
const METADATA = z.strictObject({
  name: TEXT,
  namespace: TEXT.optional(),
  labels: z.strictObject({
    [PROJECT_LABEL]: TEXT,
    [MANAGED_LABEL]: z.literal("levada"),
    [GRAPH_LABEL]: TEXT,
    [FUNCTION_LABEL]: TEXT,
    [REVISION_LABEL]: TEXT,
  }),
});
type KeptMetadata = z.output<typeof METADATA>;

const RELEASE = z.object({
  revision: z.string().regex(/^[0-9a-f]{12}$/),
  deployedAt: z.iso.datetime(),
  by: z.string().max(200).optional(),
  functions: z.array(z.object({ metadata: METADATA, spec: SPEC.refine(({ image }) => image !== undefined) })).min(1)
    .max(1_000),
});
const RECORD_SCHEMA = RELEASE.extend({ previous: RELEASE.optional() });

/** What was deployed once, whole. */
export interface Release {
  /** 12 hex digits of the bundle. */
  readonly revision: string;
  /** ISO 8601. */
  readonly deployedAt: string;
  /** Who has deployed it, `anna@laptop`. */
  readonly by?: string;
  /** In the order in which they are made; the last answers callers. */
  readonly functions: readonly NuclioConfig[];
}

/** What is deployed, and what ran before. */
export interface ReleaseRecord extends Release {
  readonly previous?: Release;
}

/**
 * A record as an annotation.
 *
 * @throws {DeployError} If it is too large for one.
 */
export function writeRecord(act: string, record: ReleaseRecord): string {
  const text = gzipSync(JSON.stringify(record)).toString("base64");
  if (text.length <= LARGEST_RECORD) return text;
  throw new DeployError(
    act,
    `what its functions are told has ${text.length} letters packed, and ${LARGEST_RECORD} can be kept`,
  );
}

/** The record of a graph's functions; undefined where none has one that can be read. */
export function recordOf(functions: readonly NuclioFunction[]): ReleaseRecord | undefined {
  const records = functions.map(readRecord);
  return records.filter((record) => record !== undefined).sort((one, other) =>
    other.deployedAt.localeCompare(one.deployedAt)
  )[0];
}

/** Who has made of a function what it is now, for messages. */
export function whoWrote(now: NuclioFunction, before: NuclioFunction | undefined): string {
  const isSame = now.metadata.annotations?.[RECORD] === before?.metadata.annotations?.[RECORD];
  const { by, revision, deployedAt } = (isSame ? undefined : recordOf([now])) ?? {};
  return by === undefined ? "somebody else" : `${oneLine(by)} (revision ${revision}, ${deployedAt})`;
}

/** What an annotation says was deployed; undefined where it is no record of the graph whose function has it. */
function readRecord({ metadata }: NuclioFunction): ReleaseRecord | undefined {
  const text = metadata.annotations?.[RECORD];
  if (text === undefined) return undefined;
  try {
    const packed = new Uint8Array(gunzipSync(Uint8Array.fromBase64(text), { maxOutputLength: LARGEST_TEXT }));
    const { data } = RECORD_SCHEMA.safeParse(JSON.parse(new TextDecoder().decode(packed)));
    const releases = data === undefined ? [] : [data, ...data.previous === undefined ? [] : [data.previous]];
    const isOwn = releases.every(({ functions }) => functions.every((one) => isOf(one.metadata, metadata)));
    return isOwn ? data as ReleaseRecord | undefined : undefined;
  } catch {
    return undefined; // somebody else has written it
  }
}

/** Whether what is to be deployed is of the same graph, project and namespace as the function that says so: it is deployed with our rights. */
function isOf(
  { name, namespace, labels }: KeptMetadata,
  { namespace: place, labels: own = {} }: NuclioMetadata,
): boolean {
  const isSame = labels[PROJECT_LABEL] === own[PROJECT_LABEL] && labels[GRAPH_LABEL] === own[GRAPH_LABEL];
  const called = calledOf(labels[GRAPH_LABEL], labels[FUNCTION_LABEL]);
  return isSame && name === called && (namespace === undefined || namespace === place);
}
