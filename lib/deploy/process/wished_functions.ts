import { resolve } from "node:path";
import type { Bundle } from "../../bundle/bundle.ts";
import { DeployError } from "../deploy_error.ts";
import type { DeployedFunction, WishedFunction } from "./deployed_state.ts";
import { functionsOfBundle } from "../settings/deployed_functions.ts";
import { faultOfName } from "./state_folder.ts";
import { faultsOfSettings, type ProcessSettings } from "../settings/process_settings.ts";

/** How functions are wished to run, besides what their document says. */
export interface FunctionsWish {
  /** For what it is read, for messages. */
  readonly act: string;
  /** How many processes each function has, whatever its document says. */
  readonly workers?: number | undefined;
  /** Where the first function listens. */
  readonly port?: number | undefined;
  /** What runs as it did before: how many processes it has then, where nobody says more. */
  readonly before?: readonly DeployedFunction[];
}

/**
 * The functions of a bundle, and how each is to run.
 *
 * @throws {DeployError} With everything that is wrong with what the document says of that.
 */
export async function wishedFunctions(
  bundle: Pick<Bundle, "files">,
  { act, workers, port, before = [] }: FunctionsWish,
): Promise<WishedFunction[]> {
  const functions = functionsOfBundle(bundle);
  const faults = await Promise.all(functions.map(async ({ name, settings }) => {
    const wrong = [...faultsOfSettings(settings), ...[faultOfName(name)].filter((fault) => fault !== undefined)];
    return (wrong.length > 0 ? wrong : await missingFiles(settings)).map((fault) => `function "${name}": ${fault}`);
  }));
  if (faults.flat().length > 0) throw new DeployError(act, faults.flat().join("; "));
  return functions.map(({ name, env, settings }, index) => ({
    name,
    env,
    settings: settings.tls === undefined ? settings : { ...settings, tls: absolute(settings.tls) },
    workers: workers ?? before.find((one) => one.name === name)?.workers ?? settings.workers ?? 1,
    port: index === 0 ? port : undefined,
  }));
}

/** The functions of a bundle as they have run already: with the files of then, wherever this is asked. */
export function asTheyRan(bundle: Pick<Bundle, "files">, functions: readonly DeployedFunction[]): WishedFunction[] {
  const envs = new Map(functionsOfBundle(bundle).map(({ name, env }) => [name, env]));
  return functions.map(({ settings = {}, ...one }) => ({ ...one, settings, env: envs.get(one.name) ?? {} }));
}

type Tls = NonNullable<ProcessSettings["tls"]>;

/** The processes run in a folder of their own. */
function absolute({ cert, key, clientCa }: Tls): Tls {
  return { cert: resolve(cert), key: resolve(key), ...clientCa === undefined ? {} : { clientCa: resolve(clientCa) } };
}

async function missingFiles({ tls }: ProcessSettings): Promise<string[]> {
  const files = tls === undefined ? [] : Object.entries(absolute(tls));
  const faults = await Promise.all(files.map(async ([what, path]) => {
    const file = await Deno.stat(path).catch((error: Error) => error);
    return file instanceof Error ? [`serve.tls.${what}: ${path} cannot be read: ${file.message}`] : [];
  }));
  return faults.flat();
}
