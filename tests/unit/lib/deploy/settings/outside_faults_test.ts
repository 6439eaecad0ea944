import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { ClusterSettings } from "../../../../../lib/deploy/settings/cluster_settings.ts";
import { faultsOfOutside } from "../../../../../lib/deploy/settings/outside_faults.ts";

const told = (cluster: ClusterSettings, tls?: { cert: string; key: string }) =>
  faultsOfOutside(cluster, tls === undefined ? {} : { tls });
const TLS = { cert: "/a/tls.crt", key: "/a/tls.key" };
const GATEWAY = { name: "outer" };

Deno.test("faultsOfOutside() has nothing against what goes together", () => {
  const from = [{ team: "orders" }];
  deepStrictEqual(told({}, TLS), []);
  deepStrictEqual(told({ from }), []);
  deepStrictEqual(told({ from: "any", ingress: { host: "a.test", path: "/" } }), []);
  deepStrictEqual(told({ from, ingress: { host: "a.test", from: [{ a: "b" }] } }), []);
  deepStrictEqual(told({ ingress: { host: "a.test", path: "/shop", annotations: {} } }, TLS), []);
  deepStrictEqual(told({ from, route: { host: "a.test", path: "/shop", gateway: GATEWAY, from: [{ a: "b" }] } }), []);
});

Deno.test("faultsOfOutside() drops no restriction: who hands requests on is to be said beside it", () => {
  const from = [{ team: "orders" }];
  const [ingress, route] = told({ from, ingress: { host: "a.test" }, route: { host: "a.test", gateway: GATEWAY } });
  match(ingress!, /^cluster\.from names who may ask it, .* of its ingress on .* ingress: \{ from: .* from: "any"$/);
  match(route!, /of its route on/);
});

Deno.test("faultsOfOutside() says what a controller would do to paths and to https", () => {
  match(
    told({ ingress: { host: "a.test", path: "/shop" } })[0]!,
    /path is \/shop, which an Ingress leaves on: .*annotations/,
  );
  match(told({ ingress: { host: "a.test" } }, TLS)[0]!, /beside serve\.tls: .* ask it by http.*backend-protocol/);
  match(told({ route: { host: "a.test", gateway: GATEWAY } }, TLS)[0]!, /^cluster\.route beside serve\.tls/);
  strictEqual(told({ ingress: { host: "a.test", path: "/shop" } }, TLS).length, 2);
});
