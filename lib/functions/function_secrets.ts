import type { Fault } from "../errors.ts";
import { warningFault } from "../graph/fault.ts";
import { secretPlaces } from "../graph/secret_data.ts";
import type { TrackingSettings } from "../monitoring/tracking_options.ts";
import type { FunctionOptions } from "./function_options.ts";

/** What of a function is data besides its graph and its options. */
export interface FunctionData {
  readonly children: ReadonlyMap<string, FunctionOptions>;
  readonly params: ReadonlyMap<string, unknown>;
  readonly tracking: TrackingSettings | undefined;
}

type Told = readonly [what: string, data: object, cure: string];

const BY_ENVIRONMENT = "Give it to the program that runs the function, as its environment or a mounted file";
const BY_NAME = 'Give readSecret("NAME"), or a name by which a step reads it where it runs';

/** Warns of secrets that are written out, which the function's document leaves out. */
export function functionSecrets(
  options: FunctionOptions,
  { children, params, tracking }: FunctionData,
): Fault[] {
  const told: readonly Told[] = [
    ["env", { ...options.env }, BY_ENVIRONMENT],
    ...[...children].map(([name, { env }]): Told => [`env of child "${name}"`, { ...env }, BY_ENVIRONMENT]),
    ["setParam", Object.fromEntries(params), BY_NAME],
    ["setTracking", { path: tracking?.path }, BY_NAME],
  ];
  return told.flatMap(([what, data, cure]) =>
    secretPlaces({ ...data }).map(({ path }) =>
      warningFault(`${what}: ${path} has a secret written out, which the function's document leaves out`, cure)
    )
  );
}
