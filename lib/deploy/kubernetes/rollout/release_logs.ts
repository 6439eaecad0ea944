import type { LogReading } from "../../deployment.ts";
import type { ClusterClient } from "../../cluster/cluster_client.ts";
import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { ClusterObjects } from "../../cluster/cluster_objects.ts";
import { functionLabels, labelsOf } from "../objects/labels.ts";
import { CONTAINER } from "../objects/pod_template.ts";
import type { ReleasePlace } from "../release.ts";
import { followPodLines } from "../../cluster/pod_logs.ts";
import { PodFollower, runOf } from "./pod_follower.ts";

/** Whose lines. */
export interface ReleaseLogs {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly place: ReleasePlace;
}

const PODS = { apiVersion: "v1", kind: "Pod" };

/** What the pods of a deployment have written; with `follow` also what they write from now on, and those that come. */
export async function* releaseLogs(
  { client, objects, place }: ReleaseLogs,
  reading: LogReading,
): AsyncGenerator<string> {
  const { function: only, follow = false, lines, signal } = reading;
  const labels = only === undefined ? labelsOf(place) : functionLabels(place, { name: only });
  const where = { ...PODS, namespace: place.namespace, labels };
  const wish = { namespace: place.namespace, container: CONTAINER, ...lines === undefined ? {} : { lines } };
  if (!follow) {
    const pods = (await objects.list(where, signal)).filter((pod) => runOf(pod, CONTAINER).hasBegun).sort(byName);
    for (const { metadata: { name } } of pods) {
      const prefix = pods.length > 1 ? `${name} | ` : "";
      for await (const line of followPodLines(client, { ...wish, pod: name, signal })) yield `${prefix}${line}`;
    }
    return;
  }
  const ending = new AbortController();
  const until = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const said = new Said();
  const followed = new Map<string, PodFollower>();
  const read = async (pod: string, follower: PodFollower) => {
    for await (const line of follower.lines()) said.add(`${pod} | ${line}`);
  };
  const watching = (async () => {
    for await (const { type, object } of objects.follow(where, until)) {
      const { name, uid = name } = object.metadata;
      let follower = followed.get(uid);
      follower?.see(object, type === "gone");
      if (type === "gone") followed.delete(uid);
      if (type === "gone" || follower !== undefined) continue;
      followed.set(uid, follower = new PodFollower(client, { ...wish, pod: name, signal: until }));
      follower.see(object);
      read(name, follower).catch((error) => until.aborted || said.end(error));
    }
  })().then(() => said.end(), (error) => said.end(error));
  try {
    yield* said.lines();
  } finally {
    ending.abort();
    await watching;
  }
}

/** Lines of several who write. */
class Said {
  #lines: string[] = [];
  #wake = Promise.withResolvers<void>();
  #end: { readonly error: unknown } | undefined;

  add(line: string): void {
    this.#lines.push(line);
    this.#wake.resolve();
  }

  end(error?: unknown): void {
    this.#end = { error };
    this.#wake.resolve();
  }

  async *lines(): AsyncGenerator<string> {
    for (;;) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      const lines = this.#lines;
      this.#lines = [];
      yield* lines;
      if (this.#end === undefined) continue;
      if (this.#end.error !== undefined) throw this.#end.error;
      return;
    }
  }
}

function byName(one: ClusterObject, other: ClusterObject): number {
  return one.metadata.name < other.metadata.name ? -1 : 1;
}
