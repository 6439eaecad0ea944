import { setTimeout as pause } from "node:timers/promises";
import { DeployError } from "../deploy_error.ts";
import { type HeldFile, holdFile, ownerOf } from "./file_lock.ts";
import type { DeploymentFolder } from "./state_folder.ts";

type Place = Pick<DeploymentFolder, "lockFile">;

/** How long somebody who changes a deployment is waited for. */
export interface LockWait {
  /** In milliseconds. Default 0. */
  readonly waitMs?: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

const LOOK_MS = 100;

/**
 * Keeps others from changing a deployment, in all processes of this machine.
 *
 * @throws {DeployError} If another changes it, which is told by its process.
 */
export async function lockDeployment(
  act: string,
  { lockFile }: Place,
  { waitMs = 0, signal }: LockWait = {},
): Promise<Disposable> {
  const until = performance.now() + waitMs;
  let held: HeldFile | undefined;
  try {
    held = await holdFile(lockFile);
    while (held === undefined && performance.now() < until && signal?.aborted !== true) {
      await pause(LOOK_MS);
      held = await holdFile(lockFile);
    }
  } catch (error) {
    throw new DeployError(act, `the state folder cannot be written: ${(error as Error).message}`, { cause: error });
  }
  if (held !== undefined) return held;
  const { pid } = await ownerOf(lockFile).catch(() => undefined) ?? {};
  const owner = pid === undefined ? "another process" : `process ${pid}`;
  throw new DeployError(act, `${owner} changes it now. Try again when that has ended`);
}

/** Whether somebody changes the deployment now. */
export async function isLocked({ lockFile }: Place): Promise<boolean> {
  return await ownerOf(lockFile) !== undefined;
}
