import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import type { DeployedReleases } from "../../../../../lib/deploy/kubernetes/deployed_releases.ts";
import {
  checkRecordable,
  isWrittenAs,
  readRecord,
  writeRecord,
} from "../../../../../lib/deploy/kubernetes/release_record.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const PLACE = { name: "shop", namespace: "market" };
const PATH = "/api/v1/namespaces/market/configmaps/shop-release";

Deno.test("a record is read as it was written; one of others is never to be removed", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const current = releaseOfShop({ functions: [functionOf("shop", { resources: { memory: "1e9", cpu: "+1" } })] });
  const record: DeployedReleases = {
    current,
    previous: releaseOfShop({ revision: "ba9876543210" }),
    deployedAt: "2026-11-26T12:00:00Z",
    doing: { what: "rollback", to: "ba9876543210", backTo: "previous" },
  };
  await writeRecord(objects, PLACE, record);
  deepStrictEqual(await readRecord("deploy", objects, PLACE), record);
  const written = server.objects.get(PATH)!;
  server.objects.set(PATH, { ...written, data: { "release.json": "{}" } });
  const { current: none, unread } = (await readRecord("deploy", objects, PLACE))!;
  deepStrictEqual([none, unread?.startsWith("levada: ")], [undefined, true]);
  server.objects.set(PATH, { ...written, metadata: { ...written.metadata, labels: {} } });
  await rejects(readRecord("deploy", objects, PLACE), (error: Error) => {
    strictEqual(
      error.message,
      "Cannot deploy: what is deployed is written down in ConfigMap market/shop-release, and one of others is there: it has no label of this " +
        "target, and was written by others. Name the function otherwise",
    );
    return true;
  });
});

Deno.test("checkRecordable() refuses what would not be read again", () => {
  checkRecordable("deploy", releaseOfShop());
  // deno-lint-ignore no-explicit-any -- as a document that nobody has checked has it
  const numbered = functionOf("shop", { cluster: { ingress: { host: "a.test", annotations: { timeout: 5 } as any } } });
  throws(
    () => checkRecordable("deploy", releaseOfShop({ functions: [numbered] })),
    /it cannot be written down so that it is read again, nothing is changed: current: functions\.0\.cluster\.ingress\.annotations\.timeout/,
  );
});

Deno.test("isWrittenAs() is where a record says that this runs, and nothing else", () => {
  const release = releaseOfShop({ code: { kind: "config", archive: "H4sI" } });
  const written = (parts: Partial<DeployedReleases>) =>
    isWrittenAs({ current: release, previous: undefined, deployedAt: undefined, ...parts }, release);
  strictEqual(written({}), true);
  strictEqual(written({ current: releaseOfShop() }), true, "without its code");
  strictEqual(isWrittenAs(undefined, release), false);
  strictEqual(written({ current: undefined }), false);
  strictEqual(written({ current: releaseOfShop({ revision: "ba9876543210" }) }), false, "others applied this one");
  strictEqual(written({ current: releaseOfShop({ functions: [functionOf("shop", { env: { A: "1" } })] }) }), false);
  strictEqual(written({ doing: { what: "delete", backTo: "current" } }), false);
  strictEqual(written({ unread: "previous: no" }), false);
});

Deno.test("checkRecordable() refuses what a ConfigMap has no room for, twice as it stands there", () => {
  const env = (size: number) => releaseOfShop({ functions: [functionOf("shop", { env: { BIG: "é".repeat(size) } })] });
  checkRecordable("deploy", env(200_000));
  throws(
    () => checkRecordable("deploy", env(260_000)),
    /what it says of itself has 520\d{3} bytes, .* ConfigMap shop-release; nothing is changed\. What is large in it, such as env, /,
  );
});
