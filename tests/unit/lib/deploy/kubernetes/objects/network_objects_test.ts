import { deepStrictEqual } from "node:assert/strict";
import { networkObjects } from "../../../../../../lib/deploy/kubernetes/objects/network_objects.ts";
import { outerUrl } from "../../../../../../lib/deploy/kubernetes/objects/addresses.ts";
import type { ReleasedFunction } from "../../../../../../lib/deploy/kubernetes/release.ts";
import { notesOf } from "../../../../../../lib/deploy/kubernetes/release_notes.ts";
import { aRelease } from "../../../../../support/a_release.ts";

type Cluster = ReleasedFunction["cluster"];

function objectsOf(cluster: Cluster) {
  const release = aRelease({ cluster });
  return networkObjects(release, release.first);
}

/** Who may ask it; undefined is everybody. */
function mayAsk(cluster: Cluster): unknown {
  const [{ spec: { ingress: [{ from }] } }] = objectsOf(cluster) as [ReturnType<typeof objectsOf>[number]];
  return from?.map((one: { namespaceSelector?: { matchLabels: object } }) =>
    one.namespaceSelector?.matchLabels ?? "own"
  );
}

Deno.test("networkObjects() lets in the function's own namespace, those that are named, and who hands requests from outside on", () => {
  const [orders, nginx, envoy] = [{ team: "orders" }, { app: "nginx" }, { app: "envoy" }];
  deepStrictEqual(mayAsk({}), ["own"]);
  deepStrictEqual(mayAsk({ from: [orders] }), ["own", orders]);
  deepStrictEqual(mayAsk({ from: "any" }), undefined);
  deepStrictEqual(mayAsk({ from: [orders], ingress: { host: "a.test", from: [nginx] } }), ["own", orders, nginx]);
  const route = { host: "a.test", gateway: { name: "outer" }, from: [envoy] };
  deepStrictEqual(mayAsk({ ingress: { host: "a.test", from: [nginx] }, route }), ["own", nginx, envoy]);
});

Deno.test("networkObjects() lets everybody in where nobody says who hands requests on, which the plan's notes say", () => {
  const gateway = { name: "outer" };
  deepStrictEqual(mayAsk({ ingress: { host: "a.test" } }), undefined);
  deepStrictEqual(
    mayAsk({ ingress: { host: "a.test", from: [{ a: "b" }] }, route: { host: "a.test", gateway } }),
    undefined,
  );
  const told = (cluster: Cluster) =>
    notesOf(aRelease({ cluster })).map((note) => /requests of its (\w+)/.exec(note)?.[1]);
  deepStrictEqual(told({ ingress: { host: "a.test" } }), ["ingress"]);
  deepStrictEqual(told({ route: { host: "a.test", gateway } }), ["route"]);
  deepStrictEqual(told({ ingress: { host: "a.test", from: [{ a: "b" }] }, route: { host: "a.test", gateway } }), [
    "route",
  ]);
  deepStrictEqual(told({ from: "any", ingress: { host: "a.test" } }), []);
  deepStrictEqual(told({}), []);
});

Deno.test("networkObjects() makes an HTTPRoute that takes off what paths begin with", () => {
  const gateway = { name: "outer", namespace: "gateways", listener: "https" };
  const [, route] = objectsOf({ route: { host: "a.test", path: "/shop/", gateway } });
  deepStrictEqual(route!.spec, {
    parentRefs: [{ name: "outer", namespace: "gateways", sectionName: "https" }],
    hostnames: ["a.test"],
    rules: [{
      matches: [{ path: { type: "PathPrefix", value: "/shop" } }],
      filters: [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }],
      backendRefs: [{ name: "shop", port: 80 }],
    }],
  });
  const [, plain] = objectsOf({ route: { host: "a.test", gateway: { name: "outer" } } });
  deepStrictEqual(plain!.spec.rules, [{
    matches: [{ path: { type: "PathPrefix", value: "/" } }],
    backendRefs: [{ name: "shop", port: 80 }],
  }]);
});

Deno.test("outerUrl() is the ingress', else the route's, else that within the cluster", () => {
  const urlOf = (cluster: Cluster) => outerUrl(aRelease({ cluster }));
  const route = { host: "b.test", path: "/shop", gateway: { name: "outer" } };
  deepStrictEqual(urlOf({}), "http://shop.stage.svc");
  deepStrictEqual(urlOf({ route }), "http://b.test/shop");
  deepStrictEqual(urlOf({ route: { ...route, https: true } }), "https://b.test/shop");
  deepStrictEqual(urlOf({ route, ingress: { host: "a.test", tlsSecretName: "a" } }), "https://a.test/");
});
