import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../../lib/deploy/cluster/cluster_client.ts";
import type { ClusterObject } from "../../../../../../lib/deploy/cluster/cluster_object.ts";
import { PodFollower, runOf } from "../../../../../../lib/deploy/kubernetes/rollout/pod_follower.ts";
import { serveLoopback } from "../../../../../support/loopback.ts";

function pod(status: object): ClusterObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "shop-1", uid: "1" }, status };
}

const running = (restartCount: number) =>
  pod({ containerStatuses: [{ name: "function", restartCount, state: { running: {} } }] });
const down = (restartCount: number) =>
  pod({
    containerStatuses: [{ name: "function", restartCount, state: { waiting: {} }, lastState: { terminated: {} } }],
  });

/** A server that answers so, one after the other, and what becomes of a pod meanwhile; the lines, and how they were asked for. */
async function followed(
  answers: readonly (() => Response)[],
  { count, lines, after }: { count: number; lines?: number; after?: (line: string, follower: PodFollower) => void },
): Promise<{ read: string[]; asked: string[] }> {
  const left = [...answers];
  const stop = new AbortController();
  await using server = serveLoopback(() => left.shift()?.() ?? new Response(""));
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const wish = { namespace: "n", pod: "shop-1", container: "function", signal: stop.signal };
  const follower = new PodFollower(client, lines === undefined ? wish : { ...wish, lines });
  follower.see(pod({ containerStatuses: [] }));
  queueMicrotask(() => follower.see(running(0)));
  const read: string[] = [];
  for await (const line of follower.lines()) {
    read.push(line);
    after?.(line, follower);
    if (read.length === count) stop.abort();
  }
  const asked = server.got.map(({ path }) => {
    const query = new URL(path, server.url).searchParams;
    return [query.get("sinceTime") ?? "", query.get("tailLines") ?? ""].join("|");
  });
  return { read, asked };
}

const at = (fraction: string, line: string) => `2026-11-26T10:00:00${fraction}Z ${line}\n`;

Deno.test("PodFollower reads on where a stream ends, each line once", async () => {
  const { read, asked } = await followed([
    () => new Response(at(".5", "a") + at(".51", "b")),
    () => new Response(at(".5", "a") + at(".51", "b") + at(".6", "c") + "no time at all\n"),
    () => new Response(at(".6", "c") + at("", "of another clock") + at(".7", "d")),
  ], { count: 5, lines: 10 });
  deepStrictEqual(read, ["a", "b", "c", "no time at all", "d"]);
  deepStrictEqual(asked.slice(0, 3), ["|10", "2026-11-26T10:00:00.510000000Z|", "2026-11-26T10:00:00.600000000Z|"]);
});

Deno.test("PodFollower reads every line of a burst that carries one time, and those that follow it after a stream has ended", async () => {
  const { read } = await followed([
    () => new Response(at(".5", "a") + at(".5", "b") + at(".5", "c")),
    () => new Response(at(".4", "before") + at(".5", "a") + at(".5", "b") + at(".5", "c") + at(".5", "d")),
    () => new Response(at(".5", "a") + at(".5", "b") + at(".5", "c") + at(".5", "d") + at(".6", "e") + at(".6", "f")),
  ], { count: 9, after: (line, follower) => line === "e" && follower.see(running(0), true) });
  deepStrictEqual(read, ["a", "b", "c", "d", "e", "f"]);
});

Deno.test("PodFollower reads a container from its beginning when it is started again, and waits for that", async () => {
  const { read, asked } = await followed([
    () => new Response(at(".9", "the first ends")),
    () => new Response(""),
    () => new Response(at(".1", "the second begins")),
  ], {
    count: 2,
    lines: 1,
    after(line, follower) {
      if (line !== "the first ends") return;
      follower.see(down(0));
      setTimeout(() => follower.see(running(1)), 20);
    },
  });
  deepStrictEqual(read, ["the first ends", "the second begins"]);
  deepStrictEqual([asked[0], asked.at(-1)], ["|1", "|"]);
});

Deno.test("PodFollower says once why it cannot read, goes on where that may pass, and ends where it may not, or the pod is gone", async () => {
  const refusal = (status: number, message: string) => () =>
    Response.json({ kind: "Status", apiVersion: "v1", status: "Failure", message, code: status }, { status });
  const away = refusal(500, "the node does not answer");
  const passing = await followed([away, away, () => new Response(at("", "a"))], { count: 2 });
  deepStrictEqual(passing.read, ["Cannot read the log of pod n/shop-1: the node does not answer (500)", "a"]);
  const forbidden = await followed([refusal(403, 'User "ann" cannot get pods/log')], { count: 9 });
  deepStrictEqual(forbidden.read.length, 1);
  const gone = await followed([() => new Response(at("", "a"))], {
    count: 9,
    after: (_, follower) => follower.see(running(0), true),
  });
  deepStrictEqual(gone.read, ["a"]);
});

Deno.test("runOf() looks at the container that is meant", () => {
  const proxy = { name: "istio-proxy", restartCount: 3, state: { running: {} } };
  const own = { name: "function", restartCount: 1, state: { waiting: {} } };
  deepStrictEqual(runOf(pod({ containerStatuses: [proxy, own] }), "function"), {
    count: 1,
    hasBegun: false,
    isRunning: false,
  });
  for (const status of [{}, { containerStatuses: [] }, { containerStatuses: [proxy] }]) {
    deepStrictEqual(runOf(pod(status), "function").hasBegun, false);
  }
});
