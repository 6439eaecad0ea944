import type { Bundle } from "../../bundle/bundle.ts";
import { replyOf, requestOf } from "../ask/ask_function.ts";
import { invokeFunction } from "../ask/invoke_function.ts";
import { isHere } from "../ask/is_here.ts";
import { DeployError } from "../deploy_error.ts";
import { functionsOfBundle } from "../settings/deployed_functions.ts";
import type { ProcessSettings } from "../settings/process_settings.ts";
import { outsideUrl } from "./objects/addresses.ts";
import type { LiveFunction } from "./live_functions.ts";
import type { ReleasePlace } from "./release.ts";
import type { ReleaseCluster } from "./run_release.ts";

/** What a function is asked with. */
export interface AskedPath {
  readonly path: string;
  readonly body?: unknown;
}

const INVOKE_MS = 120_000;

/** A function as a bundle here says that the world finds it. */
export interface OutsideFunction {
  readonly name: string;
  readonly url: string;
  readonly settings: ProcessSettings;
}

/** Where a bundle says that the world finds its function; undefined where it does not. */
export function outsideOf(bundle: Bundle): OutsideFunction | undefined {
  const [first] = functionsOfBundle(bundle);
  const url = first && outsideUrl(first.cluster);
  return url === undefined ? undefined : { name: bundle.name, url, settings: first!.settings };
}

/**
 * Asks a function where a bundle here says that the world finds it, with the token that it names: who may write an object of the cluster would
 * else choose which secret of ours is sent where.
 *
 * @throws {DeployError} If it asks for a token, and that would go over the network for all to read.
 */
export async function invokeFromOutside(
  act: string,
  { name, url, settings }: OutsideFunction,
  asked: AskedPath,
): Promise<unknown> {
  const { protocol, hostname } = new URL(url);
  if (settings.tokens !== undefined && protocol === "http:" && !isHere(hostname)) {
    throw new DeployError(
      act,
      `it asks its callers for a token, which all on the way to ${url} could read. Give its ingress a certificate, tlsSecretName, or say https of its route`,
    );
  }
  const { tls: _, ...served } = settings; // who stands before it has a certificate of his own; the function's lies in its pods
  return await invokeFunction(name, { url, settings: served }, asked);
}

/** Asks a function through the API server, which hands on neither tokens nor certificates. */
export async function invokeByServer(
  act: string,
  { client }: Pick<ReleaseCluster, "client">,
  { fn, place, asked, signal }: {
    readonly fn: LiveFunction;
    readonly place: ReleasePlace;
    readonly asked: AskedPath;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<unknown> {
  const { objectName, scheme, asksFor, url } = fn;
  if (asksFor !== "nothing") {
    throw new DeployError(
      act,
      `it asks its callers for ${asksFor}, which the API server does not hand on. Ask it within the cluster, ${url}, or, where it has an ` +
        'ingress or a route, by the deployment of its code: await fn.deploy({ target: "kubernetes", dryRun: true })',
    );
  }
  const service = `${scheme}:${objectName}:http`;
  const { pathname, search } = new URL(asked.path, "http://function");
  const namespace = encodeURIComponent(place.namespace);
  const path = `/api/v1/namespaces/${namespace}/services/${service}/proxy${pathname}${search}`;
  const answer = await client.pass({ act, path, timeoutMs: INVOKE_MS, signal }, requestOf(act, asked));
  return replyOf(`${service} of ${place.namespace}`, answer);
}
