import { join, resolve } from "node:path";
import { DeployError } from "./deploy_error.ts";

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
  /** Held by who changes the deployment. */
  readonly lockFile: string;
  readonly revisions: string;
  readonly logs: string;
}

/** The folder of deployments: LEVADA_STATE, else `.levada` in the current folder. */
export function stateFolder(): string {
  return resolve(Deno.env.get("LEVADA_STATE") || ".levada");
}

/** The places of one deployment. */
export function deploymentFolder(name: string, state: string = stateFolder()): DeploymentFolder {
  const path = join(state, "deployments", fileNameOf(name));
  return {
    name,
    state,
    path,
    stateFile: join(path, "state.json"),
    supervisorFile: join(path, "supervisor.json"),
    lockFile: join(path, "lock"),
    revisions: join(path, "revisions"),
    logs: join(path, "logs"),
  };
}

/** The names of the deployments that there are. */
export async function deploymentNames(state: string = stateFolder()): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(join(state, "deployments")));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => decodeURIComponent(name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new DeployError("list deployments", `${state} cannot be read: ${(error as Error).message}`, { cause: error });
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
