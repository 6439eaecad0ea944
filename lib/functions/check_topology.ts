import type { GraphOptions } from "../graph/graph.ts";
import { ReadyStep } from "../graph/step.ts";

/**
 * Checks what a topology is set with, for code without types.
 *
 * @throws {RangeError} If there is no such topology.
 * @throws {TypeError} If a router is none, or a schema.
 */
export function checkTopology(name: string, topology: string, given: unknown): void {
  const act = `Cannot set the topology of function "${name}" to`;
  if (topology !== "flow" && topology !== "router") {
    throw new RangeError(`${act} "${topology}": there are "flow" and "router"`);
  }
  if (given === undefined || given === null) return;
  if (topology === "router") {
    if (given instanceof ReadyStep && given.definition.takesRoutes === true) return;
    throw new TypeError(
      `${act} "router" with ${shown(given)}: that is no router. Give one, modelRouter({ … }), or nothing; ` +
        `"flow" takes schemas, and of a router its models say what they take and give`,
    );
  }
  if (typeof given !== "object") {
    throw new TypeError(
      `${act} "flow" with ${shown(given)}: that is no object. Give { input, output }, limits, or nothing`,
    );
  }
  for (const key of ["input", "output"] as const) {
    const schema = (given as GraphOptions)[key];
    if (schema === undefined || typeof schema?.safeParse === "function") continue;
    throw new TypeError(`${act} "flow": its ${key} is ${shown(schema)}, no schema. Give one of zod's, z.object({ … })`);
  }
}

function shown(value: unknown): string {
  if (value instanceof ReadyStep) return `a ${value.kind}`;
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : `{ ${Object.keys(value).join(", ")} }`;
}
