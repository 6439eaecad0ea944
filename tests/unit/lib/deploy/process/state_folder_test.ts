import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { ProcessDeployment } from "../../../../../lib/deploy/process/deployment.ts";
import {
  deploymentFolder,
  deploymentNames,
  fileNameOf,
  writeWhole,
} from "../../../../../lib/deploy/process/state_folder.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("deploymentFolder() gives each name a folder of its own, and refuses what is no name", () => {
  const odd = ["a", "a/b", "..", ".", "%zz", "*", "ü", "n".repeat(200)];
  for (const name of odd) {
    strictEqual(join(deploymentFolder(name, "/state").path, ".."), join("/state", "deployments"));
  }
  const cases: [string, string][] = [
    ["", "0 bytes"],
    ["n".repeat(201), "201 bytes"],
    ["ü".repeat(34), "204 bytes"],
    ["\ud800", "half a letter"],
  ];
  for (const [name, has] of cases) {
    const message =
      `Cannot find the deployment "${name}": its name stands for a file, in 1 to 200 bytes: this one has ${has}`;
    throws(() => deploymentFolder(name), { name: "DeployError", message });
    throws(() => new ProcessDeployment(name), { message });
  }
});

Deno.test("deploymentNames() leaves out what is no deployment's", async () => {
  await using state = await temporaryFolder();
  deepStrictEqual(await deploymentNames(state.path), []);
  const names = ["a", "a/b", ".."];
  for (const file of [...names.map(fileNameOf), "%zz", "a b", "%61"]) {
    await Deno.mkdir(join(state.path, "deployments", file), { recursive: true });
  }
  await Deno.writeTextFile(join(state.path, "deployments", "file"), "");
  deepStrictEqual(await deploymentNames(state.path), names.sort());
});

Deno.test("writeWhole() puts another file in the place of the one that is there, and leaves nothing where it fails", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "state.json");
  await writeWhole(file, "before", { mode: 0o600 });
  strictEqual((await Deno.stat(file)).mode! & 0o777, 0o600);
  using reader = await Deno.open(file);
  await writeWhole(file, "after, and longer");
  deepStrictEqual(new TextDecoder().decode(await read(reader)), "before");
  strictEqual(await Deno.readTextFile(file), "after, and longer");
  await Deno.mkdir(join(folder.path, "taken", "by"), { recursive: true });
  await rejects(writeWhole(join(folder.path, "taken"), "text"));
  deepStrictEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort(), [
    "state.json",
    "taken",
  ]);
});

async function read(file: Deno.FsFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(100);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}
