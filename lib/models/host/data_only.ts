/**
 * Tells what in a value is no data, and so cannot be sent to a worker or a process as what it is: `args.client is a Client`; undefined
 * where all of it is data.
 */
export function notData(value: unknown, name: string): string | undefined {
  const found = look(value, undefined);
  return found === undefined ? undefined : `${name}${found.path} is ${found.what}`;
}

interface Found {
  readonly path: string;
  readonly what: string;
}

/** The value that another stands in; a list of these is shorter to make than one of paths, which only failures need. */
interface Within {
  readonly value: object;
  readonly outer: Within | undefined;
}

function look(value: unknown, within: Within | undefined): Found | undefined {
  if (typeof value === "function" || typeof value === "symbol") return { path: "", what: `a ${typeof value}` };
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) {
    return undefined;
  }
  for (let outer = within; outer !== undefined; outer = outer.outer) if (outer.value === value) return undefined;
  const inside = { value, outer: within };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = isPlain(value[index]) ? undefined : look(value[index], inside);
      if (found !== undefined) return { ...found, path: `[${index}]${found.path}` };
    }
    return undefined;
  }
  if (value instanceof ArrayBuffer || value instanceof RegExp) return undefined;
  const prototype = Object.getPrototypeOf(value);
  if (value instanceof Map || value instanceof Set) {
    return look([...value.values()], inside) ?? look([...value.keys()], inside);
  }
  if (prototype !== Object.prototype && prototype !== null) {
    return { path: "", what: nameOf(value) };
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const found = isPlain(item) ? undefined : look(item, inside);
    if (found !== undefined) return { ...found, path: `.${key}${found.path}` };
  }
  return undefined;
}

/** `a Client`, `an AsyncGenerator`: by its class, else by what it calls itself. */
function nameOf(value: object): string {
  const { constructor, [Symbol.toStringTag]: tag } = value as {
    constructor?: { name?: unknown };
    [Symbol.toStringTag]?: unknown;
  };
  const name = [constructor?.name, tag].find((name) => typeof name === "string" && name !== "") as string | undefined;
  if (name === undefined) return "an object of a class without a name";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`;
}

function isPlain(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}
