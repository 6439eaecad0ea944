/** A field of a body: where it is found, by JSONPath, and whether it has to be there. */
export type ApiField = string | { readonly path: string; readonly mandatory?: boolean };

/** A path that the function answers, or does not. */
export interface ApiEndpoint {
  /**
   * `/run`, `/items/{id}/name`, `/files/*`: exact, with names for segments, or all that is below. Of several that fit, the most exact
   * decides: one without names before one with names before the longest of those with `*`.
   */
  readonly path: string;
  /** Default `POST`. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Whether it is answered (`allow`, the default), or refused with 403. */
  readonly action?: "allow" | "forbid";
  /** What it is for. */
  readonly description?: string;
  /** What steps get by name as `context.given`, of the body. */
  readonly input?: Readonly<Record<string, ApiField>>;
  /** What the caller gets by name, of a reply that is an object, in place of that; null where it is missing and not mandatory. */
  readonly output?: Readonly<Record<string, ApiField>>;
}

/**
 * Which paths a function answers, and what it reads of them.
 *
 * @example A value of the path, one of the body, and a reply of which the caller gets a part
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving } from "levada";
 *
 * const fn = serving("shop").setApi({
 *   endpoints: [{ path: "/items/{id}", input: { count: "$.order.count" }, output: { total: "$.sum" } }],
 * });
 * fn.setTopology("flow").to("price", (_body: object, { given }) => ({ sum: 2 * Number(given.count), id: given.id })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/items/tea", { order: { count: 3 } }), { total: 6 });
 * deepStrictEqual((await server.test("/items", {}, { silent: true })).status, 404);
 * ```
 */
export interface ApiOptions {
  /** All other paths are 404, and 405 where another method has them. */
  readonly endpoints: readonly ApiEndpoint[];
  /** Whether `context.given` has path and method too, with MLRun's names: `mlrun_request_path`, `mlrun_request_method`. Default false. */
  readonly includeUrlInfo?: boolean;
}
