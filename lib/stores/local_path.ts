import { openItem } from "./data_item.ts";
import { FileItem } from "./file_item.ts";

/**
 * The absolute path of a file of this machine, given as a path or a `file:` URL.
 *
 * @throws {TypeError} If it lies elsewhere.
 */
export function localPath(path: string | URL): string {
  const item = openItem(String(path));
  if (item instanceof FileItem) return item.uri;
  throw new TypeError(`Cannot use "${path}": only files of this machine can be read and written as tables`);
}
