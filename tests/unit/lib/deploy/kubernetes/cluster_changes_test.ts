import { deepStrictEqual, rejects } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { ClusterChanges } from "../../../../../lib/deploy/kubernetes/cluster_changes.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { writeRecord } from "../../../../../lib/deploy/kubernetes/release_record.ts";
import { type KeptObjects, refusal, serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const RECORD = "/api/v1/namespaces/market/configmaps/shop-release";
const RELEASE = releaseOfShop({ functions: [functionOf("shop", { cluster: { ingress: { host: "shop.test" } } })] });

/** A deployment that is there, of whose kinds who asks may not remove some. */
async function withDeployed(
  test: (lab: { server: KeptObjects; changes: ClusterChanges; refused: string[] }) => Promise<void>,
): Promise<void> {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  for (const object of objectsOf(RELEASE)) await objects.apply(object);
  await writeRecord(objects, RELEASE, { current: RELEASE, previous: undefined, deployedAt: undefined });
  const refused: string[] = [];
  server.instead = ({ path, body }) => {
    if (!path.includes("selfsubjectaccessreviews")) return undefined;
    const { verb, resource } = JSON.parse(body).spec.resourceAttributes;
    return Response.json({ status: { allowed: verb !== "delete" || !refused.includes(resource) } });
  };
  server.got.length = 0;
  await test({ server, changes: new ClusterChanges({ client, objects, place: RELEASE, options: {} }), refused });
}

Deno.test("ClusterChanges.delete() removes nothing where who asks may not remove all", () =>
  withDeployed(async ({ server, changes, refused }) => {
    refused.push("deployments");
    const before = [...server.objects];
    await rejects(changes.delete('delete "shop"'), {
      message:
        'Cannot delete "shop": who asks may not, in namespace "market": delete deployments.apps. Have somebody give these rights; ' +
        "nothing is changed",
    });
    deepStrictEqual([...server.objects], before);
  }));

Deno.test("ClusterChanges.delete() writes down that it deletes before it removes the first, and leaves nothing", () =>
  withDeployed(async ({ server, changes }) => {
    const { instead } = server;
    const doing: unknown[] = [];
    server.instead = (got) => {
      if (got.method === "DELETE" && !got.path.includes("/leases/")) {
        doing.push(JSON.parse(server.objects.get(RECORD)!.data["release.json"]).doing);
      }
      return got.method === "DELETE" && got.path.includes("/deployments/") ? refusal(422) : instead(got);
    };
    await rejects(changes.delete('delete "shop"'), /no: 422/);
    deepStrictEqual(doing, [{ what: "delete", backTo: "current" }, { what: "delete", backTo: "current" }]);
    server.instead = instead;
    await changes.delete('delete "shop"');
    deepStrictEqual([...server.objects.keys()], []);
  }));

Deno.test("ClusterChanges.delete() asks for the right to write where it writes down that it deletes, and no more", () =>
  withDeployed(async ({ server, changes }) => {
    const { instead } = server;
    server.instead = (got) => {
      if (!got.path.includes("selfsubjectaccessreviews")) return instead(got);
      return Response.json({ status: { allowed: JSON.parse(got.body).spec.resourceAttributes.verb !== "patch" } });
    };
    await rejects(changes.delete('delete "shop"'), /patch configmaps/);
    const record = server.objects.get(RECORD)!;
    server.objects.set(RECORD, { ...record, data: { "release.json": "{" } });
    await changes.delete('delete "shop"');
    deepStrictEqual([...server.objects.keys()], []);
  }));
