/** Deployments in a folder of their own, whose processes end with the test. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeploymentStatus } from "../../lib/deploy/deployed_state.ts";
import { deploymentNames } from "../../lib/deploy/state_folder.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const MAIN = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));

/** What a command of the command line said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder for deployments. */
export interface DeployLab {
  readonly folder: string;
  readonly state: string;
  /** Writes a module of a test. */
  write(name: string, code: string): Promise<string>;
  /** Runs `levada` with these words, and with what else is in its environment. */
  levada(...words: (string | Readonly<Record<string, string>>)[]): Promise<Said>;
  /** Starts it. */
  start(...words: string[]): Deno.ChildProcess;
  status(name: string): Promise<DeploymentStatus>;
}

/** Gives a test a folder for deployments; what it deployed is deleted, and every process of it gone, at the end. */
export async function withDeployLab(test: (lab: DeployLab) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const command = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", `--lock=${LOCK}`, "-A", MAIN, ...words],
      cwd: folder.path,
      env: { NO_COLOR: "1", LEVADA_STATE: state, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  const lab: DeployLab = {
    folder: folder.path,
    state,
    async write(name, code) {
      const path = join(folder.path, name);
      await Deno.writeTextFile(path, code);
      return path;
    },
    async levada(...words) {
      const own = words.filter((word) => typeof word === "string");
      const env = words.find((word) => typeof word !== "string");
      const { code, stdout, stderr } = await command(own, env).output();
      return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    start: (...words) => command(words).spawn(),
    async status(name) {
      const { out, err } = await lab.levada("status", name, "--json");
      if (out === "") throw new Error(err);
      return JSON.parse(out) as DeploymentStatus;
    },
  };
  await using _ended = {
    async [Symbol.asyncDispose]() {
      if ((await deploymentNames(state)).length === 0) return;
      const { code, err } = await lab.levada("delete", "--all");
      if (code !== 0) throw new Error(`a deployment could not be deleted: ${err}`);
    },
  };
  await test(lab);
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Asks a function with JSON. */
export async function post(url: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await fetch(url, { method: "POST", body: JSON.stringify(body), headers });
}
