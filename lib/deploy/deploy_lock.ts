import { DeployError } from "./deploy_error.ts";
import type { DeploymentFolder } from "./state_folder.ts";

/**
 * Keeps others from changing a deployment, in all processes of this machine. The system lets go of it when its owner dies.
 *
 * @throws {DeployError} If another has it, which is told by its process.
 */
export async function lockDeployment(
  act: string,
  { path, lockFile }: Pick<DeploymentFolder, "path" | "lockFile">,
): Promise<AsyncDisposable> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(path, { recursive: true });
    file = await Deno.open(lockFile, { read: true, write: true, create: true });
  } catch (error) {
    throw new DeployError(act, `the state folder cannot be written: ${(error as Error).message}`, { cause: error });
  }
  try {
    if (!await file.tryLock(true)) {
      const owner = (await Deno.readTextFile(lockFile)).trim();
      throw new DeployError(act, `process ${owner || "of another"} changes it now. Try again when that has ended`);
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    if (error instanceof DeployError) throw error;
    throw new DeployError(act, `the state folder cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return {
    // deno-lint-ignore require-await -- disposed of by `await using`
    async [Symbol.asyncDispose]() {
      file.close(); // and unlocked
    },
  };
}

/** Whether somebody changes the deployment now. */
export async function isLocked({ lockFile }: Pick<DeploymentFolder, "lockFile">): Promise<boolean> {
  return await isHeld(lockFile);
}

/** Whether a process has locked a file. */
export async function isHeld(path: string): Promise<boolean> {
  using file = await Deno.open(path, { write: true });
  return !await file.tryLock(true);
}
