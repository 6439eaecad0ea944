import { keyParts } from "../graph/served_model.ts";
import type { Route, RouteTable } from "./route.ts";

/** Finds routes by what requests call them. */
export class RouteIndex {
  readonly #routes: RouteTable;
  /** The versions of a name, those added last first. */
  readonly #versions: ReadonlyMap<string, readonly Route[]>;

  constructor(routes: RouteTable) {
    this.#routes = routes;
    this.#versions = Map.groupBy([...routes.values()].reverse(), ({ key }) => keyParts(key).name);
  }

  /** The route of a key, `iris:v2`; a name without a version is its own route, else the version that was added last and is not taken away. */
  find(key: string): Route | undefined {
    const found = this.#routes.get(key);
    if (found !== undefined) return found;
    const versions = this.#versions.get(key);
    return versions?.find((route) => !isTakenAway(route)) ?? versions?.[0];
  }
}

/** Whether somebody has unloaded the route's model. */
export function isTakenAway({ served }: Route): boolean {
  return served?.state === "unloaded";
}

/** The versions of a name that are not taken away, in the order in which they were added. */
export function versionsOf(routes: RouteTable, name: string): string[] {
  return [...routes.values()].flatMap((route) => {
    const { name: its, version } = keyParts(route.key);
    return its === name && version !== undefined && !isTakenAway(route) ? [version] : [];
  });
}
