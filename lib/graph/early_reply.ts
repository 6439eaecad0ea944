/** The caller's answer, from a step in the middle of a graph. */
export class EarlyReply<Body = unknown> {
  readonly #body: Body;

  /** Made by `reply`. */
  constructor(body: Body) {
    this.#body = body;
  }

  /** What the caller gets. */
  get body(): Body {
    return this.#body;
  }
}

/**
 * Answers the caller at once: what a step returns by this is the reply, and the event goes no further. For what needs no more work,
 * such as a hit in a cache. In a branch that does not lead to the reply it only ends the event.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { reply, serving } from "levada";
 *
 * const known = new Map([["two", 2]]);
 * const fn = serving("lengths");
 * fn.setTopology("flow")
 *   .to("cache", (word: string) => known.has(word) ? reply(known.get(word)) : word)
 *   .to("length", (word) => word.length)
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", "two"), await server.test("/", "four")], [2, 4]);
 * ```
 */
export function reply<Body>(body: Body): EarlyReply<Body> {
  return new EarlyReply(body);
}
