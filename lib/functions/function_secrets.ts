import { type Fault, GraphError } from "../errors.ts";
import { errorFault, warningFault } from "../graph/fault.ts";
import { secretPlaces } from "../graph/secret_data.ts";
import type { TrackingSettings } from "../monitoring/tracking_options.ts";
import type { Trigger } from "../triggers/trigger.ts";
import type { FunctionOptions } from "./function_options.ts";

/** What of a function is data besides its graph and its options. */
export interface FunctionData {
  readonly children: ReadonlyMap<string, FunctionOptions>;
  readonly params: ReadonlyMap<string, unknown>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  readonly tracking: TrackingSettings | undefined;
}

type Told = readonly [what: string, data: object, cure: string];

const BY_ENVIRONMENT = "Give it to the program that runs the function, as its environment or a mounted file";
const BY_REFERENCE = "Write ${NAME} for it, the name of a secret that is read where the function runs";
const BY_NAME = 'Give readSecret("NAME"), or a name by which a step reads it where it runs';

/**
 * Warns of secrets that are written out, which the function's document leaves out.
 *
 * @throws {GraphError} If a document has left out one that a step would read as `***`.
 */
export function functionSecrets(
  options: FunctionOptions,
  { children, params, triggers, tracking }: FunctionData,
): Fault[] {
  const told: readonly Told[] = [
    ["env", { ...options.env }, BY_ENVIRONMENT],
    ...[...children].map(([name, { env }]): Told => [`env of child "${name}"`, { ...env }, BY_ENVIRONMENT]),
    ["setParam", Object.fromEntries(params), BY_NAME],
    ["addTrigger", Object.fromEntries(triggers), BY_REFERENCE],
    ["setTracking", { path: tracking?.path }, BY_NAME],
  ];
  const faults = told.flatMap(([what, data, cure]) =>
    secretPlaces({ ...data }).map(({ path, kind }) => {
      if (kind === "literal") {
        return warningFault(
          `${what}: ${path} has a secret written out, which the function's document leaves out`,
          cure,
        );
      }
      const cause = `${what}: ${path} is ***, as documents have it where a secret was`;
      return cure === BY_ENVIRONMENT ? warningFault(cause, cure) : errorFault(cause, cure);
    })
  );
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new GraphError("run the function of a document", errors);
  return faults;
}
