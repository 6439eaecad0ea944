/** A bundle as a folder. */
import { dirname, join } from "node:path";
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import { type Bundle, hashOf, MANIFEST, type Manifest, revisionOf } from "./bundle.ts";

/** Writes a bundle into a folder that is not there, or empty, or holds a bundle, which it replaces file by file. */
export async function writeBundle(bundle: Bundle, folder: string): Promise<void> {
  await checkFree(folder, bundle.name);
  for (const [path, bytes] of bundle.files) {
    const file = join(folder, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
}

/**
 * Reads what a bundle is from its folder, and not whether its files are whole.
 *
 * @throws {BundleError} If there is none.
 */
export async function readManifest(act: string, folder: string): Promise<Manifest> {
  const bytes = await Deno.readFile(join(folder, MANIFEST)).catch(() => undefined);
  const manifest = bytes === undefined ? undefined : parse(bytes);
  if (manifest !== undefined) return manifest;
  throw noBundle(act);
}

/**
 * Reads a bundle from its folder: the files that it was made of, and none besides.
 *
 * @throws {BundleError} If a file is missing, or is not what it was.
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const act = `read the bundle in ${folder}`;
  const manifest = await readManifest(act, folder);
  const files = new Map([[MANIFEST, await Deno.readFile(join(folder, MANIFEST))]]);
  for (const path of Object.keys(manifest.files).filter(isBelow)) {
    const content = await Deno.readFile(join(folder, path)).catch(() => undefined);
    if (content !== undefined) files.set(path, content);
  }
  return wholeBundle(act, files);
}

/**
 * The bundle of these files: those that it was made of, and none besides.
 *
 * @throws {BundleError} If there is none, or a file is missing, or is not what it was.
 */
export function wholeBundle(act: string, all: Bundle["files"]): Bundle {
  const bytes = all.get(MANIFEST);
  const manifest = bytes === undefined ? undefined : parse(bytes);
  if (manifest === undefined) throw noBundle(act);
  const files = new Map([[MANIFEST, bytes!]]);
  const faults = [];
  for (const [path, hash] of Object.entries(manifest.files)) {
    const content = isBelow(path) ? all.get(path) : undefined;
    if (content === undefined || hashOf(content) !== hash) {
      faults.push(errorFault(`${path} ${content === undefined ? "is missing" : "was changed"}`, "Bundle it again"));
    } else files.set(path, content);
  }
  if (faults.length > 0) throw new BundleError(act, faults);
  return { name: manifest.name, revision: revisionOf(files), files };
}

function isBelow(path: string): boolean {
  return !path.split("/").includes("..");
}

function noBundle(act: string): BundleError {
  return new BundleError(act, [
    errorFault(`it has no ${MANIFEST} of a bundle`, "Give a folder that `levada bundle` wrote"),
  ]);
}

function parse(bytes: Uint8Array): Manifest | undefined {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    const isOne = manifest.levada === "bundle/1" && typeof manifest.files === "object" && manifest.files !== null;
    return isOne ? manifest : undefined;
  } catch {
    return undefined;
  }
}

async function checkFree(folder: string, name: string): Promise<void> {
  const names: string[] = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  const there = names.includes(MANIFEST) ? await Deno.readFile(join(folder, MANIFEST)) : undefined;
  if (names.length === 0 || there !== undefined && parse(there) !== undefined) return;
  throw new BundleError(`write the bundle of "${name}" to ${folder}`, [
    errorFault(
      there === undefined ? "it holds other files" : `its ${MANIFEST} is none of a bundle`,
      "Give a folder that is not there yet, or is empty",
    ),
  ]);
}
