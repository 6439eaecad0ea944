import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { chooseImage, layersOf, parseConfig, parseManifest } from "../../../../../lib/image/base/parse_manifest.ts";
import { MEDIA } from "../../../../../lib/image/descriptor.ts";
import { encode } from "../../../../../lib/image/make_image.ts";

const digest = `sha256:${"a".repeat(64)}`;
const layer = { mediaType: MEDIA.layer, digest, size: 1 };
const MANIFEST = { schemaVersion: 2, config: { ...layer, mediaType: MEDIA.config }, layers: [layer] };
const CONFIG = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [digest] } };
const HOSTILE: readonly unknown[] = [null, [], 7, "text", {}, { schemaVersion: 1 }, { __proto__: null, layers: {} }];

Deno.test("parseManifest() and parseConfig() take what is one, and refuse what others may send", () => {
  deepStrictEqual(parseManifest("try", encode(MANIFEST)), MANIFEST);
  deepStrictEqual(parseConfig("try", encode(CONFIG)), CONFIG);
  for (
    const broken of [
      new Uint8Array(),
      new TextEncoder().encode("{"),
      new Uint8Array([0xff, 0xfe]),
      ...HOSTILE.map(encode),
    ]
  ) {
    throws(() => parseManifest("try", broken), { name: "ImageError", message: /^Cannot try: / });
    throws(() => parseConfig("try", broken), { name: "ImageError", message: /^Cannot try: / });
  }
  const wrong = [
    { ...MANIFEST, config: undefined },
    { ...MANIFEST, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] },
    { ...MANIFEST, layers: [{ ...layer, size: -1 }] },
    { ...MANIFEST, layers: [{ ...layer, mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar" }] },
    { ...MANIFEST, layers: Array(201).fill(layer) },
  ];
  for (const one of wrong) throws(() => parseManifest("try", encode(one)), { name: "ImageError" });
  throws(() => parseConfig("try", encode({ ...CONFIG, architecture: "arm64" })), {
    message: "Cannot try: it is for linux/arm64, and should be for linux/amd64",
  });
  throws(() => parseConfig("try", encode({ ...CONFIG, rootfs: { diff_ids: ["x"] } })), {
    message: /does not say its layers/,
  });
});

Deno.test("chooseImage() takes the one for linux/amd64, or says which there are", () => {
  const of = (os: string, architecture: string) => ({ ...layer, platform: { os, architecture } });
  strictEqual(chooseImage("try", encode(MANIFEST)), undefined);
  deepStrictEqual(
    chooseImage("try", encode({ manifests: [of("linux", "arm64"), of("linux", "amd64")] })),
    of("linux", "amd64"),
  );
  deepStrictEqual(chooseImage("try", encode({ manifests: [layer] })), layer);
  throws(() => chooseImage("try", encode({ manifests: [of("linux", "arm64"), null, 7] })), {
    message: "Cannot try: it has no image for linux/amd64, only linux/arm64",
  });
  throws(() => chooseImage("try", encode({ manifests: {} })), { message: /only nothing/ });
});

Deno.test("layersOf() holds layers and diff_ids against each other, and names Docker's layers as OCI does", () => {
  const docker = { ...layer, mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" };
  const of = (layers: readonly unknown[], ids: readonly unknown[]) =>
    layersOf(
      "try",
      parseManifest("try", encode({ ...MANIFEST, layers })),
      parseConfig("try", encode({ ...CONFIG, rootfs: { diff_ids: ids } })),
    );
  deepStrictEqual(of([docker, layer], [digest, digest]), [layer, layer]);
  throws(() => of([layer], [digest, digest]), {
    name: "ImageError",
    message: "Cannot try: its manifest has 1 layers, and its configuration 2",
  });
});
