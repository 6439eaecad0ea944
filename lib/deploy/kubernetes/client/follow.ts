import { setTimeout as pause } from "node:timers/promises";
import type { ClusterClient } from "./cluster_client.ts";
import { ClusterError } from "./cluster_error.ts";
import type { ClusterObject } from "./cluster_object.ts";
import { linesOf } from "./lines_of.ts";

/** What has become of an object. */
export interface ObjectChange {
  readonly type: "there" | "gone";
  readonly object: ClusterObject;
}

/** What is followed. */
export interface FollowWish {
  readonly act: string;
  /** Of the list. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: ClusterObject & { readonly message?: string; readonly code?: number };
}

const GONE = 410; // the server has forgotten what was at that version
const WATCH_SECONDS = 60; // then the server ends it in order, and it is taken up where it was
const SILENCE_MS = 75_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Lists objects, then tells what changes, until it is aborted. A connection that ends is made anew from where it was; where the server does
 * not know that any more, the list is read again, and what is different is told.
 *
 * @throws {ClusterError} If the server refuses. One that cannot be reached is waited for.
 */
export async function* follow(client: ClusterClient, wish: FollowWish): AsyncGenerator<ObjectChange> {
  const known = new Map<string, ClusterObject>();
  let version: string | undefined;
  let failures = 0;
  while (!wish.signal.aborted) {
    try {
      if (version === undefined) {
        const list = await listed(client, wish);
        yield* different(known, list.items);
        version = list.metadata.resourceVersion;
      }
      for await (const { type, object } of watched(client, wish, version!)) {
        failures = 0;
        if (type === "ERROR") {
          throw new ClusterError(wish.act, object.message ?? "the watch failed", { status: object.code ?? GONE });
        }
        version = object.metadata.resourceVersion;
        if (type !== "BOOKMARK") yield told(known, type === "DELETED", object);
      }
    } catch (error) {
      if (wish.signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (error.status === GONE) version = undefined;
      else if (isRefusal(error)) throw error;
      await pause(Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures++), undefined, { signal: wish.signal })
        .catch(() => {});
    }
  }
}

function isRefusal({ status }: ClusterError): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly ClusterObject[];
}

async function listed(client: ClusterClient, { act, path, query, signal }: FollowWish): Promise<List> {
  return await client.json<List>({ act, path: `${path}?${query}`, signal });
}

async function* watched(client: ClusterClient, wish: FollowWish, version: string): AsyncGenerator<WatchEvent> {
  const query = new URLSearchParams(wish.query);
  query.set("watch", "1");
  query.set("allowWatchBookmarks", "true");
  query.set("timeoutSeconds", String(WATCH_SECONDS));
  query.set("resourceVersion", version);
  const { act, path } = wish;
  const signal = AbortSignal.any([wish.signal, AbortSignal.timeout(SILENCE_MS)]);
  const response = await client.open({ act, path: `${path}?${query}`, signal, timeoutMs: 0 });
  for await (const line of linesOf(act, client.access, response)) yield JSON.parse(line) as WatchEvent;
}

function told(known: Map<string, ClusterObject>, isGone: boolean, object: ClusterObject): ObjectChange {
  const uid = object.metadata.uid ?? object.metadata.name;
  if (isGone) known.delete(uid);
  else known.set(uid, object);
  return { type: isGone ? "gone" : "there", object };
}

function* different(known: Map<string, ClusterObject>, items: readonly ClusterObject[]): Generator<ObjectChange> {
  const there = new Set(items.map(({ metadata: { uid, name } }) => uid ?? name));
  for (const [uid, object] of [...known]) if (!there.has(uid)) yield told(known, true, object);
  for (const object of items) {
    const before = known.get(object.metadata.uid ?? object.metadata.name);
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) yield told(known, false, object);
  }
}
