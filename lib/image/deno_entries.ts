/** Deno's program for 64-bit Linux, as npm has it. */
import type { DownloadOptions } from "./download.ts";
import { ImageError } from "./image_error.ts";
import { PATHS } from "./image_paths.ts";
import type { LayerEntry } from "./layer/entry.ts";
import { fetchPackage, unpackPackage } from "./npm/npm_entries.ts";
import type { NpmRegistry } from "./npm/npm_registry.ts";

const PACKAGE = "@deno/linux-x64-glibc";
/** Known versions, each with the hash of its package. */
const INTEGRITY: Readonly<Record<string, string>> = {
  "2.9.6": "sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==",
};

/** How it is had. */
export interface DenoOptions extends DownloadOptions {
  readonly registry: NpmRegistry;
  /** Default: the version that runs. */
  readonly version?: string | undefined;
}

/**
 * Fetches it.
 *
 * @throws {ImageError} If it cannot be had, is another than it should be, or this version's hash is not known.
 */
export async function denoEntries(
  { registry, version = Deno.version.deno, ...options }: DenoOptions,
): Promise<LayerEntry[]> {
  const integrity = Object.hasOwn(INTEGRITY, version) ? INTEGRITY[version] : undefined;
  if (integrity === undefined) {
    const known = Object.keys(INTEGRITY).join(", ");
    throw new ImageError(
      `Cannot take Deno ${version} into an image: its hash is not known. Make the image with Deno ${known}`,
    );
  }
  const one = { name: PACKAGE, version, integrity };
  const archive = await fetchPackage(one, registry, options);
  const entries = await unpackPackage(one, archive, (path) => path === "deno" ? PATHS.deno : undefined);
  const [program] = entries;
  if (program?.kind !== "file") {
    throw new ImageError(`Cannot take Deno ${version} into an image: its package has no program`);
  }
  return [{ ...program, isProgram: true }];
}
