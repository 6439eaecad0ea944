import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { writeServerless } from "../../../../../lib/deploy/serverless/write_serverless.ts";
import { plainBundle } from "../../../../support/nuclio_contract.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("writeServerless() writes one object as YAML, and refuses what cannot be said, writing nothing", async () => {
  await using folder = await temporaryFolder();
  const bundle = plainBundle("iris", "aaaaaaaaaaaa");
  const wish = { folder: join(folder.path, "out"), image: "registry.test/iris:1", namespace: "shop" };
  deepStrictEqual((await writeServerless(bundle, { ...wish, target: "knative" })).files, ["01-service-iris.yaml"]);
  match(
    await Deno.readTextFile(join(wish.folder, "01-service-iris.yaml")),
    /^apiVersion: serving\.knative\.dev\/v1\nkind: Service\n/,
  );
  deepStrictEqual((await writeServerless(bundle, { ...wish, target: "kserve" })).files, [
    "01-inferenceservice-iris.yaml",
  ]);
  await rejects(writeServerless(bundle, { ...wish, target: "inference-graph" }), { name: "GraphError" });
  deepStrictEqual(await Array.fromAsync(Deno.readDir(wish.folder), ({ name }) => name), [
    "01-inferenceservice-iris.yaml",
  ]);
});
