import { hostname } from "node:os";
import process from "node:process";
import { gunzipSync, gzipSync } from "node:zlib";
import { DeployError } from "../deploy_error.ts";
import type { NuclioConfig, NuclioFunction } from "./nuclio_function.ts";

/** The annotation of a graph's functions that has what was deployed, and before. */
export const RECORD = "levada.dev/record";
/** Annotations of an object have 256 KiB together, and Nuclio copies them into a Deployment's beside the whole function. */
const LARGEST_RECORD = 100_000;
const LARGEST_TEXT = 8 * 1024 * 1024;

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
  const records = functions.map(({ metadata: { annotations = {} } }) => readRecord(annotations[RECORD]));
  return records.filter((record) => record !== undefined).sort((one, other) =>
    other.deployedAt.localeCompare(one.deployedAt)
  )[0];
}

/** Who has made of a function what it is now, for messages. */
export function whoWrote(now: NuclioFunction, before: NuclioFunction | undefined): string {
  const isSame = now.metadata.annotations?.[RECORD] === before?.metadata.annotations?.[RECORD];
  const { by, revision, deployedAt } = (isSame ? undefined : recordOf([now])) ?? {};
  return by === undefined ? "somebody else" : `${by} (revision ${revision}, ${deployedAt})`;
}

/** Who deploys here, as others are told. */
export function whoDeploys(): string {
  return `${process.env.USER ?? "somebody"}@${hostname()}`;
}

function readRecord(text: string | undefined): ReleaseRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const packed = new Uint8Array(gunzipSync(Uint8Array.fromBase64(text), { maxOutputLength: LARGEST_TEXT }));
    const record = JSON.parse(new TextDecoder().decode(packed)) as ReleaseRecord;
    return isRelease(record) && (record.previous === undefined || isRelease(record.previous)) ? record : undefined;
  } catch {
    return undefined; // somebody else has written it
  }
}

function isRelease(value: Release): boolean {
  return typeof value?.revision === "string" && typeof value.deployedAt === "string" &&
    (value.by === undefined || typeof value.by === "string") &&
    Array.isArray(value.functions) && value.functions.length > 0 &&
    value.functions.every((one) => typeof one?.metadata?.name === "string" && typeof one.spec === "object");
}
