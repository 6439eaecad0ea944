import { deepStrictEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { type Bundle, hashOf, MANIFEST, revisionOf } from "../../../../lib/bundle/bundle.ts";
import { readBundle, writeBundle } from "../../../../lib/bundle/bundle_folder.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** A bundle of a file. */
function small(text: string): Bundle {
  const code = new TextEncoder().encode(text);
  const manifest = {
    levada: "bundle/1",
    name: "small",
    function: {},
    versions: {},
    files: { "a/code.js": hashOf(code) },
  };
  const files = new Map([
    ["a/code.js", code],
    [MANIFEST, new TextEncoder().encode(JSON.stringify(manifest))],
  ]);
  return { name: "small", revision: revisionOf(files), files };
}

function byName({ name, revision, files }: Bundle) {
  return { name, revision, files: Object.fromEntries([...files].map(([path, bytes]) => [path, [...bytes]])) };
}

Deno.test("readBundle() gives what writeBundle() was given, also over an older one, and no file besides", async () => {
  await using folder = await temporaryFolder();
  await writeBundle(small("old"), folder.path);
  await Deno.writeTextFile(join(folder.path, "log.txt"), "written by the function");
  await writeBundle(small("new"), folder.path);
  deepStrictEqual(byName(await readBundle(folder.path)), byName(small("new")));
});

Deno.test("readBundle() refuses files that are missing or were changed, and folders without a bundle", async () => {
  await using folder = await temporaryFolder();
  await rejects(
    readBundle(folder.path),
    /it has no function\.json of a bundle\. Give a folder that `levada bundle` wrote/,
  );
  await writeBundle(small("code"), folder.path);
  await Deno.writeTextFile(join(folder.path, "a/code.js"), "other");
  await rejects(readBundle(folder.path), /a\/code\.js was changed\. Bundle it again/);
  await Deno.remove(join(folder.path, "a/code.js"));
  await rejects(readBundle(folder.path), /a\/code\.js is missing/);
  await Deno.writeTextFile(join(folder.path, MANIFEST), '{"levada": "bundle/1", "name": "x", "files": {"../x": "0"}}');
  await rejects(readBundle(folder.path), /\.\.\/x is missing/);
});

Deno.test("writeBundle() leaves a folder alone that holds something else", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "thesis.txt"), "years of work");
  await rejects(writeBundle(small("code"), folder.path), /it holds other files\. Give a folder/);
  await Deno.writeTextFile(join(folder.path, MANIFEST), '{"bindings": []}'); // Azure calls its own so
  await rejects(writeBundle(small("code"), folder.path), /its function\.json is none of a bundle\. Give a folder/);
  deepStrictEqual(await Deno.readTextFile(join(folder.path, MANIFEST)), '{"bindings": []}');
});
