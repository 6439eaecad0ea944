/** What `levada image` does, once its packages are there. */
import type { Bundle } from "../bundle/bundle.ts";
import { readBundle } from "../bundle/bundle_folder.ts";
import { probeBundle } from "../bundle/describe_function.ts";
import { buildImage, type Built } from "../image/build_image.ts";
import { checkLayoutPlace, writeLayout } from "../image/layout.ts";
import { parseReference, type Reference, tellReference, withDigest } from "../image/reference.ts";
import { pushImage } from "../image/registry/push.ts";
import { checkDockerfilePlace, writeDockerfile } from "../image/write_dockerfile.ts";
import { cacheFolder } from "../stores/cache/cache_folder.ts";
import { type CommandContext, CommandError } from "./command.ts";
import { fit } from "./fit.ts";
import { isBundle } from "./load_bundle.ts";
import { makeBundleOf } from "./write_bundle.ts";

/** What is to be made. */
export interface ImageOfWish {
  /** The notebook, module or bundle; undefined for the runtime. */
  readonly path: string | undefined;
  readonly tag: string | undefined;
  readonly isPushed: boolean;
  readonly output: string | undefined;
  readonly isDockerfile: boolean;
  readonly base: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly export: string | undefined;
  readonly files: readonly string[];
  readonly external: readonly string[];
  readonly isProbed: boolean;
}

const ROOT = new URL("../../", import.meta.url);

/** Makes an image, writes it, pushes it, and tells what it is. */
export async function buildImageOf(wish: ImageOfWish, context: CommandContext): Promise<number> {
  const start = performance.now();
  const given = wish.tag === undefined ? undefined : parseReference(wish.tag); // before anything takes time
  const checkPlace = wish.isDockerfile ? checkDockerfilePlace : checkLayoutPlace;
  if (wish.output !== undefined) await checkPlace(wish.output);
  const created = readEpoch(Deno.env.get("SOURCE_DATE_EPOCH"));
  const bundle = wish.path === undefined ? undefined : await bundleOf(wish.path, wish, context);
  if (wish.path !== undefined && bundle === undefined) return 1; // a cell failed, which has been told
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as { version: string };
  const reference = given ??
    parseReference(bundle === undefined ? `levada/runtime:${version}` : `${nameOf(bundle)}:${bundle.revision}`);
  const output = wish.output ??
    (wish.isPushed ? undefined : `${bundle === undefined ? "runtime" : nameOf(bundle).split("/").at(-1)}-image`);
  if (output !== undefined) await checkPlace(output);
  const { terminal: { out }, signal } = context;
  const line = progressLine(context);
  const env = (name: string) => Deno.env.get(name);
  try {
    const options = { env, signal, onProgress: line.show };
    const built = await buildImage(
      { bundle, base: wish.base, mirror: env("LEVADA_DEBIAN_MIRROR"), version, labels: wish.labels, created },
      { ...options, cache: `${cacheFolder(env)}/image` },
    );
    const place = { name: shortName(reference), blobs: built.blobs, signal, onWait: line.show };
    line.show("writing");
    if (output !== undefined && wish.isDockerfile) {
      await writeDockerfile(built.image, output, { ...place, base: built.base });
    } else if (output !== undefined) await writeLayout(built.image, output, place);
    const pushed = wish.isPushed
      ? await pushImage(built.image, reference, { ...options, blobs: built.blobs })
      : undefined;
    line.hide();
    out(tellLayers(built));
    out(
      `${tellReference(reference)}, ${built.image.descriptor.digest}, in ${
        ((performance.now() - start) / 1_000).toFixed(1)
      } s\n`,
    );
    if (output !== undefined) out(`Written: ${output}${wish.isDockerfile ? "/Dockerfile" : ""}\n`);
    if (pushed === undefined) return 0;
    const bytes = pushed.sent.reduce((sum, { size }) => sum + size, 0);
    const kept = pushed.kept.length === 0 ? "" : `; the registry had ${pushed.kept.length} of its blobs`;
    out(`Pushed: ${withDigest(reference, built.image.descriptor.digest)}, ${inMegabytes(bytes)} MB sent${kept}\n`);
    return 0;
  } finally {
    line.hide();
  }
}

async function bundleOf(path: string, wish: ImageOfWish, context: CommandContext): Promise<Bundle | undefined> {
  if (await isBundle(path)) return await readBundle(path);
  const bundle = (await makeBundleOf({ ...wish, path }, context))?.bundle;
  if (bundle !== undefined && wish.isProbed) await probeBundle(bundle, { signal: context.signal });
  return bundle;
}

/** A function's name as a repository has it. */
function nameOf({ name }: Bundle): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "function";
}

/** As people say it: without Docker Hub where that is meant. */
function shortName(reference: Reference): string {
  return tellReference(reference).replace(/^docker\.io\/(library\/)?/, "");
}

function readEpoch(text: string | undefined): Date | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 40) return new Date(seconds * 1_000);
  throw new CommandError(`Cannot read SOURCE_DATE_EPOCH: it is "${text}", and should be seconds since 1970`);
}

/** What each layer takes: packed, unpacked, and how long it took. */
function tellLayers({ layers, base }: Built): string {
  const rows = [
    ...(base?.layers ?? []).map(({ size }) => ["base", inMegabytes(size), "", "given"]),
    ...layers.map(({ name, descriptor: { size }, plainSize, tookMs, isFound }) => [
      name,
      inMegabytes(size),
      inMegabytes(plainSize),
      `${(tookMs / 1_000).toFixed(1)} s${isFound ? ", packed before" : ""}`,
    ]),
  ];
  const all = [["layer", "MB", "unpacked", "time"], ...rows];
  return all.map(([name, packed, plain, time]) =>
    `  ${name!.padEnd(8)} ${packed!.padStart(8)} ${plain!.padStart(9)}  ${time}\n`
  ).join("");
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** What is done now: a line that is written over where a person looks on, else one for each layer and blob. */
function progressLine({ terminal }: CommandContext): { show(text: string): void; hide(): void } {
  let isShown = false;
  return {
    show(text) {
      if (terminal.isInteractive) {
        terminal.out(`\r\x1b[2K  ${fit(text, terminal.columns - 4)}`);
        isShown = true;
      } else if (/^(layer|sending|waiting) /.test(text)) terminal.out(`  ${text} …\n`);
    },
    hide() {
      if (isShown) terminal.out("\r\x1b[2K");
      isShown = false;
    },
  };
}
