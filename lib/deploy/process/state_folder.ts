import { join, resolve } from "node:path";
import { DeployError } from "../deploy_error.ts";

/** Where everything of a deployment lies. */
export interface DeploymentFolder {
  readonly name: string;
  /** The folder of all deployments and streams. */
  readonly state: string;
  readonly path: string;
  /** What is deployed; written by the supervisor. */
  readonly stateFile: string;
  /** Where the supervisor is asked, and by which word; its owner's alone. */
  readonly supervisorFile: string;
  /** Held by the supervisor as long as it lives. */
  readonly supervisorLock: string;
  /** Held by who changes the deployment. */
  readonly lockFile: string;
  readonly revisions: string;
  readonly logs: string;
}

/** The folder of deployments: LEVADA_STATE, else `.levada` in the current folder. */
export function stateFolder(): string {
  return resolve(Deno.env.get("LEVADA_STATE") || ".levada");
}

const LONGEST_NAME = 200; // as a file's name, which may have 255 bytes: `.log.1` comes behind it

/**
 * The places of one deployment.
 *
 * @throws {DeployError} If the name is none: without it the place would be that of all deployments.
 */
export function deploymentFolder(name: string, state: string = stateFolder()): DeploymentFolder {
  const fault = faultOfName(name);
  if (fault !== undefined) throw new DeployError(`find the deployment "${name}"`, fault);
  const path = join(state, "deployments", fileNameOf(name));
  return {
    name,
    state,
    path,
    stateFile: join(path, "state.json"),
    supervisorFile: join(path, "supervisor.json"),
    supervisorLock: join(path, "supervisor.lock"),
    lockFile: join(path, "lock"),
    revisions: join(path, "revisions"),
    logs: join(path, "logs"),
  };
}

/** The names of the deployments that there are. */
export async function deploymentNames(state: string = stateFolder()): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(join(state, "deployments")));
    return entries.flatMap(({ isDirectory, name }) => isDirectory ? nameOf(name) ?? [] : []).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new DeployError("list deployments", `${state} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** What is wrong with the name of a function that is deployed; undefined where nothing is. */
export function faultOfName(name: string): string | undefined {
  const length = name.isWellFormed() ? fileNameOf(name).length : NaN;
  if (length >= 1 && length <= LONGEST_NAME) return undefined;
  const has = Number.isNaN(length) ? "half a letter" : `${length} bytes`;
  return `its name stands for a file, in 1 to ${LONGEST_NAME} bytes: this one has ${has}`;
}

/** The name that a file stands for; undefined where it is none of ours. */
function nameOf(file: string): string | undefined {
  try {
    const name = decodeURIComponent(file);
    return fileNameOf(name) === file && faultOfName(name) === undefined ? name : undefined;
  } catch {
    return undefined; // a sign by itself
  }
}

/** A name as every file system can hold it. */
export function fileNameOf(name: string): string {
  return encodeURIComponent(name).replace(/^\./, "%2E").replaceAll("*", "%2A");
}

/** Writes a file whole or not at all. */
export async function writeWhole(file: string, text: string, { mode = 0o644 }: { mode?: number } = {}): Promise<void> {
  const draft = `${file}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(draft, text, { mode, createNew: true });
    await Deno.rename(draft, file);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}
