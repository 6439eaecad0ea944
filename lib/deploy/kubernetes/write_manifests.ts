import type { Bundle } from "../../bundle/bundle.ts";
import { writeObjects } from "../objects/write_objects.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { releaseOf, type ReleaseOptions } from "./release_of.ts";
import { storeCode } from "./stored_code.ts";

/** What is asked for. */
export interface ManifestsWish extends ReleaseOptions {
  /** Default `default`. */
  readonly namespace?: string | undefined;
  /** The folder. */
  readonly folder: string;
}

/**
 * Writes what a deploy applies, an object a file, in its order; files of an earlier time go. Gives their names. Code that pods fetch from a store is
 * uploaded there.
 *
 * @throws {DeployError} With everything that a cluster cannot run of it, or where the folder has files of others.
 */
export async function writeManifests(
  bundle: Bundle,
  { folder, namespace = "default", ...options }: ManifestsWish,
): Promise<readonly string[]> {
  const act = `write the manifests of "${bundle.name}"`;
  const release = await releaseOf(act, bundle, { ...options, namespace });
  if (release.code.kind === "store") await storeCode(act, bundle, release.code.url); // what is applied could not start else
  return await writeObjects(act, folder, objectsOf(release));
}
