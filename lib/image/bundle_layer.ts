/** A bundle's files, and the packages of npm that its code leaves out and the runtime has not. */
import { type Bundle, hashOf } from "../bundle/bundle.ts";
import { importedIn } from "../bundle/resolve_imports.ts";
import type { DownloadOptions } from "./download.ts";
import { PATHS } from "./image_paths.ts";
import type { LayerEntry } from "./layer/entry.ts";
import type { LayerRecipe } from "./layer/make_layer.ts";
import { lockedPackages, type LockFile } from "./npm/locked_packages.ts";
import { npmEntries } from "./npm/npm_entries.ts";
import type { NpmRegistry } from "./npm/npm_registry.ts";

/** How the packages are had. */
export interface BundleLayerOptions extends DownloadOptions {
  readonly registry: NpmRegistry;
  /** The lock file of the runtime. */
  readonly lock: LockFile;
  /** What the runtime has, as it stands in imports. */
  readonly held: readonly string[];
}

/** What the layer with a bundle is made of. */
export function bundleRecipe(bundle: Pick<Bundle, "files">, options: BundleLayerOptions): LayerRecipe {
  const files = [...bundle.files].map(([path, bytes]) => [path, hashOf(bytes)]).sort();
  return {
    inputs: ["bundle", JSON.stringify(files), JSON.stringify(options.lock)],
    entries: () => bundleEntries(bundle, options),
  };
}

/**
 * Makes the files.
 *
 * @throws {ImageError} If a package cannot be had, or the bundle's lock file lacks it.
 */
export async function bundleEntries(
  { files }: Pick<Bundle, "files">,
  { lock, held, ...options }: BundleLayerOptions,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [...files].map(([path, bytes]) => ({
    kind: "file",
    path: `${PATHS.bundle}/${path}`,
    bytes,
  }));
  const text = (path: string) => new TextDecoder().decode(files.get(path));
  const specifiers = importedIn(text("code.js")).filter((specifier) => specifier.startsWith("npm:"));
  const lacking = specifiers.filter((specifier) => !held.some((one) => bare(one) === bare(specifier)));
  if (lacking.length === 0) return entries;
  const own = JSON.parse(text("deno.lock")) as LockFile;
  const packages = lockedPackages(lacking, own);
  const both = {
    ...lock,
    specifiers: { ...own.specifiers, ...lock.specifiers },
    npm: { ...own.npm, ...lock.npm },
  };
  return [
    ...entries,
    {
      kind: "file",
      path: `${PATHS.levada}/deno.lock`, // in the place of the runtime's: Deno has one for all
      bytes: new TextEncoder().encode(`${JSON.stringify(both, undefined, 2)}\n`),
    },
    ...await npmEntries(packages, { ...options, denoDir: PATHS.packages }),
  ];
}

/** A specifier without what follows the version. */
function bare(specifier: string): string {
  return /^npm:\/?((?:@[^/]+\/)?[^/]+)/.exec(specifier)?.[1] ?? specifier;
}
