/** The packed bundle in a store, which pods fetch it from. */
import { packBundle, packedRevision } from "../../bundle/bundle_archive.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { StoreError } from "../../errors.ts";
import { type DataItem, isMissing, openItem } from "../../stores/data_item.ts";
import { shownUri } from "../../stores/remote/shown_uri.ts";
import { DeployError } from "../deploy_error.ts";
import { codeName } from "./objects/code_object.ts";
import type { Release } from "./release.ts";

const FETCHED = /^(https?|s3|gs|gcs|az|wasbs?|abfss?|v3ios?):/i;
const PASSWORD = /^\w+:\/\/[^/@]*:(?!\$\{)[^/@]+@/;

/** Whether a URL names a folder, to which each revision is uploaded, and not the bundle that lies there. */
export function isFolder(bundleUrl: string): boolean {
  return bundleUrl.endsWith("/");
}

/**
 * Where pods find a bundle.
 *
 * @throws {DeployError} If that is nothing that pods reach, or has a password in it, which everybody would read who sees a pod.
 */
export function storedUrl(
  act: string,
  { name, revision }: Pick<Bundle, "name" | "revision">,
  bundleUrl: string,
): string {
  if (!FETCHED.test(bundleUrl)) {
    throw new DeployError(
      act,
      `bundleUrl is ${shownUri(bundleUrl)}, and pods fetch from s3:, gs:, az:, v3io:, http: and https:`,
    );
  }
  if (PASSWORD.test(bundleUrl)) {
    throw new DeployError(
      act,
      `bundleUrl has a password in it. Say its name, https://\${USER}:\${PASSWORD}@…, and what it is in a Secret: cluster: { secretNames } or envFrom`,
    );
  }
  return isFolder(bundleUrl) ? `${bundleUrl}${name}-${revision}.tar.gz` : bundleUrl;
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
 * Whether a bundle lies where pods fetch it.
 *
 * @throws {DeployError} If nothing lies there, something else does, or it cannot be had.
 */
export async function checkStored(act: string, { revision }: Bundle, url: string, signal?: AbortSignal): Promise<void> {
  const packed = await asked(act, open(url, signal).get());
  const found = await packedRevision(`${act} from ${shownUri(url)}`, packed);
  if (found === revision) return;
  throw new DeployError(
    act,
    `${
      shownUri(url)
    } has revision ${found}, and it is to be ${revision}. Give a folder, with / at the end, and each is uploaded under its own name`,
  );
}

/**
 * Uploads a bundle, where it does not lie there already.
 *
 * @throws {DeployError} If the store refuses it, or is not there.
 */
export async function storeCode(act: string, bundle: Bundle, url: string, signal?: AbortSignal): Promise<void> {
  const item = open(url, signal);
  const packed = await packBundle(bundle);
  const there = await asked(act, item.get().catch((error) => isMissing(error) ? undefined : Promise.reject(error)));
  if (there !== undefined && sameBytes(there, packed)) return;
  await asked(act, item.put(packed));
}

function open(url: string, signal: AbortSignal | undefined): DataItem {
  return openItem(url, signal === undefined ? {} : { signal });
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
