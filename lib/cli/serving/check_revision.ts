import { join } from "node:path";
import { digestOf, MANIFEST } from "../../bundle/bundle.ts";
import { CommandError } from "../command.ts";

const SHOWN = 12;
const DIGITS = /^[0-9a-f]{12,64}$/;

/**
 * Whether a folder has the bundle of a revision; that its files are the bundle's is seen where it is loaded.
 *
 * @param revision Its 12 hexadecimal digits, or more of the SHA-256 that they are the first of.
 * @throws {CommandError} If it has another, or none.
 */
export async function checkRevision(path: string, revision: string): Promise<void> {
  const manifest = await Deno.readFile(join(path, MANIFEST)).catch(() => undefined);
  const found = manifest === undefined ? undefined : digestOf(new Map([[MANIFEST, manifest]]));
  if (found !== undefined && DIGITS.test(revision) && found.startsWith(revision)) return;
  const isNear = found?.slice(0, SHOWN) === revision.slice(0, SHOWN);
  const shown = (digest: string) => isNear ? digest : digest.slice(0, SHOWN); // people know it by these
  throw new CommandError(
    `Cannot serve ${path}: revision ${shown(revision)} is asked for, and it has ${
      found === undefined ? "no bundle" : `revision ${shown(found)}`
    }. Make the image of what is deployed: levada image … -t IMAGE --push`,
  );
}
