import { deepStrictEqual } from "node:assert/strict";
import { faultsOfCluster } from "../../../../../lib/deploy/settings/cluster_faults.ts";
import type { ClusterSettings } from "../../../../../lib/deploy/settings/cluster_settings.ts";

const told = (settings: object, isFed = false) => faultsOfCluster(settings as ClusterSettings, { isFed });

Deno.test("faultsOfCluster() has nothing against sound settings", () => {
  deepStrictEqual(told({}), []);
  deepStrictEqual(
    told({
      replicas: { min: 1, max: 4, cpu: 50 },
      secretNames: ["keys"],
      envFrom: [{ configMapName: "settings" }, { secretName: "keys" }],
      ingress: { host: "shop.test" },
      route: {
        host: "shop.test",
        path: "/a",
        gateway: { name: "g", namespace: "n", listener: "l" },
        from: [{ a: "b" }],
      },
      from: [{ team: "orders" }],
      serviceAccount: undefined,
      rollout: "old-first",
      user: "assigned",
    }),
    [],
  );
});

Deno.test("faultsOfCluster() names each setting that is wrong, with what it must be", () => {
  const number = "a whole number from 1 to 1000, or { min, max } and perhaps cpu or lag";
  for (
    const replicas of [0, 1.5, { min: 2, max: 1 }, { min: 1 }, { min: 1, max: 2, cpu: 1, lag: 1 }, {
      min: 1,
      max: 2,
      mem: 1,
    }]
  ) {
    deepStrictEqual(told({ replicas }), [`cluster.replicas is ${JSON.stringify(replicas)}, and must be ${number}`]);
  }
  deepStrictEqual(told({ replicas: { min: 0, max: 2 } }), [
    "cluster.replicas.min is 0, which is for functions that are scaled by lag",
  ]);
  deepStrictEqual(told({ replicas: { min: 0, max: 4, lag: 100 } }, true), []);
  deepStrictEqual(told({ replicas: { min: 1, max: 2, lag: 5 } }), [
    "cluster.replicas.lag: no stream feeds it, and nothing waits",
  ]);
  const door = "{ host } and perhaps path, from, className, tlsSecretName, annotations";
  for (const ingress of [{}, { host: "a", path: "shop" }, { host: "a", from: [] }, { host: "a", port: 1 }]) {
    deepStrictEqual(told({ ingress }), [`cluster.ingress is ${JSON.stringify(ingress)}, and must be ${door}`]);
  }
  const route = "{ host, gateway: { name } } and perhaps path, from, https, and the gateway's namespace and listener";
  for (
    const one of [null, { host: "a" }, { host: "a", gateway: "b" }, { host: "a", gateway: { name: "b", port: 1 } }]
  ) {
    deepStrictEqual(told({ route: one }), [`cluster.route is ${JSON.stringify(one)}, and must be ${route}`]);
  }
  deepStrictEqual(told({ rollout: "at once", user: 0 }), [
    'cluster.rollout is "at once", and must be "new-first" or "old-first"',
    'cluster.user is 0, and must be a number above 0, for none is root, or "assigned"',
  ]);
  for (const name of ["A B", "", "a/b"]) {
    deepStrictEqual(
      told({ secretNames: [name], envFrom: [{ secretName: name }], ingress: { host: "a", tlsSecretName: name } })
        .map((fault) => fault.replace(/ is .*/, "")),
      ["cluster.secretNames", "cluster.envFrom", "cluster.ingress"],
    );
  }
  // deno-lint-ignore no-explicit-any -- as a document that nobody has checked has it
  deepStrictEqual(told("x" as any).map((fault) => fault.slice(0, 48)), [
    'cluster is "x", and must be an object of replica',
  ]);
  deepStrictEqual(told({ shoes: 1, envFrom: [{ secretName: "a", configMapName: "b" }] }), [
    "there is no cluster.shoes; there are replicas, secretNames, envFrom, ingress, route, from, serviceAccount, nodeSelector, tolerations, rollout, user",
    'cluster.envFrom is [{"secretName":"a","configMapName":"b"}], and must be a list of { configMapName } and { secretName }',
  ]);
});
