/** The packed bundle in a store, which pods fetch it from. */
import { packBundle } from "../../bundle/bundle_archive.ts";
import { type Bundle, hashOf } from "../../bundle/bundle.ts";
import { StoreError } from "../../errors.ts";
import { isMissing, openItem } from "../../stores/data_item.ts";
import { shownUri } from "../../stores/remote/shown_uri.ts";
import { DeployError } from "../deploy_error.ts";
import { faultOfBundleUrl, fileBelow } from "./bundle_url.ts";
import { codeName } from "./objects/code_object.ts";
import type { Release, StoredCode } from "./release.ts";

/**
 * Where pods find a bundle, and what they have to find there: what lies at a place never becomes another.
 *
 * @throws {DeployError} If that is no folder that pods reach, or has something secret in it, which everybody would read who sees a pod.
 */
export async function storedCode(act: string, bundle: Bundle, bundleUrl: string): Promise<StoredCode> {
  const fault = faultOfBundleUrl(bundleUrl);
  if (fault !== undefined) throw new DeployError(act, fault);
  const sha256 = hashOf(await packBundle(bundle));
  const file = `${bundle.name}-${bundle.revision}-${sha256.slice(0, 12)}.tar.gz`;
  return { kind: "store", url: fileBelow(bundleUrl, file), sha256 };
}

/** How the code travels, for a plan. */
export function codeNote({ code, image, name, revision }: Release): string {
  const how = code.kind === "image"
    ? `${code.folder} of the image ${image}`
    : code.kind === "store"
    ? shownUri(code.url)
    : `ConfigMap ${codeName({ name, revision })}`;
  return `the code travels by ${how}`;
}

/**
 * Uploads a bundle, where it does not lie there already.
 *
 * @throws {DeployError} If the store refuses it, or is not there.
 */
export async function storeCode(act: string, bundle: Bundle, url: string, signal?: AbortSignal): Promise<void> {
  const item = openItem(url, signal === undefined ? {} : { signal });
  const packed = await packBundle(bundle);
  const there = await asked(act, item.get().catch((error) => isMissing(error) ? undefined : Promise.reject(error)));
  if (there !== undefined && sameBytes(there, packed)) return;
  await asked(act, item.put(packed));
}

async function asked<Result>(act: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new DeployError(act, error.message.replace(/^Cannot /, "cannot "), { cause: error });
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
