import { DeployError } from "../deploy_error.ts";
import type { DeployedFunction, DeployedState } from "./deployed_state.ts";
import type { DeploymentFolder } from "./state_folder.ts";

const FORM = "deployment/1";

type Place = Pick<DeploymentFolder, "name" | "stateFile">;

/** What `state.json` says, as far as it can be read. */
type Found =
  | { readonly kind: "state"; readonly state: DeployedState }
  | { readonly kind: "none" }
  /** Of another version of Levada. */
  | { readonly kind: "other"; readonly form: string }
  | { readonly kind: "damaged"; readonly fault: string };

/**
 * Reads what is deployed; undefined where nothing was deployed yet.
 *
 * @throws {DeployError} If it cannot be read, is damaged, or of another version: that is not known which deploys nothing.
 */
export async function readState(act: string, place: Place): Promise<DeployedState | undefined> {
  const found = await lookAt(act, place);
  if (found.kind === "damaged") {
    throw new DeployError(
      act,
      `what is deployed cannot be read: ${place.stateFile} is damaged: ${found.fault}. What runs is left as it is. ` +
        `Put a copy of the file there, or end and forget it all, \`levada delete ${place.name}\`, and deploy again`,
    );
  }
  refuseOther(act, place, found);
  return found.kind === "state" ? found.state : undefined;
}

/**
 * Refuses what this version cannot forget, since it does not know all of it.
 *
 * @throws {DeployError} If it is of another version.
 */
export async function checkForgettable(act: string, place: Place): Promise<void> {
  refuseOther(act, place, await lookAt(act, place));
}

function refuseOther(act: string, { stateFile }: Place, found: Found): void {
  if (found.kind !== "other") return;
  throw new DeployError(
    act,
    `${stateFile} is of another version of Levada: this one knows "${FORM}", it is "${found.form}". ` +
      "What runs is left as it is. Use that version",
  );
}

async function lookAt(act: string, { stateFile }: Place): Promise<Found> {
  let text: string;
  try {
    text = await Deno.readTextFile(stateFile);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "none" };
    throw new DeployError(act, `what is deployed cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "damaged", fault: (error as Error).message };
  }
  const form = isObject(value) ? value.levada : undefined;
  if (typeof form === "string" && form !== FORM) return { kind: "other", form };
  return isState(value) ? { kind: "state", state: value } : { kind: "damaged", fault: `it is no "${FORM}"` };
}

function isState(value: unknown): value is DeployedState {
  if (!isObject(value) || value.levada !== FORM) return false;
  const { name, revision, previous, functions, previousFunctions } = value;
  return typeof name === "string" && typeof revision === "string" &&
    (previous === undefined || typeof previous === "string") && areFunctions(functions) &&
    (previousFunctions === undefined || areFunctions(previousFunctions));
}

function areFunctions(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isFunction);
}

function isFunction(value: unknown): value is DeployedFunction {
  return isObject(value) && typeof value.name === "string" && Number.isInteger(value.port) &&
    Number.isInteger(value.workers) && (value.settings === undefined || isObject(value.settings));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
