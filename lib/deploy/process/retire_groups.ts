import { join } from "node:path";
import type { Bundle } from "../../bundle/bundle.ts";
import { MissingStreamError } from "../../errors.ts";
import { feedsOf } from "./feeds.ts";
import type { DeploymentFolder } from "./state_folder.ts";

type Manifested = Pick<Bundle, "files">;

/**
 * Whoever publishes to streams of this machine waits no more for the groups of bundles that run no longer, but for those that another
 * has too. Their place in the streams stays, for when they run again. Groups at brokers stay as they are: nobody waits for these.
 *
 * @returns What is wrong, where a stream cannot be written.
 */
export async function retireGroups(
  ended: readonly Manifested[],
  { state, running }: Pick<DeploymentFolder, "state"> & { readonly running?: Manifested | undefined },
): Promise<string[]> {
  const kept = new Set(running === undefined ? [] : groupsOf(running).map(({ name, group }) => `${name} ${group}`));
  const left = ended.flatMap(groupsOf).filter(({ name, group }) => !kept.has(`${name} ${group}`));
  const faults = await Promise.all(
    [...Map.groupBy(left, ({ name }) => name)].map(async ([name, groups]) => {
      try {
        await retire(name, new Set(groups.map(({ group }) => group)), join(state, "streams"));
      } catch (error) {
        return error instanceof MissingStreamError ? [] : [(error as Error).message];
      }
      return [];
    }),
  );
  return faults.flat();
}

/** Groups of streams of this machine; a stream by its path without what stands behind `?`. */
function groupsOf(bundle: Manifested): { name: string; group: string }[] {
  return feedsOf(bundle)
    .filter(({ path }) => /^local:/i.test(path))
    .flatMap(({ path, groups }) => groups.map((group) => ({ name: path.split("?", 1)[0]!, group })));
}

async function retire(name: string, groups: ReadonlySet<string>, folder: string): Promise<void> {
  const { openLocal } = await import("../../streams/local/open_local.ts"); // SQLite is not for those who never ask
  await using stream = await openLocal(`${name}?create=false`, { folder });
  await Promise.all([...groups].map((group) => stream.retire(group)));
}
