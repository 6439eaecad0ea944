/** Packages of npm → files as Deno's cache has them, without what no program on the image's machine reads. */
import { download, type DownloadOptions } from "../download.ts";
import type { LayerEntry } from "../layer/entry.ts";
import { gunzip } from "../layer/gzip.ts";
import { readTar } from "../layer/read_tar.ts";
import type { NeededPackage } from "./locked_packages.ts";
import type { NpmRegistry } from "./npm_registry.ts";

/** Where Deno looks for packages of npm's own registry, below DENO_DIR. */
const FOLDER = "npm/registry.npmjs.org";
/** Declarations and maps are for who develops; programs of other systems come with onnxruntime-node. */
const LEFT_OUT = /\.map$|\.d\.[mc]?ts$|^bin\/napi-v\d+\/(darwin|win32|linux\/arm64)\//;

/** How packages are had. */
export interface NpmOptions extends DownloadOptions {
  readonly registry: NpmRegistry;
  /** DENO_DIR in the image, without a `/` before it. */
  readonly denoDir: string;
}

/**
 * Fetches packages.
 *
 * @throws {ImageError} If one cannot be had, or is another than the lock file says.
 */
export async function npmEntries(
  packages: readonly NeededPackage[],
  { registry, denoDir, ...options }: NpmOptions,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const one of packages) {
    const { name, version } = one;
    const below = `${denoDir}/${FOLDER}/${name}/${version}`;
    const archive = await fetchPackage(one, registry, options);
    const isForMusl = name.endsWith("-musl"); // the lock file does not tell: Deno wants the folder, and nobody its program
    entries.push(
      ...await unpackPackage(
        one,
        archive,
        (path) => LEFT_OUT.test(path) || isForMusl && path !== "package.json" ? undefined : `${below}/${path}`,
      ),
    );
  }
  return entries;
}

/** Fetches the archive of a package. */
export async function fetchPackage(
  { name, version, integrity }: NeededPackage,
  { url, headers }: NpmRegistry,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = `${name.split("/").at(-1)}-${version}.tgz`;
  return await download(
    { name: `${name} ${version}`, urls: [`${url}/${name}/-/${file}`], integrity, headers },
    options,
  );
}

/** Reads the archive of a package, whose files lie in one folder of any name. */
export async function unpackPackage(
  { name, version }: Pick<NeededPackage, "name" | "version">,
  archive: Uint8Array<ArrayBuffer>,
  place: (path: string) => string | undefined,
): Promise<LayerEntry[]> {
  const act = `read the package ${name} ${version}`;
  const tar = await gunzip(act, archive);
  return await readTar(tar, {
    act,
    place: (path) => path.includes("/") ? place(path.slice(path.indexOf("/") + 1)) : undefined,
  });
}
