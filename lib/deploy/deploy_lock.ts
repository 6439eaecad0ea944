import { DeployError } from "./deploy_error.ts";
import { type HeldFile, holdFile, ownerOf } from "./file_lock.ts";
import type { DeploymentFolder } from "./state_folder.ts";

type Place = Pick<DeploymentFolder, "lockFile">;

/**
 * Keeps others from changing a deployment, in all processes of this machine.
 *
 * @throws {DeployError} If another changes it, which is told by its process.
 */
export async function lockDeployment(act: string, { lockFile }: Place): Promise<Disposable> {
  let held: HeldFile | undefined;
  try {
    held = await holdFile(lockFile);
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
