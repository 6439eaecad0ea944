import { readQuantity } from "./quantity.ts";
import { youngFlags } from "./young_memory.ts";

/** A variable of a container. */
export interface EnvVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Readonly<Record<string, unknown>>;
}

/** What a pod is told by variables that a function cannot say otherwise. */
const HELD = ["LEVADA_SERVE", "LEVADA_FUNCTION"];

/**
 * The environment of a container with one process of Levada: each name once, and what the function says wins.
 *
 * @param own What a target says to all of its pods.
 */
export function podEnvironment<Own extends EnvVariable>(
  own: readonly Own[],
  { env, workers, memory }: {
    readonly env: Readonly<Record<string, string>>;
    /** Of `levada serve`: these are told themselves. Default: none, it serves by itself. */
    readonly workers?: number | undefined;
    /** What it may have, `512Mi`. Default: what its node has. */
    readonly memory?: string | undefined;
  },
): (Own | { name: string; value: string })[] {
  const limit = memory === undefined ? Infinity : readQuantity(memory);
  const engine = workers === undefined ? [{ name: "DENO_V8_FLAGS", value: youngFlags(limit) }] : [];
  return [
    ...[...own, ...engine].filter(({ name }) => !Object.hasOwn(env, name)),
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
  ];
}

/** What is wrong with the environment that a function asks for, where its pods are told by variables how to serve. */
export function faultsOfHeldNames(env: Readonly<Record<string, string>>): string[] {
  return HELD.filter((name) => Object.hasOwn(env, name)).map((name) =>
    `env: ${name} is how its pods are told what to serve, and with which tokens. Say that by serve: { … }`
  );
}
