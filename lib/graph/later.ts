/** Tells what answers later from what is there at once: whatever `await` waits for, promises and other objects with a `then`. */

/** Whether a value answers later. Asking starts nothing; it throws what reading `then` throws. */
export function isLater(value: unknown): value is PromiseLike<unknown> {
  if (typeof value === "object" ? value === null : typeof value !== "function") return false;
  return value instanceof Promise || typeof (value as { readonly then?: unknown }).then === "function";
}

/**
 * The promise of a value that answers later: the value itself, or what another thenable gives, a query builder or an ORM's request,
 * which begins now; undefined for what is there at once. Throws what reading `then` throws.
 */
export function laterOf<Value>(value: Value): Promise<Awaited<Value>> | undefined {
  if (typeof value === "object" ? value === null : typeof value !== "function") return undefined;
  if (value instanceof Promise) return value;
  const then: unknown = (value as { readonly then?: unknown }).then; // read once: it may be a getter
  if (typeof then !== "function") return undefined;
  return new Promise((resolve, reject) => Reflect.apply(then, value, [resolve, reject]));
}

/** Goes on with a value: at once, or when it is there. A step whose code answers at once does so too. */
export function andThen<In, Out>(value: In, next: (value: Awaited<In>) => Out | Promise<Out>): Out | Promise<Out> {
  const later = laterOf(value);
  return later === undefined ? next(value as Awaited<In>) : later.then(next);
}

/**
 * A result that is needed at once; `what` gives it: "join".
 *
 * @throws {TypeError} If it answers later. What it fails with then is nobody's.
 */
export function atOnce(result: unknown, act: string, what: string): unknown {
  if (!isLater(result)) return result;
  if (result instanceof Promise) result.catch(() => {});
  throw new TypeError(`Cannot ${act}: ${what} answers later, not at once`);
}
