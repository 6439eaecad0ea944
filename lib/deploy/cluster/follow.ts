import { setTimeout as pause } from "node:timers/promises";
import type { ClusterClient } from "./cluster_client.ts";
import { ClusterError } from "./cluster_error.ts";
import type { ClusterObject, ObjectKind } from "./cluster_object.ts";
import { isObject, itemsOf } from "./items_of.ts";
import { linesOf } from "./lines_of.ts";
import { TimeBound } from "./time_bound.ts";
import { wayError } from "./way_error.ts";

/** What has become of an object. */
export interface ObjectChange {
  readonly type: "there" | "gone";
  readonly object: ClusterObject;
}

/** What is followed. */
export interface FollowWish {
  readonly act: string;
  /** Lists leave out what their items are. */
  readonly kind: ObjectKind;
  /** Of the list. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** Is told why the server is waited for, each time it cannot be reached. */
  readonly onAway?: ((error: ClusterError) => void) | undefined;
  /** After how many seconds the server ends a watch in order, which is then taken up where it was. Default 30. */
  readonly watchSeconds?: number;
  /** How much longer nothing may come before the server counts as away, in milliseconds. Default 10,000. */
  readonly silenceMs?: number;
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: ClusterObject & { readonly message?: string; readonly code?: number };
}

const TYPES: readonly WatchEvent["type"][] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"];
const GONE = 410; // the server has forgotten what was at that version
const WATCH_SECONDS = 30; // who has gone silent is noticed soon after
const SILENCE_MS = 10_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const TRANSIENT = [408, GONE, 429]; // of the statuses below 500

/**
 * Lists objects, then tells what changes, until it is aborted. A connection that ends is made anew from where it was; where the server does
 * not know that any more, as one that was started again, the list is read again, and what is different is told, the oldest change first: an
 * object that was changed twice meanwhile is told once, as it is.
 *
 * @throws {ClusterError} If the server refuses, or is not the one that is meant. One that cannot be reached is waited for.
 */
export async function* follow(client: ClusterClient, wish: FollowWish): AsyncGenerator<ObjectChange> {
  const known = new Map<string, ClusterObject>();
  let version: string | undefined;
  let failures = 0;
  while (!wish.signal.aborted) {
    const start = performance.now();
    try {
      if (version === undefined) {
        const list = await client.json<List>({
          act: wish.act,
          path: `${wish.path}?${wish.query}`,
          signal: wish.signal,
        });
        yield* different(known, itemsOf(wish.act, list).map((item) => ({ ...item, ...wish.kind })));
        version = list.metadata?.resourceVersion;
      }
      for await (const { type, object } of watched(client, wish, version)) {
        failures = 0;
        version = object.metadata.resourceVersion;
        if (type !== "BOOKMARK") yield told(known, type === "DELETED", object);
      }
    } catch (error) {
      if (wish.signal.aborted) return;
      if (!(error instanceof ClusterError) || isFinal(error)) throw error;
      if (error.status === GONE) version = undefined;
      else wish.onAway?.(error);
    }
    if (performance.now() - start > LONGEST_PAUSE_MS) failures = 0;
    const ms = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures++);
    await pause(ms, undefined, { signal: wish.signal }).catch(() => {}); // also after an end in order: it may come at once, always
  }
}

function isFinal({ status, reason }: ClusterError): boolean {
  return reason === "Untrusted" || (status >= 400 && status < 500 && !TRANSIENT.includes(status));
}

interface List {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly items?: unknown;
}

async function* watched(
  client: ClusterClient,
  { act, path, query, signal, watchSeconds = WATCH_SECONDS, silenceMs = SILENCE_MS }: FollowWish,
  version: string | undefined,
): AsyncGenerator<WatchEvent> {
  const asked = new URLSearchParams(query);
  asked.set("watch", "1");
  asked.set("allowWatchBookmarks", "true");
  asked.set("timeoutSeconds", String(watchSeconds));
  asked.set("resourceVersion", version ?? "");
  using bound = new TimeBound(watchSeconds * 1000 + silenceMs, signal);
  try {
    const response = await client.open({ act, path: `${path}?${asked}`, signal: bound.signal });
    for await (const line of linesOf(act, client.access, response)) yield eventOf(act, line);
  } catch (error) {
    throw error === bound.signal.reason && !signal.aborted ? wayError(act, client.access, error as Error) : error;
  }
}

function eventOf(act: string, line: string): WatchEvent {
  let event: Partial<WatchEvent> | null;
  try {
    event = JSON.parse(line);
  } catch {
    throw new ClusterError(act, "the server broke off in the middle of a change", { reason: "Unreachable" });
  }
  const { type, object } = event ?? {};
  if (type === "ERROR") {
    const { message, code } = (object ?? {}) as { message?: unknown; code?: unknown };
    const told = typeof message === "string" ? message : "the server ended the watch";
    throw new ClusterError(act, told, { status: typeof code === "number" ? code : GONE });
  }
  if (TYPES.includes(type!) && isObject(object)) return event as WatchEvent;
  throw new ClusterError(act, "the server tells a change that is none", { reason: "Unreachable" });
}

function told(known: Map<string, ClusterObject>, isGone: boolean, object: ClusterObject): ObjectChange {
  const id = idOf(object);
  if (isGone) known.delete(id);
  else known.set(id, object);
  return { type: isGone ? "gone" : "there", object };
}

function* different(known: Map<string, ClusterObject>, items: readonly ClusterObject[]): Generator<ObjectChange> {
  const there = new Set(items.map(idOf));
  for (const [id, object] of [...known]) if (!there.has(id)) yield told(known, true, object);
  const changed = items.filter((object) => {
    const before = known.get(idOf(object));
    return before === undefined || before.metadata.resourceVersion !== object.metadata.resourceVersion;
  });
  for (const object of changed.sort(byVersion)) yield told(known, false, object);
}

/** Versions of one kind are numbers that grow (KEP-5504); lists come by name. */
function byVersion(a: ClusterObject, b: ClusterObject): number {
  return Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion) || 0;
}

/** One that was removed and made anew is another. */
function idOf({ metadata: { uid, name } }: ClusterObject): string {
  return uid ?? name;
}
