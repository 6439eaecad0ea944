import { strictEqual } from "node:assert/strict";
import { RouteIndex } from "../../../../lib/routers/route_index.ts";
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
