import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { linesOf } from "../../../lib/deploy/cluster/lines_of.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { type AskedBy, askedBy, configMap } from "./asked_by.ts";
import { isNone, until } from "../../support/until.ts";
import type { ClusterCase } from "./cluster_case.ts";

const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const SEEN_WITHIN_MS = 120_000;

/** What one who follows has seen, in order: `there n-0007 3`, name and value. */
class Seen {
  readonly changes: string[] = [];
  readonly away: string[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #wake = Promise.withResolvers<void>();

  constructor(asked: AskedBy, namespace: string, watchSeconds: number) {
    this.#ended = this.#follow(asked, namespace, watchSeconds);
  }

  async #follow({ objects }: AskedBy, namespace: string, watchSeconds: number): Promise<void> {
    const { signal } = this.#stop;
    const onAway = ({ message }: Error) => this.away.push(message);
    const all = objects.follow({ ...CONFIG_MAP, namespace, labels: { of: "test" } }, {
      signal,
      watchSeconds,
      silenceMs: 2_000,
      onAway,
    });
    for await (const { type, object: { kind, metadata: { name, deletionTimestamp }, data } } of all) {
      strictEqual(kind, "ConfigMap");
      if (type === "there" && deletionTimestamp !== undefined) continue; // it is going
      this.changes.push(`${type} ${name} ${data?.value}`);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers<void>();
    }
  }

  /** Waits until a change has been told. */
  async until(change: string): Promise<void> {
    const late = pause(SEEN_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error(
        `"${change}" is not told within ${SEEN_WITHIN_MS / 1_000} s, but: ${this.changes.slice(-10)}; ${this.away}`,
      );
    });
    late.catch(() => {});
    while (!this.changes.includes(change)) {
      await Promise.race([
        this.#wake.promise,
        late,
        this.#ended.then(() => Promise.reject(new Error("nobody follows"))),
      ]);
    }
  }

  /** Waits until the server was not there. */
  async untilAway(): Promise<void> {
    await until("the server is away", () => this.away, ({ length }) => length > 0, { eachMs: 50 });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

function numbered(n: number): string {
  return `n-${String(n).padStart(4, "0")}`;
}

/** Writes, again and again where the server is away. */
async function put({ objects }: AskedBy, namespace: string, name: string, value: number): Promise<void> {
  for (;;) {
    try {
      await objects.apply(configMap(namespace, name, { value: String(value) }));
      return;
    } catch (error) {
      if ((error as { status?: number }).status !== 0) throw error;
      await pause(20);
    }
  }
}

/** How many watch the ConfigMaps of a single namespace, as the API server counts them. */
async function watchers(cluster: Cluster): Promise<number> {
  const metrics = await cluster.kubectl(["get", "--raw", "/metrics"]);
  const lines = metrics.match(
    /^apiserver_longrunning_requests\{.*resource="configmaps".*scope="namespace".*verb="WATCH".*\} \d+$/gm,
  ) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Watches and logs: what goes on while they are read. */
export const WATCH_CASES: readonly ClusterCase[] = [{
  name: "200 changes are seen, each once and in order, over watches that end every second",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    await put(asked, namespace, "early", 0);
    const seen = new Seen(asked, namespace, 1);
    await seen.until("there early 0");
    const expected = ["there early 0"];
    for (let n = 0; n < 200; n++) {
      await put(asked, namespace, numbered(n % 20), n);
      await asked.objects.apply({ ...configMap(namespace, "nobody's"), metadata: { name: "nobodys", namespace } });
      expected.push(`there ${numbered(n % 20)} ${n}`);
      if (n % 20 === 19) await pause(100);
    }
    for (let n = 0; n < 5; n++) {
      await asked.objects.remove({ ...CONFIG_MAP, namespace, name: numbered(n) });
      expected.push(`gone ${numbered(n)} ${180 + n}`);
      await seen.until(expected.at(-1)!); // what owns nothing is removed a moment later, too
    }
    await put(asked, namespace, "last", 0);
    await seen.until("there last 0");
    await seen.end();
    deepStrictEqual(seen.changes, [...expected, "there last 0"]);
    deepStrictEqual(seen.away, []);
  },
}, {
  name:
    "the API server is killed three times while it is watched: every object is seen once, in order, the last value and the gone too",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    using other = await askedBy(cluster.tokenKubeconfig);
    const seen = new Seen(asked, namespace, 30);
    let [made, isDone] = [0, false];
    const writing = (async () => { // goes on while the server is down, and the moment it is back
      for (; !isDone; made++) {
        await put(other, namespace, numbered(made), made);
        await put(other, namespace, "counter", made);
        if (made % 3 === 2) {
          await other.objects.remove({ ...CONFIG_MAP, namespace, name: numbered(made - 1) }).catch(() => {});
        }
      }
    })();
    try {
      for (let kill = 0; kill < 3; kill++) {
        await seen.until(`there ${numbered(made + 5)} ${made + 5}`);
        await cluster.killApiServer();
        await cluster.startApiServer();
      }
      await seen.until(`there ${numbered(made + 5)} ${made + 5}`);
    } finally {
      isDone = true;
      await writing;
    }
    const list = () => other.objects.list({ ...CONFIG_MAP, namespace, labels: { of: "test" } });
    const going = async () => (await list()).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    await until("nothing is going", going, isNone); // whoever removes them may have to take its lead again
    await put(other, namespace, "last", 0);
    await seen.until("there last 0");
    await seen.end();
    ok(seen.away.length >= 3, `${seen.away}`);
    for (const away of seen.away) {
      match(away, /^Cannot follow configmaps of test-\d+: (the server broke off|cluster "levada" at )/);
    }
    const numbers = seen.changes.filter((change) => /^there n-/.test(change));
    const left = (await list()).map(({ metadata }) => metadata.name);
    const isLeft = new Set(left);
    deepStrictEqual(numbers, [...new Set(numbers)], "one is told twice");
    deepStrictEqual(numbers, numbers.toSorted(), "one is told late");
    // an object that came and went while nobody could watch is told by nobody; every other is
    const told = new Set(numbers.map((change) => change.split(" ")[1]!));
    deepStrictEqual(left.filter((name) => name.startsWith("n-") && !told.has(name)), []);
    const gone = new Set(
      seen.changes.filter((change) => change.startsWith("gone ")).map((change) => change.split(" ")[1]!),
    );
    deepStrictEqual(
      [...told].filter((name) => isLeft.has(name) === gone.has(name)),
      [],
      "who is gone is told gone, and nobody else",
    );
    const counts = seen.changes.filter((change) => change.startsWith("there counter")).map((change) =>
      Number(change.split(" ")[2])
    );
    deepStrictEqual(counts, counts.toSorted((a, b) => a - b));
    strictEqual(counts.at(-1), made - 1);
  },
}, {
  name: "an API server that hangs is noticed, said, and followed again",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const seen = new Seen(asked, namespace, 1);
    await put(asked, namespace, "before", 1);
    await seen.until("there before 1");
    const resume = await cluster.pauseApiServer();
    try {
      await seen.untilAway();
    } finally {
      resume();
    }
    match(seen.away[0]!, /does not answer in time$/);
    await put(asked, namespace, "after", 2);
    await seen.until("there after 2");
    await seen.end();
    deepStrictEqual(seen.changes, ["there before 1", "there after 2"]);
  },
}, {
  name: "bookmarks carry a watch on; one that is too old is refused with 410",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const { metadata: { resourceVersion } } = await asked.client.json<{ metadata: { resourceVersion: string } }>({
      act: "list",
      path,
    });
    const query =
      `watch=1&allowWatchBookmarks=true&timeoutSeconds=4&labelSelector=of%3Dtest&resourceVersion=${resourceVersion}`;
    const response = await asked.client.open({ act: "watch", path: `${path}?${query}` });
    await asked.objects.apply({ ...CONFIG_MAP, metadata: { name: "nobodys", namespace } });
    const events = (await Array.fromAsync(linesOf("watch", asked.client.access, response))).map((line) =>
      JSON.parse(line)
    );
    deepStrictEqual([...new Set(events.map(({ type }) => type))], ["BOOKMARK"]);
    ok(Number(events.at(-1).object.metadata.resourceVersion) > Number(resourceVersion));
    try {
      await cluster.killApiServer(); // a new one knows nothing of before
    } finally {
      await cluster.startApiServer();
    }
    await asked.objects.apply(configMap(namespace, "new"));
    const old = await asked.client.open({ act: "watch", path: `${path}?watch=1&timeoutSeconds=5&resourceVersion=1` });
    for await (const line of linesOf("watch", asked.client.access, old)) {
      deepStrictEqual([JSON.parse(line).type, JSON.parse(line).object.code], ["ERROR", 410]);
    }
  },
}, {
  name: "who stops following leaves no watch behind, however it stops",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const before = await watchers(cluster);
    const all = Array.from({ length: 10 }, () => new Seen(asked, namespace, 30));
    await put(asked, namespace, "one", 1);
    await Promise.all(all.map((seen) => seen.until("there one 1")));
    const count = () => watchers(cluster);
    await until("all watch", count, (now) => now >= before + all.length, { eachMs: 50 });
    await Promise.all(all.map((seen) => seen.end()));
    const stop = new AbortController();
    for await (const _ of asked.objects.follow({ ...CONFIG_MAP, namespace }, stop.signal)) break; // without a word
    await until("nobody watches", count, (now) => now <= before, { eachMs: 50 });
  },
}, {
  name: "logs come line by line while a pod runs, end with it, and are left by who stops reading",
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const code =
      `for (let n = 0; n < 30; n++) { console.log("line " + n); await new Promise((next) => setTimeout(next, 50)); }`;
    await cluster.addImage("levada.test/counts", { argv: ["deno", "eval", code] });
    const containers = [{ name: "main", image: "levada.test/counts:1" }];
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "counts" },
      spec: { restartPolicy: "Never", containers },
    };
    await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], pod);
    const isStarted = "--for=jsonpath={.status.phase}=Running";
    await cluster.kubectl(["wait", isStarted, "pod/counts", "-n", namespace, "--timeout=60s"]);
    const path = `/api/v1/namespaces/${namespace}/pods/counts/log?follow=true`;
    const stop = new AbortController();
    const first = await asked.client.open({ act: "read logs", path, signal: stop.signal });
    for await (const line of linesOf("read logs", asked.client.access, first)) {
      strictEqual(line, "line 0");
      break;
    }
    const second = await asked.client.open({ act: "read logs", path, signal: stop.signal });
    const { phase } = (await asked.objects.read({ apiVersion: "v1", kind: "Pod", namespace, name: "counts" }))!.status;
    strictEqual(phase, "Running");
    const lines = await Array.fromAsync(linesOf("read logs", asked.client.access, second));
    deepStrictEqual(lines, Array.from({ length: 30 }, (_, n) => `line ${n}`));
  },
}];
