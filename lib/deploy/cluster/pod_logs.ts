import type { ClusterClient } from "./cluster_client.ts";
import { linesOf } from "./lines_of.ts";

/** Which lines of a pod. */
export interface PodLogWish {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** What the container wrote that ran before. Default false. */
  readonly before?: boolean;
  /** So many of the last. Default: all. */
  readonly lines?: number;
  /** Goes on as they are written. Default false. */
  readonly follow?: boolean;
  /** Whether each line begins with when it was written, and a space. Default false. */
  readonly withTimes?: boolean;
  /** Those written since then, by the second: RFC 3339. Default: all. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a container of a pod has written. */
export async function* followPodLines(client: ClusterClient, wish: PodLogWish): AsyncGenerator<string> {
  const { namespace, pod, container, before = false, lines, follow = false, withTimes = false, since, signal } = wish;
  const query = new URLSearchParams({ container, previous: String(before), follow: String(follow) });
  if (lines !== undefined) query.set("tailLines", String(lines));
  if (withTimes) query.set("timestamps", "true");
  if (since !== undefined) query.set("sinceTime", since);
  const act = `read the log of pod ${namespace}/${pod}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log?${query}`;
  const response = await client.open({ act, path, signal, ...follow ? { timeoutMs: 0 } : {} });
  yield* linesOf(act, client.access, response);
}

/** The lines that are there. */
export async function readPodLines(client: ClusterClient, wish: PodLogWish): Promise<string[]> {
  return await Array.fromAsync(followPodLines(client, wish));
}
