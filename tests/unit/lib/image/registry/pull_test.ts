import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BlobStore } from "../../../../../lib/image/blob_store.ts";
import { digestOf } from "../../../../../lib/image/descriptor.ts";
import { encode, manifestBytes } from "../../../../../lib/image/make_image.ts";
import { pullImage } from "../../../../../lib/image/registry/pull.ts";
import { serveAnswers } from "../../../../support/served_answers.ts";
import { smallImage } from "../../../../support/small_image.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("pullImage() chooses its machine's image out of a list, and checks each blob", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const platform = { os: "linux", architecture: "amd64" };
  const other = {
    ...image.descriptor,
    digest: digestOf(new Uint8Array([1])),
    platform: { os: "linux", architecture: "arm64" },
  };
  const list = encode({ schemaVersion: 2, manifests: [other, { ...image.descriptor, platform }] });
  let damaged = "";
  await using server = serveAnswers(async (_, { pathname }) => {
    const name = pathname.split("/").at(-1)!;
    if (name === damaged) return new Response("damaged");
    if (pathname.endsWith("/manifests/1")) return new Response(list);
    if (name === image.descriptor.digest) return new Response(manifestBytes(image));
    return new Response(await blobs.read(name as `sha256:${string}`));
  });
  const reference = { registry: server.host, repository: "team/small", tag: "1" };
  const pull = async (into: string, tag = "1") =>
    await pullImage({ ...reference, tag }, { blobs: new BlobStore(join(folder.path, into)), env: () => undefined });
  const pulled = await pull("first");
  deepStrictEqual([pulled.descriptor.digest, pulled.manifest], [image.descriptor.digest, image.manifest]);
  const asked = server.asked.length;
  await pull("first");
  strictEqual(server.asked.length, asked + 2); // the list and the manifest: the blobs are there
  for (const digest of [image.manifest.layers[0]!.digest, image.descriptor.digest]) {
    damaged = digest;
    await rejects(pull(`second ${digest}`), {
      name: "ImageError",
      message: new RegExp(`${digest} is another: its 7 bytes are`),
    });
  }
});
