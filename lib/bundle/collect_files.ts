/** The small files that a bundle brings: those that were asked for by name, and models that its function names. */
import { join, normalize } from "node:path";
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";

const LARGEST_BYTES = 32 << 20; // of all; more belongs into a store

/** What is looked for. */
export interface FileWish {
  readonly act: string;
  /** What they are relative to. */
  readonly directory: string;
  /** The function as data. */
  readonly document: object;
  readonly wished: readonly string[];
}

/**
 * Reads them.
 *
 * @throws {BundleError} If one is not there, lies elsewhere, or all are too large.
 */
export async function collectFiles({ act, directory, document, wished }: FileWish): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const faults = [];
  for (const path of wished.map((one) => normalize(one))) {
    const isBelow = !path.startsWith("/") && path.split("/")[0] !== "..";
    const bytes = isBelow ? await Deno.readFile(join(directory, path)).catch(() => undefined) : undefined;
    if (bytes !== undefined) files.set(path, bytes);
    else {
      faults.push(errorFault(
        `file ${path} ${isBelow ? `is not in ${directory}` : `lies outside of ${directory}`}`,
        "Name a file below that folder",
      ));
    }
  }
  for (const path of modelPaths(document)) {
    const bytes = await Deno.readFile(join(directory, path)).catch(() => undefined);
    if (bytes !== undefined) files.set(path, bytes); // else it is what the probe, or a later start, has to find
  }
  const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (size > LARGEST_BYTES) {
    faults.push(errorFault(
      `its files have ${size} bytes, and may have ${LARGEST_BYTES}`,
      "Put large models into a store, and give its URL as modelPath",
    ));
  }
  if (faults.length > 0) throw new BundleError(act, faults);
  return files;
}

/** The files that a document names as models, without those of stores. */
function modelPaths(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key !== "modelPath" || typeof item !== "string") return modelPaths(item);
    const path = normalize(item);
    return /^[\w+-]+:\/\//.test(item) || path.startsWith("/") || path.startsWith("..") ? [] : [path];
  });
}
