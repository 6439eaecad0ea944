/** Levada as JavaScript, with the packages that it asks for when it needs them: nothing is fetched when a container starts. */
import { libraryConfig, programFiles } from "../bundle/runtime.ts";
import type { DownloadOptions } from "./download.ts";
import { PATHS } from "./image_paths.ts";
import type { LayerRecipe } from "./layer/make_layer.ts";
import { lockedPackages, type LockFile } from "./npm/locked_packages.ts";
import { ownLockOf } from "./npm/own_lock.ts";
import { npmEntries } from "./npm/npm_entries.ts";
import type { NpmRegistry } from "./npm/npm_registry.ts";

/** Packages for notebooks, bundling and the manual: nobody asks for them where a function is served. */
const LEFT_OUT = [
  "marked",
  "oxc-parser",
  "oxc-transform",
  "rxjs",
  "typescript",
  "wink-eng-lite-web-model",
  "wink-nlp",
  "xz-decompress",
];
const LOCK = new URL("../../deno.lock", import.meta.url);
const ENCODER = new TextEncoder();

/** How the packages are had. */
export interface RuntimeOptions extends DownloadOptions {
  readonly registry: NpmRegistry;
}

/** Levada's lock file. */
export async function ownLock(): Promise<LockFile> {
  return ownLockOf(JSON.parse(await Deno.readTextFile(LOCK)) as LockFile);
}

/** The packages that the runtime has, as they stand in imports. */
export async function heldSpecifiers(): Promise<string[]> {
  const { imports } = await libraryConfig();
  return Object.entries(imports).filter(([name]) => !LEFT_OUT.includes(name)).map(([, target]) => target);
}

/**
 * What the layer with Levada is made of.
 *
 * @throws {ImageError} If the lock file lacks a package; later, if one cannot be had, or is another than it should be.
 */
export async function runtimeRecipe(options: RuntimeOptions): Promise<LayerRecipe> {
  const own = { levada: "./mod.js", "levada/testing": "./lib/testing/mod.js" };
  const config = await libraryConfig(own); // with all names: Deno holds them against the lock file
  const lock = await ownLock();
  const packages = lockedPackages(await heldSpecifiers(), lock);
  const texts: [string, string][] = [
    ["deno.json", `${JSON.stringify(config, undefined, 2)}\n`],
    ["deno.lock", `${JSON.stringify(lock, undefined, 2)}\n`],
    ...await programFiles(),
  ];
  return {
    inputs: ["runtime", JSON.stringify(packages), JSON.stringify(texts)],
    entries: async () => [
      ...texts.map(([path, text]) => ({
        kind: "file" as const,
        path: `${PATHS.levada}/${path}`,
        bytes: ENCODER.encode(text),
      })),
      ...await npmEntries(packages, { ...options, denoDir: PATHS.packages }),
    ],
  };
}
