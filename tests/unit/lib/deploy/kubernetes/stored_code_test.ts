import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { type Bundle, MANIFEST, revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { checkStored, codeNote, storeCode, storedUrl } from "../../../../../lib/deploy/kubernetes/stored_code.ts";
import { aRelease } from "../../../../support/a_release.ts";

function bundle(text: string): Bundle {
  const manifest = { levada: "bundle/1", name: text, files: {} };
  const files = new Map([[MANIFEST, new TextEncoder().encode(JSON.stringify(manifest))]]);
  return { name: "shop", revision: revisionOf(files), files };
}

/** A store by http: PUT, GET. */
function serveStore(): { url: string; writes: string[] } & AsyncDisposable {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const writes: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      writes.push(pathname);
      kept.set(pathname, await request.bytes());
      return new Response();
    }
    const bytes = kept.get(pathname);
    return bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    writes,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("storedUrl() names each revision in a folder, takes another URL as it is, and refuses what pods do not reach and passwords", () => {
  const shop = { name: "shop", revision: "0123456789ab" };
  strictEqual(storedUrl("try", shop, "s3://b/code/"), "s3://b/code/shop-0123456789ab.tar.gz");
  strictEqual(storedUrl("try", shop, "gs://b/shop.tar.gz"), "gs://b/shop.tar.gz");
  strictEqual(storedUrl("try", shop, "https://${USER}:${PASSWORD}@a/b"), "https://${USER}:${PASSWORD}@a/b");
  throws(() => storedUrl("try", shop, "./here/"), /^DeployError: Cannot try: bundleUrl is \.\/here\/, and pods fetch/);
  throws(() => storedUrl("try", shop, "https://ann:pass@a/b"), (error: Error) => {
    strictEqual(error.message.includes("ann:"), false);
    return /has a password in it\. Say its name/.test(error.message);
  });
});

Deno.test("storeCode() uploads a bundle once; checkStored() tells what lies there else", async () => {
  await using store = serveStore();
  const [one, other] = [bundle("1"), bundle("2")];
  const url = storedUrl("try", one, store.url);
  await rejects(checkStored("try", one, url), /^DeployError: Cannot try: cannot read .*404/);
  await storeCode("try", one, url);
  await storeCode("try", one, url);
  deepStrictEqual(store.writes, [`/shop-${one.revision}.tar.gz`]);
  await checkStored("try", one, url);
  await rejects(checkStored("try", other, url), { message: /has revision \w+, and it is to be \w+\. Give a folder/ });
  await storeCode("try", other, url); // something else lay there
  await checkStored("try", other, url);
  deepStrictEqual((await (await fetch(url)).bytes()).length, (await packBundle(other)).length);
});

Deno.test("codeNote() says how the code travels", () => {
  const note = (code: Parameters<typeof codeNote>[0]["code"]) => codeNote({ ...aRelease(), code });
  strictEqual(note({ kind: "image", folder: "/b" }), "the code travels by /b of the image levada/runtime:1");
  strictEqual(note({ kind: "store", url: "s3://a/b?key=1" }), "the code travels by s3://a/b?…");
  strictEqual(note({ kind: "config", archive: "" }), "the code travels by ConfigMap shop-0123456789ab");
});
