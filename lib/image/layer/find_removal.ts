import { describeThrown } from "../../errors.ts";
import { ImageError } from "../image_error.ts";
import { loadTar } from "./tar_package.ts";

const REMOVAL = /(^|\/)\.wh\.([^/]+)$/; // image-spec 1.1, layer.md, "Whiteouts"

/**
 * The first file of layers below that a layer removes; undefined where it removes none.
 *
 * @throws {ImageError} If it is no gzipped tar.
 */
export async function findRemoval(
  act: string,
  layer: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string | undefined> {
  const { createTarDecoder } = await loadTar();
  try {
    for await (const entry of layer.pipeThrough(new DecompressionStream("gzip")).pipeThrough(createTarDecoder())) {
      const [, , removed] = REMOVAL.exec(entry.header.name) ?? [];
      if (removed !== undefined) return entry.header.name.replace(".wh.", "").replace(/\.wh\.opq$/, "*");
      await entry.body.cancel();
    }
    return undefined;
  } catch (error) {
    throw new ImageError(`Cannot ${act}: a layer of the base is broken: ${describeThrown(error).message}`, {
      cause: error,
    });
  }
}
