import { join } from "node:path";
import { MANIFEST, revisionOf } from "../../bundle/bundle.ts";
import { CommandError } from "../command.ts";

/**
 * Whether a folder has the bundle of a revision.
 *
 * @throws {CommandError} If it has another, or none.
 */
export async function checkRevision(path: string, revision: string): Promise<void> {
  const manifest = await Deno.readFile(join(path, MANIFEST)).catch(() => undefined);
  const found = manifest === undefined ? undefined : revisionOf(new Map([[MANIFEST, manifest]]));
  if (found === revision) return;
  throw new CommandError(
    `Cannot serve ${path}: revision ${revision} is asked for, and it has ${
      found === undefined ? "no bundle" : `revision ${found}`
    }. Make the image of what is deployed: levada image … -t IMAGE --push`,
  );
}
