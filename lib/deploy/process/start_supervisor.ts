import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DeployError } from "../deploy_error.ts";
import type { DeploymentFolder } from "./state_folder.ts";

const MAIN = fileURLToPath(new URL("../../cli/supervisor/supervisor_main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../../deno.lock", import.meta.url));
const START_MS = 60_000;
const LOOK_MS = 50;

/**
 * Starts the process that watches over a deployment, which outlives this one.
 *
 * @param look Where it can be asked, once it can.
 * @throws {DeployError} If it does not start, with the last lines that it wrote.
 */
export async function startSupervisor<Address>(
  act: string,
  { name, path, state, logs }: DeploymentFolder,
  look: (pid: number | undefined) => Promise<Address | undefined>,
): Promise<Address> {
  const log = join(path, "supervisor.log"); // not among those of functions, of which one may be called so
  let output: number;
  try {
    await Deno.mkdir(logs, { recursive: true });
    output = openSync(log, "a");
  } catch (error) {
    throw new DeployError(act, `the state folder cannot be written: ${(error as Error).message}`, { cause: error });
  }
  const words = ["run", "-A", "--no-prompt", "--unstable-net", "--lock", LOCK, MAIN, state, name];
  const child = spawn(Deno.execPath(), words, { cwd: path, detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  let hasEnded = false;
  child.on("exit", () => hasEnded = true);
  child.on("error", () => hasEnded = true);
  const end = performance.now() + START_MS;
  try {
    while (!hasEnded && performance.now() < end) {
      const address = await look(child.pid);
      if (address !== undefined) return address;
      await pause(LOOK_MS);
    }
    const lines = (await Deno.readTextFile(log).catch(() => "")).trim().split("\n").slice(-10);
    if (!hasEnded) child.kill("SIGKILL");
    throw new DeployError(act, "its supervisor does not start", { lines });
  } finally {
    child.unref();
  }
}
