import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readYaml } from "../../stores/read_yaml.ts";
import { ClusterError } from "./cluster_error.ts";

/** A part of a kubeconfig, and the folder from which its files are named. */
export interface KubeconfigPart {
  readonly value: unknown;
  readonly folder: string;
}

/** What one kubeconfig has, or several together. */
export interface Kubeconfig {
  /** The context that is meant where none is named. */
  readonly current: string | undefined;
  readonly clusters: ReadonlyMap<string, KubeconfigPart>;
  readonly users: ReadonlyMap<string, KubeconfigPart>;
  readonly contexts: ReadonlyMap<string, KubeconfigPart>;
}

/** What is done where a kubeconfig is read, for messages. */
export const ACT = "reach a cluster";

const LARGEST_BYTES = 16 * 1024 * 1024;
const SHOWN_NAMES = 10;
const SHOWN_LETTERS = 100;

const File = z.object({
  "current-context": z.string().nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: z.unknown().optional() })).nullish(),
  users: z.array(z.object({ name: z.string(), user: z.unknown().optional() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.unknown().optional() })).nullish(),
});

/**
 * Reads a kubeconfig; undefined where there is none.
 *
 * @throws {ClusterError} If it cannot be read, or is no kubeconfig. What stands in it is not told: it may be a secret.
 */
export async function readKubeconfig(file: string): Promise<Kubeconfig | undefined> {
  const text = await textOf(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = await readYaml(text) ?? {};
  } catch (error) {
    const why = (error as Error).message.replace(/:.*/s, ""); // behind it stands what the file has there
    throw new ClusterError(ACT, `${file} is no kubeconfig: ${why}`);
  }
  const { clusters, users, contexts, "current-context": current } = checkPart(File, value, `${file} is no kubeconfig`);
  const folder = dirname(resolve(file));
  return {
    current: current ?? undefined,
    clusters: byName((clusters ?? []).map(({ name, cluster }) => [name, { value: cluster, folder }])),
    users: byName((users ?? []).map(({ name, user }) => [name, { value: user, folder }])),
    contexts: byName((contexts ?? []).map(({ name, context }) => [name, { value: context, folder }])),
  };
}

/** Several as one, as kubectl has it: of each name the first file's. */
export function mergeKubeconfigs(all: readonly Kubeconfig[]): Kubeconfig {
  return {
    current: all.map(({ current }) => current).find((name) => (name ?? "") !== ""),
    clusters: byName(all.flatMap(({ clusters }) => [...clusters])),
    users: byName(all.flatMap(({ users }) => [...users])),
    contexts: byName(all.flatMap(({ contexts }) => [...contexts])),
  };
}

/**
 * The part of that name.
 *
 * @throws {ClusterError} If there is none, with those that are there.
 */
export function partOf(parts: ReadonlyMap<string, KubeconfigPart>, name: string, what: string): KubeconfigPart {
  const part = parts.get(name);
  if (part !== undefined) return part;
  throw new ClusterError(ACT, `the kubeconfig has no ${what} ${shown(name)}, only ${namesOf(parts)}`);
}

/** The names of parts, for messages; not all of hundreds. */
export function namesOf(parts: ReadonlyMap<string, KubeconfigPart>): string {
  const names = [...parts.keys()];
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : "";
  return names.length === 0 ? "none" : names.slice(0, SHOWN_NAMES).map(shown).join(", ") + more;
}

/**
 * A part, as it must be; what is null counts as not said, as for kubectl.
 *
 * @throws {ClusterError} With where it is wrong, and not with what stands there.
 */
export function checkPart<Schema extends z.ZodType>(schema: Schema, value: unknown, said: string): z.infer<Schema> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  const given = isRecord ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)) : value ?? {};
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new ClusterError(ACT, `${said}: ${[...issue!.path.map(String), issue!.message].join(": ")}`);
}

function shown(name: string): string {
  return JSON.stringify(name.length > SHOWN_LETTERS ? `${name.slice(0, SHOWN_LETTERS)}…` : name);
}

function byName(parts: readonly (readonly [string, KubeconfigPart])[]): ReadonlyMap<string, KubeconfigPart> {
  return new Map(parts.toReversed()); // of the same name the first is kept
}

/** Read piece by piece: it may be a pipe, or a device without end. */
async function textOf(file: string): Promise<string | undefined> {
  const parts: BlobPart[] = [];
  let size = 0;
  try {
    using opened = await Deno.open(file);
    for await (const part of opened.readable) {
      parts.push(part);
      if ((size += part.length) > LARGEST_BYTES) break;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ClusterError(ACT, `${file} cannot be read: ${(error as Error).message}`);
  }
  if (size > LARGEST_BYTES) {
    throw new ClusterError(ACT, `${file} is no kubeconfig: it is larger than ${LARGEST_BYTES} bytes`);
  }
  return await new Blob(parts).text();
}
