import { strictEqual, throws } from "node:assert/strict";
import { findSecret, readSecret } from "../../../../lib/stores/read_secret.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

function reading(variables: Record<string, string>): (name: string) => string | undefined {
  return (name) => variables[name];
}

Deno.test("readSecret() looks into the environment first, then into files", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/KEY`, "mounted\n");
  await Deno.writeTextFile(`${folder.path}/other`, "named\r\n");
  const mounts = { LEVADA_SECRETS_DIR: `/nowhere:${folder.path}` };
  const named = { ...mounts, KEY_FILE: `${folder.path}/other` };
  strictEqual(readSecret("KEY", { environment: reading(mounts) }).reveal(), "mounted");
  strictEqual(readSecret("KEY", { environment: reading(named) }).reveal(), "named");
  strictEqual(readSecret("KEY", { environment: reading({ ...named, KEY: "" }) }).reveal(), "named");
  strictEqual(readSecret("KEY", { environment: reading({ ...named, MLRUN_K8S_SECRET__KEY: "m" }) }).reveal(), "m");
  strictEqual(readSecret("KEY", { environment: reading({ ...named, KEY: "set" }) }).reveal(), "set");
  strictEqual(readSecret("KEY", { file: `${folder.path}/other` }).reveal(), "named");
  strictEqual(readSecret("KEY", { folders: [folder.path], environment: reading({}) }).reveal(), "mounted");
});

Deno.test("readSecret() reads a changed file anew, as Kubernetes swaps its mounts", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  for (const version of ["1", "2"]) {
    await Deno.mkdir(`${path}/v${version}`);
    await Deno.writeTextFile(`${path}/v${version}/KEY`, `value ${version}`);
  }
  await Deno.symlink(`${path}/v1`, `${path}/..data`);
  await Deno.symlink(`${path}/..data/KEY`, `${path}/KEY`);
  const options = { folders: [path], environment: reading({}) };
  const [fresh, slow] = [
    readSecret("KEY", { ...options, refreshMs: 0 }),
    readSecret("KEY", { ...options, refreshMs: 1e9 }),
  ];
  strictEqual(fresh.reveal(), "value 1");
  await Deno.symlink(`${path}/v2`, `${path}/..new`);
  await Deno.rename(`${path}/..new`, `${path}/..data`);
  strictEqual(fresh.reveal(), "value 2");
  strictEqual(slow.reveal(), "value 1");
  await Deno.remove(`${path}/..data`);
  throws(() => fresh.reveal(), {
    name: "SecretError",
    message: `Cannot read secret "KEY": its file "${path}/KEY" is gone`,
  });
});

Deno.test("readSecret() says where it looked", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/EMPTY`, "\n");
  await Deno.mkdir(`${path}/FOLDER`);
  const options = { folders: [path], environment: reading({ GONE_FILE: `${path}/nothing` }) };
  throws(() => readSecret("KEY", options), {
    name: "SecretError",
    message: `Cannot read secret "KEY": KEY and KEY_FILE are not set, and there is no file KEY in ${path}`,
  });
  throws(() => readSecret("KEY", { file: `${path}/x` }), /there is no file ".*\/x"$/);
  throws(() => readSecret("GONE", options), /no file ".*nothing", which GONE_FILE names/);
  throws(() => readSecret("EMPTY", options), /"EMPTY": ".*EMPTY" is empty/);
  throws(() => readSecret("FOLDER", options), /is no file/);
  strictEqual(findSecret("KEY", options), undefined);
});

Deno.test("readSecret() refuses names that lead elsewhere", () => {
  for (const name of ["", "../KEY", "a/b", "..", ".hidden", "a\0b", "/etc/passwd"]) {
    throws(() => readSecret(name, { environment: reading({}) }), { name: "TypeError" });
  }
});

Deno.test("readSecret() takes a file of a mebibyte at most", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/KEY`, "x".repeat(1_048_577));
  throws(() => readSecret("KEY", { file: `${folder.path}/KEY` }), /has 1048577 bytes, more than 1048576/);
});
