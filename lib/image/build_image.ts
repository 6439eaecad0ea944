/** A bundle, or none → an image: base, Deno, runtime and bundle, each a layer. */
import { join } from "node:path";
import { type Bundle, manifestOf } from "../bundle/bundle.ts";
import { type BaseImage, readBase } from "./base/read_base.ts";
import { BlobStore } from "./blob_store.ts";
import { bundleRecipe } from "./bundle_layer.ts";
import { baseRecipe, USER } from "./debian/base_layer.ts";
import { DEBIAN, type DebianPins } from "./debian/debian_packages.ts";
import { denoRecipe } from "./deno_layer.ts";
import type { RunConfig } from "./descriptor.ts";
import type { DownloadOptions } from "./download.ts";
import { PATHS } from "./image_paths.ts";
import { type Layer, type LayerRecipe, makeLayer } from "./layer/make_layer.ts";
import { type Image, makeImage } from "./make_image.ts";
import { npmRegistry } from "./npm/npm_registry.ts";
import type { RegistryOptions } from "./registry/registry_client.ts";
import { heldSpecifiers, ownLock, runtimeRecipe } from "./runtime_layer.ts";

/** What an image is built of. */
export interface BuildWish {
  /** What it serves. Default: nothing yet, it is the runtime, and what it serves is mounted. */
  readonly bundle?: Bundle | undefined;
  /** What lies lowest: a tarball, a folder or archive of the OCI layout, or an image of a registry. Default: Debian's packages. */
  readonly base?: string | undefined;
  /** Where Debian's packages are fetched. Default: Debian's own archive, and its snapshots. */
  readonly mirror?: string | undefined;
  /** Which packages of Debian. Default: ours. */
  readonly pins?: DebianPins | undefined;
  /** Levada's version. */
  readonly version: string;
  /** What people are told of it, besides what is known. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly created?: Date | undefined;
}

/** How it is built. */
export interface BuildOptions extends DownloadOptions, RegistryOptions {
  /** Variables of the environment. */
  readonly env: (name: string) => string | undefined;
}

/** What came of it. */
export interface Built {
  readonly image: Image;
  readonly blobs: BlobStore;
  /** Those that were made here; what a base brings is not among them. */
  readonly layers: readonly Layer[];
  readonly base: BaseImage | undefined;
}

const PORT = 8080;

/**
 * Builds an image for 64-bit Linux on Intel and AMD, the same bytes each time by the same version of Deno.
 *
 * @throws {ImageError} If something cannot be had, or is another than it should be.
 */
export async function buildImage(wish: BuildWish, options: BuildOptions): Promise<Built> {
  const { cache, signal, onProgress = () => {} } = options;
  const blobs = new BlobStore(join(cache, "blobs"));
  const registry = await npmRegistry(options.env);
  const { bundle, version, pins = DEBIAN } = wish;
  const base = wish.base === undefined ? undefined : await readBase(wish.base, { ...options, blobs });
  const layers: Layer[] = [];
  const add = async (name: string, madeBy: string, recipe: () => LayerRecipe | Promise<LayerRecipe>) => {
    signal?.throwIfAborted();
    onProgress(`layer ${name}`);
    const start = performance.now();
    const layer = await makeLayer({ name, madeBy, ...await recipe() }, { cache, blobs });
    layers.push({ ...layer, tookMs: performance.now() - start });
  };
  if (base === undefined) {
    const told = pins.packages.map(({ name, version }) => `${name}=${version}`).join(" ");
    await add(
      "base",
      `debian ${pins.release.version}: ${told}`,
      () => baseRecipe({ ...options, pins, mirror: wish.mirror }),
    );
  }
  await add("deno", `deno ${Deno.version.deno}`, () => denoRecipe({ ...options, registry }));
  await add("runtime", `levada ${version}`, () => runtimeRecipe({ ...options, registry }));
  if (bundle !== undefined) {
    const told = `levada image ${bundle.name}, revision ${bundle.revision}`;
    await add(
      "bundle",
      told,
      async () => bundleRecipe(bundle, { ...options, registry, lock: await ownLock(), held: await heldSpecifiers() }),
    );
  }
  const image = await makeImage({ base, layers, run: runConfig(wish), created: wish.created }, blobs);
  return { image, blobs, layers, base };
}

/** How the image is run: its entry point is the command line, its command what that does. */
function runConfig({ bundle, version, labels = {} }: BuildWish): RunConfig {
  const title = bundle?.name ?? "levada/runtime";
  return {
    User: `${USER}:${USER}`,
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    Env: [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/home/nonroot",
      `DENO_DIR=/${PATHS.packages}`,
      "DENO_NO_UPDATE_CHECK=1",
      "DENO_NO_PROMPT=1",
      "LEVADA_STATE=/tmp/levada", // the one place that everybody may write to
      "LEVADA_CACHE=/tmp/levada-cache",
    ],
    Entrypoint: [
      `/${PATHS.deno}`,
      "run",
      "--cached-only",
      "--allow-all",
      `--config=/${PATHS.levada}/deno.json`,
      `/${PATHS.program}`,
    ],
    Cmd: bundle === undefined ? ["--help"] : ["serve", `/${PATHS.bundle}`, "--host", "0.0.0.0", "--port", String(PORT)],
    WorkingDir: bundle === undefined ? "/" : `/${PATHS.bundle}`,
    StopSignal: "SIGTERM",
    Labels: {
      "org.opencontainers.image.title": title,
      "org.opencontainers.image.version": bundle === undefined ? version : bundle.revision,
      ...bundle === undefined ? {} : { "org.opencontainers.image.revision": bundle.revision },
      "levada.version": version,
      "levada.deno": Deno.version.deno,
      ...bundle === undefined ? {} : { "levada.bundle.levada": manifestOf(bundle).versions["levada"] ?? "" },
      ...labels,
    },
  };
}
