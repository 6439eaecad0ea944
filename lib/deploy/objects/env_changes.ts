import { isDeepStrictEqual } from "node:util";

/** Whether what stands at a path is the environment of a container or function. */
export function isEnvironment(path: string, before: unknown, after: unknown): boolean {
  return /(^|\.)env$/.test(path) && (Array.isArray(before) || Array.isArray(after));
}

/**
 * What is to be another in an environment, a line each: `spec.env[MODE]: another value`. No value is told: which of them is a secret, its name does
 * not say for sure, and plans are kept in logs and notebooks.
 */
export function* envChanges(path: string, before: unknown, after: unknown): Generator<string> {
  const [was, is] = [byName(before), byName(after)];
  let told = 0;
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    if (isDeepStrictEqual(was.get(name), is.get(name))) continue;
    told++;
    yield `${path}[${name}]: ${!was.has(name) ? "new" : is.has(name) ? "another value" : "ends"}`;
  }
  const isSame = isDeepStrictEqual([...was.keys()], [...is.keys()]);
  if (told === 0 && !isSame) yield `${path}: in another order`;
}

/** All that is said of each; what is empty is not kept by who is told it. */
function byName(list: unknown): Map<string, unknown[]> {
  const items = (Array.isArray(list) ? list : []).map((item) => {
    const { name, value, ...more } = typeof item === "object" && item !== null ? item : { value: item };
    return { name: String(name ?? "?"), said: [value ?? "", more] };
  });
  const names = [...new Set(items.map(({ name }) => name))];
  return new Map(names.map((one) => [one, items.filter(({ name }) => name === one).map(({ said }) => said)]));
}

/** For `JSON.stringify`: an environment as names, wherever it stands. */
export function withoutValues(key: string, value: unknown): unknown {
  return key === "env" && Array.isArray(value) ? [...byName(value).keys()] : value;
}
