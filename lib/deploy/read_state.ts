import { DeployError } from "./deploy_error.ts";
import type { DeployedState } from "./deployed_state.ts";

/**
 * Reads `state.json`; undefined where nothing was deployed yet.
 *
 * @throws {DeployError} If it cannot be read.
 */
export async function readState(file: string): Promise<DeployedState | undefined> {
  try {
    const { levada, ...state } = JSON.parse(await Deno.readTextFile(file)) as DeployedState;
    return levada === "deployment/1" ? { levada, ...state } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw new DeployError("read what is deployed", `${file}: ${(error as Error).message}`, { cause: error });
  }
}
