import type { Maybe } from "../graph/typing.ts";

/** Goes on with a value: at once, or when its promise is kept. A step without promises never waits. */
export function andThen<In, Out>(value: Maybe<In>, next: (value: In) => Maybe<Out>): Maybe<Out> {
  return value instanceof Promise ? value.then(next) : next(value);
}
