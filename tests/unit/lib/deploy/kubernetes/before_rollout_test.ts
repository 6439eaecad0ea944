import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { beforeRollout } from "../../../../../lib/deploy/kubernetes/before_rollout.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import type { ReleasedFunction } from "../../../../../lib/deploy/kubernetes/release.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const TLS = { tls: { cert: "/secrets/tls.crt", key: "/secrets/tls.key" } } as ReleasedFunction["settings"];

function objectOf(kind: string, parts: Partial<ReleasedFunction> = {}): ClusterObject {
  const release = releaseOfShop({ functions: [functionOf("shop", parts)] });
  return objectsOf(release).find((object) => object.kind === kind)!;
}

Deno.test("beforeRollout() leaves a Service as it is while a port that it has would go or mean another", () => {
  const plain = objectOf("Service");
  const secure = objectOf("Service", { settings: TLS });
  const grpc = (grpcPort: number) => objectOf("Service", { settings: { grpcPort } });
  strictEqual(beforeRollout(secure, plain), undefined);
  strictEqual(beforeRollout(plain, secure), undefined);
  strictEqual(beforeRollout(grpc(9001), grpc(9000)), undefined);
  strictEqual(beforeRollout(plain, grpc(9000)), undefined);
  strictEqual(beforeRollout(plain, { ...plain, spec: { ...plain.spec, selector: { app: "shop" } } }), undefined);
});

Deno.test("beforeRollout() has at once what is new, and what only says more", () => {
  const plain = objectOf("Service");
  const more = objectOf("Service", { settings: { grpcPort: 9000 } });
  strictEqual(beforeRollout(more, plain), more);
  strictEqual(beforeRollout(plain, undefined), plain);
  const same = { ...plain, spec: { ...plain.spec, clusterIP: "10.0.0.7" } };
  strictEqual(beforeRollout(plain, same), plain);
  const account = objectOf("ServiceAccount");
  strictEqual(beforeRollout(account, account), account);
});

Deno.test("beforeRollout() lets those ask who may, and those who are to", () => {
  const open = objectOf("NetworkPolicy", { cluster: { from: "any" } });
  const closed = objectOf("NetworkPolicy", { settings: { grpcPort: 9000 } });
  deepStrictEqual(beforeRollout(closed, open)!.spec, {
    ...closed.spec,
    ingress: [...closed.spec.ingress, ...open.spec.ingress],
  });
  strictEqual(beforeRollout(closed, structuredClone(closed)), closed);
  strictEqual(beforeRollout(closed, { ...closed, spec: { podSelector: {} } }), closed);
});
