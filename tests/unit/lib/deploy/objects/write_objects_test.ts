import { deepStrictEqual, rejects } from "node:assert/strict";
import { writeObjects } from "../../../../../lib/deploy/objects/write_objects.ts";
import { join } from "node:path";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

function objects(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `c${index}`, labels: { "app.kubernetes.io/managed-by": "levada" } },
  }));
}

Deno.test("writeObjects() names files so that they sort as they are to be applied, a hundred and more too, and finds its own again", async () => {
  await using folder = await temporaryFolder();
  const names = async () => (await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name)).sort();
  const many = await writeObjects("write", folder.path, objects(104));
  deepStrictEqual([many[0], many[9], many[103]], [
    "001-service-c0.yaml",
    "010-service-c9.yaml",
    "104-service-c103.yaml",
  ]);
  deepStrictEqual(await names(), [...many]);
  const few = await writeObjects("write", folder.path, objects(2));
  deepStrictEqual(few, ["01-service-c0.yaml", "02-service-c1.yaml"]);
  deepStrictEqual(await names(), [...few]);
});

Deno.test("writeObjects() leaves a folder alone that has others' files, whatever they are called", async () => {
  for (
    const [name, text] of [["2026-budget-plan.yaml", "total: 1\n"], ["01-deployment-web.yaml", "kind: Deployment\n"]]
  ) {
    await using folder = await temporaryFolder();
    await Deno.writeTextFile(join(folder.path, name!), text!);
    await rejects(writeObjects("write", folder.path, objects(1)), new RegExp(`has other files, ${name}`));
    deepStrictEqual(await Deno.readTextFile(join(folder.path, name!)), text);
  }
});
