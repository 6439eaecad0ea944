/** An image of a few bytes, in a store of its own. */
import { join } from "node:path";
import { BlobStore } from "../../lib/image/blob_store.ts";
import { makeLayer } from "../../lib/image/layer/make_layer.ts";
import { type Image, makeImage } from "../../lib/image/make_image.ts";

/** Makes one in a folder; its layers have these texts. */
export async function smallImage(
  folder: string,
  texts: readonly string[] = ["one", "two"],
): Promise<{ readonly image: Image; readonly blobs: BlobStore }> {
  const blobs = new BlobStore(join(folder, "blobs"));
  const layers = [];
  for (const text of texts) {
    const entries = [{ kind: "file" as const, path: text.slice(0, 10), bytes: new TextEncoder().encode(text) }];
    layers.push(
      await makeLayer({ name: text.slice(0, 10), madeBy: "a test", inputs: [text], entries: () => entries }, {
        cache: folder,
        blobs,
      }),
    );
  }
  const run = { Env: ["NAME=value"], Cmd: ["serve"], Labels: { title: "small" } };
  return { image: await makeImage({ layers, run }, blobs), blobs };
}
