/** Finds values of the environment in data that would leave: the environment stays where it is. */
import { secretPlaces } from "../graph/secret_data.ts";

const SHORTEST = 6;
/** Variables that every shell has, or that say how and where a program runs. */
const COMMON =
  /^(?:PATH|HOME|PWD|OLDPWD|USER|USERNAME|LOGNAME|SHELL|SHLVL|LANG|LANGUAGE|TERM|HOSTNAME|HOST|EDITOR|VISUAL|PAGER|TZ|DISPLAY|TMPDIR|TEMP|TMP|_|LC_\w+|XDG_\w+|DENO_\w+|npm_\w+|LEVADA_\w+)$/;
const SECRET = /key|token|secret|passw|pwd|credential|auth/i;
/** Words, numbers, paths and addresses without a user. */
const TRIVIAL = /^(?:[a-z]+(?:[-_. ][a-z]+)*|[\d.,: -]+|[~.]{0,2}\/.*|[a-z][a-z0-9+.-]*:\/\/[^@]*|[\w.-]+:\d+)$/i;

/** Whether a variable is called like a secret. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** The variable whose value stands in data, by its name; undefined where none does. */
export function variableIn(data: unknown, variables: Readonly<Record<string, string>>): string | undefined {
  const telling = Object.entries(variables).filter(([name, value]) =>
    value.length >= SHORTEST && !COMMON.test(name) && (isSecretName(name) || !TRIVIAL.test(value))
  );
  return telling.length === 0 ? undefined : find(data, telling, new Set());
}

/** Whether data has the form of a secret: a known key, an address with a password. */
export function hasSecretForm(data: unknown): boolean {
  return secretPlaces({ data }, { byName: false }).some(({ kind }) => kind === "literal");
}

function find(
  data: unknown,
  variables: readonly (readonly [name: string, value: string])[],
  seen: Set<unknown>,
): string | undefined {
  if (typeof data === "string") return variables.find(([, value]) => data.includes(value))?.[0];
  if (typeof data === "number") return variables.find(([, value]) => String(data) === value)?.[0];
  if (typeof data !== "object" || data === null || seen.has(data)) return undefined;
  seen.add(data);
  for (const [key, item] of Object.entries(data)) {
    const name = find(key, variables, seen) ?? find(item, variables, seen);
    if (name !== undefined) return name;
  }
  return undefined;
}
