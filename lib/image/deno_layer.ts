/** Deno's program for 64-bit Linux, as npm has it. */
import type { DownloadOptions } from "./download.ts";
import { ImageError } from "./image_error.ts";
import { PATHS } from "./image_paths.ts";
import type { LayerRecipe } from "./layer/make_layer.ts";
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
 * What the layer with Deno is made of.
 *
 * @throws {ImageError} If this version's hash is not known; later, if it cannot be had, or is another than it should be.
 */
export function denoRecipe({ registry, version = Deno.version.deno, ...options }: DenoOptions): LayerRecipe {
  const integrity = Object.hasOwn(INTEGRITY, version) ? INTEGRITY[version] : undefined;
  if (integrity === undefined) {
    const known = Object.keys(INTEGRITY).join(", ");
    throw new ImageError(
      `Cannot take Deno ${version} into an image: its hash is not known. Make the image with Deno ${known}`,
    );
  }
  const one = { name: PACKAGE, version, integrity };
  return {
    inputs: ["deno", integrity],
    async entries() {
      const archive = await fetchPackage(one, registry, options);
      const [program] = await unpackPackage(one, archive, (path) => path === "deno" ? PATHS.deno : undefined);
      if (program?.kind === "file") return [{ ...program, isProgram: true }];
      throw new ImageError(`Cannot take Deno ${version} into an image: its package has no program`);
    },
  };
}
