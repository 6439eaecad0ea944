/** Tells generators, which stream, from everything else that a step may return. */

type Prototype = { readonly prototype: object };

const GENERATOR = (Object.getPrototypeOf(function* () {}) as Prototype).prototype;
const ASYNC_GENERATOR = (Object.getPrototypeOf(async function* () {}) as Prototype).prototype;

/** Whether a value is what a generator function or an async generator function gave. */
export function isGenerator(
  value: unknown,
): value is Generator<unknown, unknown, undefined> | AsyncGenerator<unknown, unknown, undefined> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) return false; // nearly every body: decided at once
  return Object.prototype.isPrototypeOf.call(GENERATOR, value) ||
    Object.prototype.isPrototypeOf.call(ASYNC_GENERATOR, value);
}

/** Whether a function is a generator function, async or not. */
export function isGeneratorFunction(value: unknown): boolean {
  return typeof value === "function" && /^(Async)?GeneratorFunction$/.test(value.constructor.name);
}
