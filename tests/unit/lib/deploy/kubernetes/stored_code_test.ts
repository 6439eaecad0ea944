import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { type Bundle, hashOf, MANIFEST, revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { codeNote, storeCode, storedCode } from "../../../../../lib/deploy/kubernetes/stored_code.ts";
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

Deno.test("storedCode() names a place that no other code ever has, and the whole hash of what lies there", async () => {
  const shop = bundle("1");
  const sha256 = hashOf(await packBundle(shop));
  const file = `shop-${shop.revision}-${sha256.slice(0, 12)}.tar.gz`;
  deepStrictEqual(await storedCode("try", shop, "s3://b/code/"), { kind: "store", url: `s3://b/code/${file}`, sha256 });
  const signed = await storedCode("try", shop, "https://a/code/?${SIGNATURE}");
  strictEqual(signed.url, `https://a/code/${file}?\${SIGNATURE}`);
  await rejects(
    storedCode("try", shop, "./here/"),
    /^DeployError: Cannot try: bundleUrl is \.\/here\/, and pods fetch/,
  );
});

Deno.test("storeCode() uploads a bundle once, and again where something else lies there", async () => {
  await using store = serveStore();
  const [one, other] = [bundle("1"), bundle("2")];
  const { url } = await storedCode("try", one, store.url);
  await storeCode("try", one, url);
  await storeCode("try", one, url);
  deepStrictEqual(store.writes, [new URL(url).pathname]);
  await storeCode("try", other, url);
  deepStrictEqual(await (await fetch(url)).bytes(), await packBundle(other));
});

Deno.test("codeNote() says how the code travels", () => {
  const note = (code: Parameters<typeof codeNote>[0]["code"]) => codeNote({ ...aRelease(), code });
  strictEqual(note({ kind: "image", folder: "/b" }), "the code travels by /b of the image levada/runtime:1");
  strictEqual(note({ kind: "store", url: "s3://a/b?key=1" }), "the code travels by s3://a/b?…");
  strictEqual(note({ kind: "config", archive: "" }), "the code travels by ConfigMap shop-0123456789ab");
});
