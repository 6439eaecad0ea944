import { hashOf, MANIFEST, manifestOf, revisionOf } from "../../bundle/bundle.ts";
import { unpackBundle } from "../../bundle/bundle_archive.ts";
import { DeployError } from "../deploy_error.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { CODE_KEY, codeName } from "./objects/code_object.ts";
import { faultsOfReturn } from "./record_schema.ts";
import type { Release } from "./release.ts";
import { recordName } from "./release_record.ts";

/**
 * A release that was written down, with its code as its ConfigMap keeps it.
 *
 * @throws {DeployError} If that is gone, or is not the code of this revision; or the release is none that would be deployed today.
 */
export async function withCode(act: string, objects: ClusterObjects, release: Release): Promise<Release> {
  const { namespace, revision } = release;
  const faults = faultsOfReturn(release);
  if (faults.length > 0) {
    throw new DeployError(
      act,
      `revision ${revision} is not to run again as ConfigMap ${namespace}/${recordName(release)} has it: ${
        faults.join("; ")
      }. Deploy what is to run`,
    );
  }
  if (release.code.kind !== "config") return release;
  const name = codeName(release);
  const code = await objects.read({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
  const archive: unknown = code?.binaryData?.[CODE_KEY];
  const told = typeof archive !== "string" ? "is gone" : await isOf(act, archive, revision) ? undefined : "was changed";
  if (told === undefined) return { ...release, code: { kind: "config", archive: archive as string } };
  throw new DeployError(
    act,
    `the code of revision ${revision}, ConfigMap ${namespace}/${name}, ${told}. Deploy it again`,
  );
}

async function isOf(act: string, archive: string, revision: string): Promise<boolean> {
  try {
    const files = await unpackBundle(act, Uint8Array.fromBase64(archive));
    if (revisionOf(files) !== revision) return false;
    const hashes = Object.entries(manifestOf({ files }).files);
    return hashes.length === files.size - 1 && files.has(MANIFEST) &&
      hashes.every(([path, hash]) => files.has(path) && hashOf(files.get(path)!) === hash);
  } catch {
    return false;
  }
}
