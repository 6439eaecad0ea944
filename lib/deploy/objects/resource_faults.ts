import type { FunctionOfBundle } from "../settings/deployed_functions.ts";
import { readQuantity } from "./quantity.ts";

type Resources = FunctionOfBundle["resources"];
type Check = readonly [is: (value: unknown) => boolean, wish: string];

const LEAST_BYTES = 2 ** 20; // `512m` is half a byte
const CHECKS: Readonly<Record<keyof Resources, Check>> = {
  cpu: [
    (value) => isText(value, "number") && isAtLeast(value, Number.MIN_VALUE),
    'cores above 0, such as 0.5 or "500m"',
  ],
  memory: [(value) => isText(value) && isAtLeast(value, LEAST_BYTES), 'a text such as "512Mi" or "2Gi", 1Mi at least'],
  gpu: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, "a whole number from 0"],
};

/** What is wrong with what a function asks a cluster for; nothing where it is sound. */
export function faultsOfResources(resources: Resources): string[] {
  return Object.entries(resources).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(CHECKS, name)) {
      return [`there is no resources.${name}; there are ${Object.keys(CHECKS).join(", ")}`];
    }
    const [is, wish] = CHECKS[name as keyof Resources];
    return is(value) ? [] : [`resources.${name} is ${JSON.stringify(value)}, and must be ${wish}`];
  });
}

function isText(value: unknown, other?: "number"): value is string | number {
  return typeof value === "string" || typeof value === other;
}

function isAtLeast(value: string | number, least: number): boolean {
  const number = readQuantity(value);
  return Number.isFinite(number) && number >= least;
}
