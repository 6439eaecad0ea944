/** An image as a Dockerfile with its layers beside it, for who has to build by their own tool: the same files, and run the same way. */
import { join } from "node:path";
import { hashOf } from "../bundle/bundle.ts";
import type { BaseImage } from "./base/read_base.ts";
import { type BlobStore, writeWhole } from "./blob_store.ts";
import { findRemoval } from "./layer/find_removal.ts";
import { aloneIn, HOLDER, type HoldOptions } from "./hold_folder.ts";
import { ImageError } from "./image_error.ts";
import { holdsOthers, namesIn } from "./layout.ts";
import type { Image } from "./make_image.ts";

const DOCKERFILE = "Dockerfile";
const MARK = "# Written by `levada image --dockerfile`";
const LAYER = /^layer-\d+\.tar\.gz$/;
const ACT = "write a Dockerfile to";

/** What it is written of, and how it waits. */
export interface DockerfileParts extends HoldOptions {
  readonly blobs: BlobStore;
  readonly base?: BaseImage | undefined;
}

/**
 * Writes the folder, which is not there, empty, or was written so before: then its layers are replaced, other files stay.
 *
 * Its base is named where others find it, else its layers stand there too.
 *
 * @throws {ImageError} If the folder holds another Dockerfile, one that somebody has changed, or other files, or a layer of the base removes files of those below, which no Dockerfile can say.
 */
export async function writeDockerfile(
  image: Image,
  folder: string,
  { blobs, base, ...options }: DockerfileParts,
): Promise<void> {
  for (const { digest } of base?.place === undefined ? base?.layers ?? [] : []) {
    const removed = await findRemoval(`${ACT} ${folder}`, await blobs.stream(digest));
    if (removed === undefined) continue;
    throw new ImageError(
      `Cannot ${ACT} ${folder}: the base removes ${removed} of a layer below, which it cannot say. Push the base to a registry, and give its name there: --base NAME`,
    );
  }
  const count = image.manifest.layers.length - (base?.place === undefined ? 0 : base.layers.length);
  await aloneIn(`${ACT} ${folder}`, folder, {
    ...options,
    check: (isLeft) => checkFolder(folder, { isLeft, count }),
    write: async (earlier) => {
      for (const name of earlier) await Deno.remove(join(folder, name)).catch(() => {});
      await writeParts(image, folder, { blobs, base });
    },
  });
}

/**
 * Looks whether `writeDockerfile` may write there, before an image is made.
 *
 * @throws {ImageError} If not.
 */
export async function checkDockerfilePlace(folder: string): Promise<void> {
  await checkFolder(folder, { isLeft: await Deno.stat(join(folder, HOLDER)).then(() => true, () => false), count: 0 });
}

/** The layers that were written there before; who has begun and not come to an end may have written more. */
async function checkFolder(
  folder: string,
  { isLeft, count }: { readonly isLeft: boolean; readonly count: number },
): Promise<readonly string[]> {
  const names = await namesIn(folder, ACT, "the layers lie beside the Dockerfile");
  if (!names.includes(DOCKERFILE)) {
    const isOwn = (name: string) => LAYER.test(name) || name.endsWith(".part");
    if (names.length === 0 || isLeft && names.every(isOwn)) return [];
    throw holdsOthers(folder, ACT, names);
  }
  const lines = (await Deno.readTextFile(join(folder, DOCKERFILE))).split(/\r?\n/);
  if (!lines[0]!.startsWith(MARK)) {
    throw new ImageError(
      `Cannot ${ACT} ${folder}: it has a Dockerfile that \`levada image\` has not written. Give a folder of its own: -o FOLDER`,
    );
  }
  const [, written] = / sha256:([0-9a-f]{64})\s*$/.exec(lines[0]!) ?? []; // an earlier Levada wrote none
  if (written !== undefined && written !== hashOfLines(lines.slice(1))) {
    throw new ImageError(
      `Cannot ${ACT} ${folder}: somebody has changed the Dockerfile that \`levada image\` wrote there. Give another folder: -o FOLDER`,
    );
  }
  const earlier = lines.flatMap((line) => /^ADD (\S+) \/$/.exec(line)?.[1] ?? []).filter((name) => LAYER.test(name));
  const wished = Array.from({ length: isLeft ? 0 : count }, (_, index) => layerName(index));
  const others = wished.filter((name) => names.includes(name) && !earlier.includes(name));
  if (others.length > 0) throw holdsOthers(folder, ACT, others);
  return earlier;
}

/** What tells whether somebody has changed them. */
function hashOfLines(lines: readonly string[]): string {
  return hashOf(new TextEncoder().encode(lines.join("\n")));
}

function layerName(index: number): string {
  return `layer-${index + 1}.tar.gz`;
}

async function writeParts(
  { manifest, config }: Image,
  folder: string,
  { blobs, base }: Pick<DockerfileParts, "blobs" | "base">,
): Promise<void> {
  const added: string[] = [];
  const own = manifest.layers.slice(base?.place === undefined ? 0 : base.layers.length);
  for (const [index, { digest }] of own.entries()) {
    const name = layerName(index);
    await writeWhole(join(folder, name), await blobs.read(digest));
    added.push(`ADD ${name} /`);
  }
  const { User, ExposedPorts = {}, Env = [], Entrypoint = [], Cmd = [], WorkingDir, Labels = {}, StopSignal } =
    config.config ?? {};
  const lines = [
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
    "",
  ];
  const first = `${MARK}: the layers are what \`levada image\` makes. sha256:${hashOfLines(lines)}`;
  await writeWhole(join(folder, DOCKERFILE), new TextEncoder().encode([first, ...lines].join("\n")));
}

/** A word as Dockerfiles have it: nothing in it means more than itself. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, "\\$&").replace(/\r?\n/g, " ")}"`;
}
