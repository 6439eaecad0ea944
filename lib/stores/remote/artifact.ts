import { StoreError } from "../../errors.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import { encodePart } from "./dialect.ts";
import { StoreClient } from "./store_client.ts";

/** What MLRun's artifact interface says of an artifact. */
export interface Artifact {
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What a `store://` URL names. */
export interface ArtifactName {
  readonly project: string;
  readonly key: string;
  readonly iter?: string;
  readonly tag?: string;
  readonly tree?: string;
  readonly uid?: string;
}

const LONGEST_BYTES = 16 * 1024 * 1024; // statistics of some thousand features
const KIND = /^[a-z]+(-[a-z]+)*$/;
const FEATURES = ["feature-sets", "feature-vectors"];

/**
 * Takes `store://[KIND/]PROJECT/KEY[#ITER][:TAG][@TREE][^UID]` apart.
 *
 * @throws {TypeError} If it is none, or names features, which have no file.
 */
export function artifactName(uri: string): ArtifactName {
  const parts = uri.replace(/^store:\/\//i, "").split("/");
  const hasKind = parts.length > 2 && KIND.test(parts[0]!);
  const [project = "", ...rest] = hasKind ? parts.slice(1) : parts;
  const [, key, iter, tag, tree, uid] =
    /^([^#:@^]+)(?:#(\d+))?(?::([^#:@^]+))?(?:@([^#:@^]+))?(?:\^([^#:@^]+))?$/.exec(rest.join("/")) ?? [];
  const upwards = [project, ...rest].some((part) => part === ".." || part === ".");
  if (project === "" || key === undefined || upwards) {
    throw new TypeError(`Cannot open "${uri}": it is no store://[KIND/]PROJECT/KEY[#ITER][:TAG][@TREE][^UID]`);
  }
  if (hasKind && FEATURES.includes(parts[0]!)) throw new TypeError(`Cannot open "${uri}": ${parts[0]} have no file`);
  return {
    project,
    key,
    ...(iter === undefined ? {} : { iter }),
    ...(tag === undefined ? {} : { tag }),
    ...(tree === undefined ? {} : { tree }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/**
 * Asks MLRun's interface (`MLRUN_DBPATH`) for an artifact; follows a link to the iteration that it means.
 *
 * @throws {StoreError} If there is none, or MLRun does not answer.
 */
export async function readArtifact(uri: string, options: ItemOptions): Promise<Artifact> {
  const name = artifactName(uri);
  const artifact = await askFor(uri, name, options);
  if (artifact.kind !== "link") return artifact;
  const iter = artifact.spec?.link_iteration;
  const linked = await askFor(uri, { ...name, iter: String(iter ?? 0) }, options);
  if (linked.kind !== "link") return linked;
  throw new StoreError(`Cannot look up "${uri}": it is a link to a link`, { reason: "broken" });
}

/** Where an artifact's bytes lie: its target, and the model's file in that. */
export function artifactTarget(
  uri: string,
  { spec = {} }: Artifact,
): { readonly target: string; readonly file: string } {
  const { target_path: target, model_file: file, model_target_file: targetFile } = spec;
  if (typeof target !== "string" || target === "") {
    throw new StoreError(`Cannot open "${uri}": the artifact has no target_path`, { reason: "broken" });
  }
  if (/^store:/i.test(target)) {
    throw new StoreError(`Cannot open "${uri}": its target is an artifact again`, { reason: "broken" });
  }
  const model = [targetFile, file].find((part) => typeof part === "string" && part !== "");
  return { target, file: model === undefined ? target : joinUri(target, String(model)) };
}

/** What lies in a directory under a name that it has listed. */
export function childUri(directory: string, name: string): string {
  return `${directory.replace(/\/+$/, "")}/${name}`;
}

/** What a description names in its directory; a URL or an absolute path stays. */
export function joinUri(directory: string, name: string): string {
  return /^([a-z][a-z0-9+.-]+:|\/)/i.test(name)
    ? name
    : `${directory.replace(/\/+$/, "")}/${name.replace(/^\.\//, "")}`;
}

/**
 * Where MLRun's interface answers.
 *
 * @throws {TypeError} If that is not said.
 */
export function artifactEndpoint(uri: string, options: ItemOptions): URL {
  const ask = options.environment ?? environment;
  const base = URL.parse(options.endpoint ?? ask("MLRUN_DBPATH") ?? "");
  if (base !== null && /^https?:$/.test(base.protocol)) return base;
  throw new TypeError(`Cannot open "${uri}": MLRUN_DBPATH is no http or https URL of MLRun's interface`);
}

async function askFor(uri: string, { project, key, ...rest }: ArtifactName, options: ItemOptions): Promise<Artifact> {
  const where = options.environment === undefined ? {} : { environment: options.environment };
  const base = artifactEndpoint(uri, options);
  const { tag = rest.uid === undefined && rest.tree === undefined ? "latest" : undefined, iter, tree, uid } = rest;
  const query = new URLSearchParams({ format: "full" });
  for (const [field, value] of Object.entries({ tag, iter, tree, "object-uid": uid })) {
    if (value) query.set(field, value);
  }
  const path = `api/v2/projects/${encodePart(project)}/artifacts/${encodePart(key)}`;
  const url = new URL(`${base.pathname.replace(/\/+$/, "")}/${path}?${query}`, base);
  const [token, session] = [findSecret("MLRUN_AUTH_TOKEN", where), findSecret("V3IO_ACCESS_KEY", where)];
  const answer = await new StoreClient(options).ask({
    act: `look up "${uri}"`,
    dialect: {
      cure: token ?? session
        ? "MLRUN_AUTH_TOKEN or V3IO_ACCESS_KEY may not do this"
        : "There are no credentials: set MLRUN_AUTH_TOKEN or V3IO_ACCESS_KEY",
    },
    make: () => ({
      method: "GET",
      url,
      headers: new Headers(
        token !== undefined
          ? { authorization: `Bearer ${token.reveal()}` }
          : session !== undefined
          ? { cookie: `session=${encodeURIComponent(`j:${JSON.stringify({ sid: session.reveal() })}`)}` }
          : {},
      ),
    }),
  });
  const text = await answer.text(LONGEST_BYTES);
  try {
    const reply = JSON.parse(text);
    const artifact = reply.data ?? reply.artifact ?? reply;
    if (typeof artifact === "object" && artifact !== null && !Array.isArray(artifact)) return artifact;
  } catch {
    // said below
  }
  throw new StoreError(`Cannot look up "${uri}": MLRun's answer is no artifact`, { reason: "broken" });
}
