import { keyParts } from "../graph/served_model.ts";
import type { Route, RouteTable } from "./route.ts";

/** Finds routes by what requests call them. */
export class RouteIndex {
  readonly #routes: RouteTable;
  /** The version that was added last, by name. */
  readonly #newest: ReadonlyMap<string, Route>;

  constructor(routes: RouteTable) {
    this.#routes = routes;
    this.#newest = new Map([...routes.values()].map((route) => [keyParts(route.key).name, route]));
  }

  /** The route of a key, `iris:v2`; a name without a version is its own route, else the version that was added last. */
  find(key: string): Route | undefined {
    return this.#routes.get(key) ?? this.#newest.get(key);
  }
}
