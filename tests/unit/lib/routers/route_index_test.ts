import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RouteIndex, versionsOf } from "../../../../lib/routers/route_index.ts";
import type { Route } from "../../../../lib/routers/route.ts";

function index(...keys: string[]): RouteIndex {
  return new RouteIndex(new Map(keys.map((key) => [key, { key } as Route])));
}

Deno.test("RouteIndex() finds a version, the route of a bare name, else the version that was added last", () => {
  const routes = index("iris:v1", "iris:v2", "plain", "plain:v1");
  strictEqual(routes.find("iris:v1")?.key, "iris:v1");
  strictEqual(routes.find("iris")?.key, "iris:v2");
  strictEqual(routes.find("plain")?.key, "plain");
  strictEqual(routes.find("iris:v3"), undefined);
  strictEqual(routes.find("__proto__"), undefined);
});

Deno.test("RouteIndex() goes to the version before where the newest is taken away, and to that where all are", () => {
  const route = (key: string, state: string) => ({ key, served: { state } }) as Route;
  const table = (...states: string[]) =>
    new Map(states.map((state, index) => [`iris:v${index}`, route(`iris:v${index}`, state)]));
  const some = table("ready", "failed", "unloaded");
  strictEqual(new RouteIndex(some).find("iris")?.key, "iris:v1");
  strictEqual(new RouteIndex(some).find("iris:v2")?.key, "iris:v2");
  deepStrictEqual(versionsOf(some, "iris"), ["v0", "v1"]);
  strictEqual(new RouteIndex(table("unloaded", "unloaded")).find("iris")?.key, "iris:v1");
});
