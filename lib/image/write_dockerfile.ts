/** An image as a Dockerfile with its layers beside it, for who has to build by their own tool: the same files, and run the same way. */
import { join } from "node:path";
import type { BaseImage } from "./base/read_base.ts";
import { type BlobStore, writeWhole } from "./blob_store.ts";
import { findRemoval } from "./layer/find_removal.ts";
import { ImageError } from "./image_error.ts";
import type { Image } from "./make_image.ts";

const DOCKERFILE = "Dockerfile";

/**
 * Writes the folder, which is not there, empty, or was written so before.
 *
 * Its base is named where others find it, else its layers stand there too.
 *
 * @throws {ImageError} If the folder holds other files, or a layer of the base removes files of those below, which no Dockerfile can say.
 */
export async function writeDockerfile(
  { manifest, config }: Image,
  folder: string,
  { blobs, base }: { blobs: BlobStore; base?: BaseImage | undefined },
): Promise<void> {
  const names: string[] = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  if (names.length > 0 && !names.includes(DOCKERFILE)) {
    throw new ImageError(
      `Cannot write a Dockerfile to ${folder}: it holds other files. Give a folder that is not there yet, or is empty`,
    );
  }
  for (const name of names.filter((one) => /^layer-\d+\.tar\.gz$/.test(one))) await Deno.remove(join(folder, name));
  const added: string[] = [];
  for (const { digest } of base?.place === undefined ? base?.layers ?? [] : []) {
    const removed = await findRemoval(`write a Dockerfile to ${folder}`, await blobs.stream(digest));
    if (removed === undefined) continue;
    throw new ImageError(
      `Cannot write a Dockerfile to ${folder}: the base removes ${removed} of a layer below, which it cannot say. Push the base to a registry, and give its name there: --base NAME`,
    );
  }
  const own = manifest.layers.slice(base?.place === undefined ? 0 : base.layers.length);
  for (const [index, { digest }] of own.entries()) {
    const name = `layer-${index + 1}.tar.gz`;
    await writeWhole(join(folder, name), await blobs.read(digest));
    added.push(`ADD ${name} /`);
  }
  const { User, ExposedPorts = {}, Env = [], Entrypoint = [], Cmd = [], WorkingDir, Labels = {}, StopSignal } =
    config.config ?? {};
  const lines = [
    "# Written by `levada image --dockerfile`: the layers are what `levada image` makes.",
    `FROM ${base?.place ?? "scratch"}`,
    ...added, // archives are unpacked by ADD
    ...Object.entries(Labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`),
    ...Env.map((line) => `ENV ${line.split("=")[0]}=${quoted(line.slice(line.indexOf("=") + 1))}`),
    ...Object.keys(ExposedPorts).map((port) => `EXPOSE ${port}`),
    ...WorkingDir === undefined ? [] : [`WORKDIR ${WorkingDir}`],
    ...User === undefined ? [] : [`USER ${User}`],
    ...StopSignal === undefined ? [] : [`STOPSIGNAL ${StopSignal}`],
    `ENTRYPOINT ${JSON.stringify(Entrypoint)}`,
    `CMD ${JSON.stringify(Cmd)}`,
  ];
  await writeWhole(join(folder, DOCKERFILE), new TextEncoder().encode(`${lines.join("\n")}\n`));
}

/** A word as Dockerfiles have it: nothing in it means more than itself. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, "\\$&").replace(/\r?\n/g, " ")}"`;
}
