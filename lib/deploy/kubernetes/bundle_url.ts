/** The folder of a store, as it is said: nothing secret may stand in it, since it is read by everybody who sees a pod. */
import { redactText } from "../../redact_text.ts";
import { shownUri } from "../../stores/remote/shown_uri.ts";

const FETCHED = /^(https?|s3|gs|gcs|az|wasbs?|abfss?|v3ios?):\/\/(?!\/*$)[^\s#\\]*$/i;
const NAMED_USER = /^\$\{[\w.-]+\}(:\$\{[\w.-]+\})?$/;
const NAMED_PART = /^([\w.~-]+=)?\$\{[\w.-]+\}$/;

/** The parts of a folder's URL. */
interface FolderUrl {
  /** Before `?`, with a slash at the end. */
  readonly place: string;
  /** With `?`; empty where there is none. */
  readonly query: string;
}

/** What is wrong with it, with the cure; undefined where nothing is. */
export function faultOfBundleUrl(bundleUrl: string): string | undefined {
  if (!FETCHED.test(bundleUrl)) {
    return `bundleUrl is ${
      shownUri(bundleUrl)
    }, and pods fetch from s3://, gs://, az://, v3io://, http:// and https://`;
  }
  const { place, query } = partsOf(bundleUrl);
  if (hasSecret(place, query)) {
    return "bundleUrl has a user, a password, a token or a signature in it, which everybody reads who sees a pod. Say names in their place, " +
      "https://HOST/FOLDER/?${STORE_SIGNATURE}, or ${STORE_USER}:${STORE_PASSWORD} before the host: they are looked up in the environment, " +
      "in pods by cluster: { secretNames } or envFrom; s3:, gs:, az: and v3io: take theirs from there by themselves";
  }
  if (place.endsWith("/")) return undefined;
  return `bundleUrl is ${shownUri(bundleUrl)}, one place for all revisions: with another revision there, pods of the ` +
    "one that runs could not start again, and there were no way back. Say a folder, with / at the end: each revision is uploaded to a place of its own";
}

/** A file in such a folder. */
export function fileBelow(bundleUrl: string, file: string): string {
  const { place, query } = partsOf(bundleUrl);
  return `${place}${file}${query}`;
}

function partsOf(bundleUrl: string): FolderUrl {
  const end = bundleUrl.indexOf("?");
  return end === -1 ? { place: bundleUrl, query: "" } : { place: bundleUrl.slice(0, end), query: bundleUrl.slice(end) };
}

function hasSecret(place: string, query: string): boolean {
  const [, scheme, host, path] = /^([a-z0-9]+):\/\/([^/]*)(.*)$/is.exec(place)!;
  const isHttp = /^http/i.test(scheme!);
  const user = host!.includes("@") ? host!.slice(0, host!.lastIndexOf("@")) : undefined;
  const isNamed = user === undefined || (isHttp ? NAMED_USER.test(user) : isContainer(scheme!, user));
  const isBroken = user === undefined && path!.includes("@") && /:(?!\d*$)/.test(host!); // a slash in the password
  const parts = query === "" ? [] : query.slice(1).split("&");
  const shown = `${scheme}://${host!.slice(host!.lastIndexOf("@") + 1)}${path}`;
  return !isNamed || isBroken || !parts.every((part) => isHttp && NAMED_PART.test(part)) || redactText(shown) !== shown;
}

/** Azure's own form has the container there, `abfss://CONTAINER@HOST/FOLDER/`. */
function isContainer(scheme: string, user: string): boolean {
  return /^(wasbs?|abfss?)$/i.test(scheme) && /^[a-z0-9$-]+$/.test(user);
}
