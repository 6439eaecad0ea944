import type { ClusterClient } from "./cluster_client.ts";
import { ClusterError } from "./cluster_error.ts";
import { type ClusterObject, nameOf, type ObjectKind, type ObjectName } from "./cluster_object.ts";
import { itemsOf } from "./items_of.ts";
import { follow, type FollowWish, type ObjectChange } from "./follow.ts";

/** Whose fields are written, as an API server keeps it. */
export const FIELD_MANAGER = "levada";

/** How an object is written. */
export interface ApplyOptions {
  /** Only asks what it would become. Default false. */
  readonly dryRun?: boolean;
  /** Takes fields over that somebody else has written. Default false: that is a conflict. */
  readonly force?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Whose fields these are. Default: Levada's. */
  readonly manager?: string;
}

/** How an object is removed. */
export interface RemoveOptions {
  /** Which one is meant: one that was made anew, or has been changed, stays. Default: whichever has the name. */
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
  /** `Foreground`: what it owns goes first, and it stays until then; `Background`: it goes at once. Default `Foreground`. */
  readonly propagation?: "Foreground" | "Background";
  readonly signal?: AbortSignal | undefined;
}

/** Which objects. */
export interface ListWish extends ObjectKind {
  readonly namespace: string;
  /** Those with these labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What is followed, and how. */
export interface FollowOptions extends Pick<FollowWish, "onAway" | "watchSeconds" | "silenceMs"> {
  readonly signal: AbortSignal;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The objects of a cluster: read, listed, applied, removed and followed. */
export class ClusterObjects {
  readonly #client: ClusterClient;
  readonly #known = new Map<string, Promise<readonly Resource[]>>();

  /** Asks by this client. */
  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Whether the cluster has a kind: not every one has `keda.sh`. */
  async has({ apiVersion, kind }: ObjectKind): Promise<boolean> {
    return (await this.#resources(apiVersion)).some((one) => one.kind === kind);
  }

  /** What a kind is called in paths and rights: `deployments`. */
  async resourceOf({ apiVersion, kind }: ObjectKind): Promise<string> {
    return (await this.#resource({ apiVersion, kind })).name;
  }

  /**
   * Has an object be as it is said, by server-side apply: what others have written of it stays, and a field that its kind has not is refused.
   *
   * @throws {ClusterError} If it is refused; on a conflict with fields of others, field by field.
   */
  async apply(
    object: ClusterObject,
    { dryRun = false, force = false, manager = FIELD_MANAGER, signal }: ApplyOptions = {},
  ): Promise<ClusterObject> {
    const name = ofObject(object);
    const query = new URLSearchParams({ fieldManager: manager, fieldValidation: "Strict", force: String(force) });
    if (dryRun) query.set("dryRun", "All");
    return await this.#client.json<ClusterObject>({
      act: `${dryRun ? "plan" : "apply"} ${nameOf(name)}`,
      method: "PATCH",
      path: `${await this.#path(name)}/${encodeURIComponent(name.name)}?${query}`,
      body: object,
      type: "application/apply-patch+yaml",
      signal,
    });
  }

  /**
   * Writes an object anew where there is none of its name, or that which was read, by its version.
   *
   * @throws {ClusterError} With 409 if somebody else was faster.
   */
  async write(object: ClusterObject, signal?: AbortSignal): Promise<ClusterObject> {
    const name = ofObject(object);
    const path = await this.#path(name);
    const isNew = object.metadata.resourceVersion === undefined;
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: "Strict" });
    return await this.#client.json<ClusterObject>({
      act: `write ${nameOf(name)}`,
      method: isNew ? "POST" : "PUT",
      path: `${isNew ? path : `${path}/${encodeURIComponent(name.name)}`}?${query}`,
      body: object,
      signal,
    });
  }

  /**
   * Changes those fields of an object that are said, whoever has written them; lists as a whole.
   *
   * @throws {ClusterError} With 409 if `metadata.resourceVersion` is said, and the object has been changed since.
   */
  async patch(name: ObjectName, fields: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: "Strict" });
    await this.#client.json({
      act: `change ${nameOf(name)}`,
      method: "PATCH",
      path: `${await this.#path(name)}/${encodeURIComponent(name.name)}?${query}`,
      body: fields,
      type: "application/merge-patch+json",
      signal,
    });
  }

  /** An object; undefined where there is none. */
  async read(name: ObjectName, signal?: AbortSignal): Promise<ClusterObject | undefined> {
    const path = `${await this.#path(name)}/${encodeURIComponent(name.name)}`;
    return await this.#client.json<ClusterObject>({ act: `read ${nameOf(name)}`, path, signal }).catch(unlessMissing);
  }

  /** Every object of a kind; none where the cluster has not the kind. */
  async list({ labels = {}, ...wish }: ListWish, signal?: AbortSignal): Promise<ClusterObject[]> {
    if (!await this.has(wish)) return [];
    const act = `list ${await this.resourceOf(wish)} of ${wish.namespace}`;
    const list = await this.#client.json<{ items?: unknown }>({
      act,
      path: `${await this.#path(wish)}?${selector(labels)}`,
      signal,
    });
    return itemsOf(act, list).map((item) => ({ ...item, apiVersion: wish.apiVersion, kind: wish.kind })); // lists leave these out
  }

  /**
   * Every object of a kind, then what changes, until it is aborted; connections that end are made anew, and nothing is missed.
   *
   * @throws {ClusterError} If the server refuses, or has not the kind.
   */
  async *follow(
    { labels = {}, ...wish }: ListWish,
    options: AbortSignal | FollowOptions,
  ): AsyncGenerator<ObjectChange> {
    const path = await this.#path(wish);
    yield* follow(this.#client, {
      act: `follow ${await this.resourceOf(wish)} of ${wish.namespace}`,
      kind: { apiVersion: wish.apiVersion, kind: wish.kind },
      path,
      query: selector(labels),
      ...options instanceof AbortSignal ? { signal: options } : options,
    });
  }

  /**
   * Removes an object, and what it owns before it; nothing where there is none.
   *
   * @throws {ClusterError} With 409 if it is not the one that is meant any more.
   */
  async remove(
    name: ObjectName,
    { preconditions, propagation = "Foreground", signal }: RemoveOptions = {},
  ): Promise<void> {
    const path = `${await this.#path(name)}/${encodeURIComponent(name.name)}`;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: propagation,
      ...preconditions !== undefined && { preconditions },
    };
    await this.#client.json({ act: `delete ${nameOf(name)}`, method: "DELETE", path, body, signal }).catch(
      unlessMissing,
    );
  }

  async #path({ apiVersion, kind, namespace }: ObjectKind & { namespace: string }): Promise<string> {
    const { name, namespaced } = await this.#resource({ apiVersion, kind });
    return `${groupPath(apiVersion)}${namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ""}/${name}`;
  }

  async #resource({ apiVersion, kind }: ObjectKind): Promise<Resource> {
    const resource = (await this.#resources(apiVersion)).find((one) => one.kind === kind);
    if (resource !== undefined) return resource;
    throw new ClusterError(`use ${kind} of ${apiVersion}`, `cluster "${this.#client.access.name}" has no such kind`, {
      reason: "NoKind",
    });
  }

  /** Asked once; not what is not there yet. */
  #resources(apiVersion: string): Promise<readonly Resource[]> {
    const known = this.#known.get(apiVersion);
    if (known !== undefined) return known;
    const asked = this.#client
      .json<{ resources?: Resource[] | null }>({ act: `ask what ${apiVersion} has`, path: groupPath(apiVersion) })
      .then(({ resources }) => (resources ?? []).filter((one) => one?.name?.includes("/") === false), (error) => {
        this.#known.delete(apiVersion);
        if (error instanceof ClusterError && error.status === 404) return [];
        throw error;
      });
    this.#known.set(apiVersion, asked);
    return asked;
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function ofObject({ apiVersion, kind, metadata: { name, namespace = "default" } }: ClusterObject): ObjectName {
  return { apiVersion, kind, namespace, name };
}

function selector(labels: Readonly<Record<string, string>>): URLSearchParams {
  const said = Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(",");
  return new URLSearchParams(said === "" ? {} : { labelSelector: said });
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof ClusterError && error.status === 404) return undefined;
  throw error;
}
