import { deepStrictEqual, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { bundleEntries } from "../../../../lib/image/bundle_layer.ts";
import { gzip } from "../../../../lib/image/layer/gzip.ts";
import { writeTar } from "../../../../lib/image/layer/write_tar.ts";
import { serveAnswers } from "../../../support/served_answers.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("bundleEntries() brings the packages that the code leaves out and the runtime has not, also where its lock file knows them", async () => {
  await using cache = await temporaryFolder();
  const archive = await gzip(await writeTar("try", [{ kind: "file", path: "package/index.js", bytes: bytes("1") }]));
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  await using server = serveAnswers(() => new Response(archive));
  const lock = { version: "5", specifiers: { "npm:mine@1.0.0": "1.0.0" }, npm: { "mine@1.0.0": { integrity } } };
  const code = `import a from "npm:mine@1.0.0/deep";\nimport b from "npm:held@2.0.0";
console.log("npm:left-pad@1", a, b, () => import("npm:mine@1.0.0")); // import "npm:other@1"`;
  const files = new Map([["code.js", bytes(code)], ["deno.lock", bytes(JSON.stringify(lock))]]);
  const options = { cache: cache.path, registry: { url: `http://${server.host}`, headers: {} }, lock };
  const paths = (await bundleEntries({ files }, { ...options, held: ["npm:held@2.0.0/part"] })).map(({ path }) => path);
  deepStrictEqual(paths, [
    "bundle/code.js",
    "bundle/deno.lock",
    "levada/deno.lock",

    "levada/packages/npm/registry.npmjs.org/mine/1.0.0/",
    "levada/packages/npm/registry.npmjs.org/mine/1.0.0/index.js",
  ]);
  deepStrictEqual(server.asked, ["GET /mine/-/mine-1.0.0.tgz"]);
  await rejects(bundleEntries({ files }, { ...options, held: [] }), {
    name: "ImageError",
    message: /Cannot find held@2.0.0, which npm:held@2.0.0 needs/,
  });
});
