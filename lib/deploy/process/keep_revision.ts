import { join } from "node:path";
import { type Bundle, MANIFEST } from "../../bundle/bundle.ts";
import { readBundle, readManifest, writeBundle } from "../../bundle/bundle_folder.ts";
import type { GraphView } from "../../plot/view.ts";
import { DeployError } from "../deploy_error.ts";
import type { DeploymentFolder } from "./state_folder.ts";

const DRAFT = /\.draft$/;

/** Writes a bundle among the revisions of a deployment, whole or not at all. One that is there, and whole, stays. */
export async function keepRevision(act: string, bundle: Bundle, { revisions }: DeploymentFolder): Promise<void> {
  const folder = join(revisions, bundle.revision);
  if (await readBundle(folder).then(({ revision }) => revision === bundle.revision, () => false)) return;
  const draft = `${folder}.draft`;
  try {
    for await (const { name } of entriesOf(revisions)) if (DRAFT.test(name)) await remove(join(revisions, name));
    await writeBundle(bundle, draft);
    await remove(folder);
    await Deno.rename(draft, folder);
  } catch (error) {
    await remove(draft).catch(() => {});
    const cause = `its revision cannot be written to ${revisions}: ${(error as Error).message}`;
    throw new DeployError(act, cause, { cause: error });
  }
}

/** Removes all revisions but these. */
export async function dropRevisions(kept: readonly (string | undefined)[], revisions: string): Promise<void> {
  for await (const { name } of entriesOf(revisions)) if (!kept.includes(name)) await remove(join(revisions, name));
}

/** All revisions that are kept. */
export async function keptRevisions({ revisions }: Pick<DeploymentFolder, "revisions">): Promise<string[]> {
  return (await Array.fromAsync(entriesOf(revisions))).map(({ name }) => name);
}

/** The manifests of all revisions that are kept, as far as they can be read. */
export async function keptManifests(
  { revisions }: Pick<DeploymentFolder, "revisions">,
): Promise<Pick<Bundle, "files">[]> {
  const kept: Pick<Bundle, "files">[] = [];
  for await (const { name } of entriesOf(revisions)) {
    const manifest = await Deno.readFile(join(revisions, name, MANIFEST)).catch(() => undefined);
    if (manifest !== undefined) kept.push({ files: new Map([[MANIFEST, manifest]]) });
  }
  return kept;
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * What is drawn of a revision that is kept.
 *
 * @throws {DeployError} If it cannot be read, or tells nothing to draw.
 */
export async function readView(act: string, revision: string, { revisions }: DeploymentFolder): Promise<GraphView> {
  try {
    const { view } = await readManifest(act, join(revisions, revision));
    if (view !== undefined) return view;
  } catch (error) {
    throw new DeployError(act, `revision ${revision} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  throw new DeployError(act, `revision ${revision} is of an earlier version, which told nothing to draw: deploy again`);
}

/** Reads a revision that is kept. */
export async function readRevision(act: string, revision: string, { revisions }: DeploymentFolder): Promise<Bundle> {
  try {
    return await readBundle(join(revisions, revision));
  } catch (error) {
    throw new DeployError(act, `revision ${revision} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
