import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { hashOf, MANIFEST, revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { fetchBundle } from "../../../../../lib/cli/serving/fetch_bundle.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const CODE = bytes("export default 1;");
const MANIFESTED = bytes(
  JSON.stringify({ levada: "bundle/1", name: "shop", files: { "code.js": hashOf(CODE) } }),
);
const FILES = new Map([[MANIFEST, MANIFESTED], ["code.js", CODE]]);
const REVISION = revisionOf(FILES);
const CHANGED = new Map([[MANIFEST, MANIFESTED], ["code.js", bytes("evil();")]]);

/** A place with what may lie there. */
async function withStore(work: (url: string, output: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const there: Record<string, Uint8Array<ArrayBuffer>> = {
    "/bundle": await packBundle({ files: FILES }),
    "/changed": await packBundle({ files: CHANGED }),
    "/empty": await packBundle({ files: new Map([[MANIFEST, bytes("{}")]]) }),
    "/text": bytes("no archive"),
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const body = there[pathname];
    return body === undefined ? new Response(null, { status: 404 }) : new Response(body);
  });
  await work(`http://127.0.0.1:${server.addr.port}`, join(folder.path, "bundle.tar.gz"));
  const left = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  strictEqual(left.some((name) => name.endsWith(".part")), false);
}

Deno.test("fetchBundle() keeps what is the revision; nothing, no bundle, another, and one with a changed file are told, and leave no file", async () => {
  await withStore(async (url, output) => {
    const refused = async (path: string, revision: string, name: string, message: RegExp) => {
      await rejects(fetchBundle(`${url}${path}`, { revision, output }), { name, message });
      await rejects(Deno.stat(output), Deno.errors.NotFound);
    };
    await refused("/none", REVISION, "CommandError", /^Cannot read .*\/none.*404/);
    await refused("/text", REVISION, "BundleError", /it is no bundle as \.tar\.gz/);
    await refused("/empty", hashOf(bytes("{}")).slice(0, 12), "BundleError", /it has no function\.json of a bundle/);
    await refused("/changed", REVISION, "BundleError", /code\.js was changed/);
    const other = "0123456789ab";
    await refused("/bundle", other, "CommandError", /^Cannot fetch http.*: it has revision [0-9a-f]{12}, and 0123/);
    match(
      await fetchBundle(`${url}/bundle`, { revision: REVISION, output }),
      new RegExp(`^Fetched http.*, revision ${REVISION}, \\d+ bytes`),
    );
    deepStrictEqual(await Deno.readFile(output), await packBundle({ files: FILES }));
  });
});

Deno.test("fetchBundle() holds the archive against its whole hash, and tells that it cannot be kept", async () => {
  await withStore(async (url, output) => {
    const sha256 = hashOf(await packBundle({ files: FILES }));
    await rejects(fetchBundle(`${url}/changed`, { revision: REVISION, sha256, output }), {
      name: "CommandError",
      message: new RegExp(
        `^Cannot fetch http.*: it has SHA-256 [0-9a-f]{64}, and the one of revision ${REVISION} has ${sha256}`,
      ),
    });
    await rejects(Deno.stat(output), Deno.errors.NotFound);
    await rejects(fetchBundle(`${url}/bundle`, { revision: REVISION, sha256, output: `${output}/none` }), {
      name: "CommandError",
      message: /^Cannot fetch http.*: it cannot be kept: .*(No such file|not found)/i,
    });
    await Deno.symlink("/dev/full", `${output}.part`); // the disk is full
    await rejects(fetchBundle(`${url}/bundle`, { revision: REVISION, sha256, output }), {
      name: "CommandError",
      message: /^Cannot fetch http.*: it cannot be kept: .*No space left/,
    });
    await rejects(Deno.stat(output), Deno.errors.NotFound);
    await fetchBundle(`${url}/bundle`, { revision: REVISION, sha256, output });
    strictEqual(hashOf(await Deno.readFile(output)), sha256);
  });
});
