import { join } from "node:path";
import { MANIFEST } from "../../bundle/bundle.ts";
import { unpackBundle } from "../../bundle/bundle_archive.ts";
import { wholeBundle, writeBundle } from "../../bundle/bundle_folder.ts";
import { temporaryFolder } from "../../bundle/temporary_folder.ts";
import { BundleError } from "../../errors.ts";
import { errorFault } from "../../graph/fault.ts";
import { CommandError } from "../command.ts";

const ARCHIVE = /\.(tar\.gz|tgz)$/;

/** Whether a path is a bundle in one file, by its name. */
export function isArchive(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * The bundle of an archive in a folder of its own, which goes with this process.
 *
 * @throws {CommandError | BundleError} If it cannot be read, or is none.
 */
export async function openArchive(path: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const act = `serve ${path}`;
  const packed = await Deno.readFile(path).catch((error: Error) => {
    throw new CommandError(`Cannot ${act}: it cannot be read: ${error.message}`, { cause: error });
  });
  const files = await unpackBundle(act, packed);
  if (!files.has(MANIFEST)) {
    throw new BundleError(act, [
      errorFault(`it has no ${MANIFEST} of a bundle`, "Pack the files of a bundle, not their folder"),
    ]);
  }
  const bundle = wholeBundle(act, files);
  const folder = await temporaryFolder("bundle");
  const below = join(folder.path, "bundle");
  await writeBundle(bundle, below);
  return { path: below, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
