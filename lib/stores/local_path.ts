import { isLocal, openItem } from "./data_item.ts";
import { shownUri } from "./remote/shown_uri.ts";

/**
 * The absolute path of a file of this machine, given as a path or a `file:` URL.
 *
 * @throws {TypeError} If it lies elsewhere.
 */
export function localPath(path: string | URL): string {
  if (isLocal(String(path))) return openItem(String(path)).uri;
  throw new TypeError(
    `Cannot use "${shownUri(String(path))}": only files of this machine can be read and written as tables`,
  );
}
