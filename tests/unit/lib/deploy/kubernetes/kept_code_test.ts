import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { hashOf, MANIFEST, revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { withCode } from "../../../../../lib/deploy/kubernetes/kept_code.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { releaseOfShop } from "../../../../support/releases.ts";

const CODE = new TextEncoder().encode("export default 1;");
const MANIFESTED = new TextEncoder().encode(JSON.stringify({ levada: "bundle/1", files: { "code.js": hashOf(CODE) } }));

/** What is read where a ConfigMap has these files as the code of that revision. */
async function kept(files: ReadonlyMap<string, Uint8Array> | undefined, revision: string) {
  await using server = serveObjects();
  if (files !== undefined) {
    const archive = (await packBundle({ files })).toBase64();
    server.objects.set(`/api/v1/namespaces/market/configmaps/shop-${revision}`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `shop-${revision}` },
      binaryData: { "bundle.tar.gz": archive },
    });
  }
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  return await withCode('roll back "shop"', new ClusterObjects(client), releaseOfShop({ revision }));
}

Deno.test("withCode() gives the code of a revision, and no other", async () => {
  const files = new Map([[MANIFEST, MANIFESTED], ["code.js", CODE]]);
  const revision = revisionOf(files);
  const { code } = await kept(files, revision);
  deepStrictEqual([code.kind, code.kind === "config" && code.archive.length > 0], ["config", true]);
  const changed = new Map([[MANIFEST, MANIFESTED], ["code.js", new TextEncoder().encode("evil()")]]);
  await rejects(
    kept(changed, revision),
    new RegExp(`the code of revision ${revision}, ConfigMap market/shop-${revision}, was changed`),
  );
  await rejects(kept(new Map([...files, ["more.js", CODE]]), revision), /was changed/);
  await rejects(kept(files, "0123456789ab"), /was changed/);
  await rejects(kept(undefined, revision), /is gone\. Deploy it again/);
});

Deno.test("withCode() asks nobody for code in the image", async () => {
  const release = releaseOfShop({ code: { kind: "image", folder: "/bundle" } });
  strictEqual(await withCode("act", undefined as unknown as ClusterObjects, release), release);
});
