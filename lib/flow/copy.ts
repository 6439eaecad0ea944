/** A body cannot be copied for a branch: something in it is not data. */
export class CopyError extends TypeError {
  /** The name of the class. */
  override readonly name = "CopyError";
}

/**
 * Copies data: plain objects, arrays, dates, maps, sets, typed arrays and what they hold, and what copies itself by a method
 * `Symbol.for("levada.copy")`. Text, numbers and the like are shared.
 *
 * @throws {CopyError} For a class instance or a function, naming where it stands.
 */
export function copyData<Value>(value: Value): Value {
  try {
    return copy(value, "body", new Map()) as Value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CopyError("Cannot copy the event for another branch: its body is nested too deeply", { cause: error });
  }
}

function copy(value: unknown, path: string, seen: Map<object, unknown>): unknown {
  if (typeof value === "function") throw notData("a function", path);
  if (typeof value !== "object" || value === null) return value;
  const earlier = seen.get(value);
  if (earlier !== undefined) return earlier;
  if (Array.isArray(value)) {
    const items: unknown[] = new Array(value.length);
    seen.set(value, items);
    for (let index = 0; index < value.length; index++) items[index] = copy(value[index], `${path}[${index}]`, seen);
    return items;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const object: Record<string, unknown> = prototype === null ? Object.create(null) : {};
    seen.set(value, object);
    for (const key of Object.keys(value)) {
      define(object, key, copy((value as Record<string, unknown>)[key], `${path}.${key}`, seen));
    }
    return object;
  }
  return copyBuiltIn(value, path, seen);
}

/** Sets an own property, also where its name is `__proto__`; for every other name an assignment does, at a tenth of the cost. */
export function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function copyBuiltIn(value: object, path: string, seen: Map<object, unknown>): unknown {
  if (value instanceof Date) return new Date(value);
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    seen.set(value, map);
    for (const [key, item] of value) {
      map.set(copy(key, `${path} key`, seen), copy(item, `${path}[${String(key)}]`, seen));
    }
    return map;
  }
  if (value instanceof Set) {
    const set = new Set<unknown>();
    seen.set(value, set);
    for (const item of value) set.add(copy(item, `${path} item`, seen));
    return set;
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return (value as Uint8Array).slice();
  if (value instanceof ArrayBuffer) return value.slice(0);
  const own = (value as { readonly [COPY]?: unknown })[COPY];
  if (typeof own === "function") return own.call(value);
  throw notData(`a ${value.constructor?.name ?? "class instance"}`, path);
}

/** Where a class's instances have the method that copies them for another branch: tensors do. */
const COPY = Symbol.for("levada.copy");

function notData(what: string, path: string): CopyError {
  return new CopyError(
    `Cannot copy the event for another branch: ${path} is ${what}. Pass data on, or say { share: true } on this step if the branches only read`,
  );
}
