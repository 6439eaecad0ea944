/** What lies in a layer: files, folders and links, all root's, of one time. */
import { ImageError } from "../image_error.ts";

/** One of them. */
export type LayerEntry =
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array; readonly isProgram?: boolean }
  | { readonly kind: "folder"; readonly path: string; readonly isOpen?: boolean }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/**
 * Entries in the order and completeness in which they are written: by path, each with the folders that it lies in, of two of one path the last.
 *
 * @throws {ImageError} If a path leads out of the image, or one lies below what is no folder.
 */
export function inOrder(act: string, entries: Iterable<LayerEntry>): LayerEntry[] {
  const all = new Map<string, LayerEntry>();
  for (const entry of entries) {
    const path = cleanPath(act, entry.path);
    if (path === "" || (entry.kind === "folder" && !entry.isOpen && all.get(path)?.kind === "folder")) continue;
    all.set(path, { ...entry, path });
  }
  for (const path of [...all.keys()]) {
    const names = path.split("/");
    for (let depth = 1; depth < names.length; depth += 1) {
      const above = names.slice(0, depth).join("/");
      const there = all.get(above);
      if (there === undefined) all.set(above, { kind: "folder", path: above });
      else if (there.kind !== "folder") {
        throw new ImageError(`Cannot ${act}: ${path} lies below ${above}, a ${there.kind}`);
      }
    }
  }
  return [...all.values()].sort((one, other) => one.path < other.path ? -1 : 1);
}

/**
 * A path without `./`, `/` at its ends and empty names.
 *
 * @throws {ImageError} If it leads out of the image.
 */
export function cleanPath(act: string, path: string): string {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..") || path.includes("\0")) {
    throw new ImageError(`Cannot ${act}: the path ${JSON.stringify(path)} leads out of the image`);
  }
  return names.join("/");
}
