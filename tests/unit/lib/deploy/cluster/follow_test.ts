import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { follow, type FollowWish } from "../../../../../lib/deploy/cluster/follow.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

/** What a server answers, request by request; the last is said again. Real servers do such things, and not when they are asked to. */
type Answer = (stop: AbortSignal) => Response;

const KIND = { apiVersion: "v1", kind: "ConfigMap" };

function object(name: string, version: number): object {
  return { metadata: { name, uid: name, resourceVersion: String(version) } };
}

function list(version: number, ...items: object[]): Answer {
  return () => Response.json({ metadata: { resourceVersion: String(version) }, items });
}

function event(type: string, one: object): string {
  return `${JSON.stringify({ type, object: { ...KIND, ...one } })}\n`;
}

/** A watch that ends in order, or in the middle of a line. */
function watch(...lines: string[]): Answer {
  return () => new Response(lines.join(""));
}

/** A watch that stays open. */
const STAY: Answer = (stop) => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => stop.addEventListener("abort", () => controller.close()),
  });
  return new Response(body);
};

function refusal(status: number): Answer {
  return () => Response.json({ kind: "Status", message: `no: ${status}`, code: status }, { status });
}

/** Follows until so many changes have come; which requests came for it. */
async function followed(
  answers: readonly Answer[],
  count: number,
  wish: Partial<FollowWish> = {},
): Promise<{ changes: string[]; asked: string[] }> {
  const stop = new AbortController();
  let next = 0;
  await using server = serveLoopback(() => answers[Math.min(next++, answers.length - 1)]!(stop.signal));
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const changes: string[] = [];
  const query = new URLSearchParams();
  const all = follow(client, { act: "follow", kind: KIND, path: "/all", query, signal: stop.signal, ...wish });
  try {
    for await (const { type, object } of all) {
      changes.push(`${type} ${object.kind} ${object.metadata.name}@${object.metadata.resourceVersion}`);
      if (changes.length === count) stop.abort();
    }
  } finally {
    stop.abort();
  }
  const asked = server.got.map(({ path }) => new URL(path, server.url).searchParams.get("resourceVersion") ?? "list");
  return { changes, asked };
}

Deno.test("follow() lists, then goes on from there; what a list leaves out of its items is put in", async () => {
  const answers = [
    list(7, object("a", 3)),
    watch(event("ADDED", object("b", 8)), event("MODIFIED", object("a", 9))),
    watch(event("DELETED", object("b", 12))),
    STAY,
  ];
  deepStrictEqual(await followed(answers, 4), {
    changes: ["there ConfigMap a@3", "there ConfigMap b@8", "there ConfigMap a@9", "gone ConfigMap b@12"],
    asked: ["list", "7", "9"],
  });
});

Deno.test("follow() goes on from a bookmark, and tells nobody of it", async () => {
  const answers = [list(7), watch(event("BOOKMARK", object("", 50))), watch(event("ADDED", object("a", 51))), STAY];
  deepStrictEqual(await followed(answers, 1), { changes: ["there ConfigMap a@51"], asked: ["list", "7", "50"] });
});

Deno.test("follow() lists anew where the server has forgotten, and tells what is different: the gone, then the changed by age", async () => {
  const gone = event("ERROR", { kind: "Status", code: 410, message: "too old resource version", metadata: {} });
  for (const forgotten of [watch(gone), refusal(410)]) {
    const answers = [
      list(7, object("a", 1), object("b", 2), object("c", 3)),
      forgotten,
      list(30, object("a", 29), object("b", 2), object("d", 9), object("e", 10)),
      STAY,
    ];
    const { changes, asked } = await followed(answers, 7);
    deepStrictEqual(changes.slice(3), [
      "gone ConfigMap c@3",
      "there ConfigMap d@9",
      "there ConfigMap e@10",
      "there ConfigMap a@29",
    ]);
    deepStrictEqual(asked, ["list", "7", "list"]);
  }
});

Deno.test("follow() takes an object that was made anew under its name for another", async () => {
  const anew = { metadata: { name: "a", uid: "a2", resourceVersion: "9" } };
  const answers = [list(7, object("a", 1)), refusal(410), list(30, anew), STAY];
  const { changes } = await followed(answers, 3);
  deepStrictEqual(changes, ["there ConfigMap a@1", "gone ConfigMap a@1", "there ConfigMap a@9"]);
});

Deno.test("follow() goes on after a server that fails, is full, or broke off in the middle of a change, and says why it waits", async () => {
  const broken = event("ADDED", object("b", 9)).slice(0, 40);
  const answers = [
    refusal(500),
    list(7),
    watch(event("ADDED", object("a", 8)), broken),
    refusal(503),
    refusal(429),
    watch(event("ERROR", { kind: "Status", code: 500, message: "etcd is away", metadata: {} })),
    watch(event("ADDED", object("b", 9))),
    STAY,
  ];
  const told: string[] = [];
  const { changes, asked } = await followed(answers, 2, { onAway: ({ message }) => told.push(message) });
  deepStrictEqual(changes, ["there ConfigMap a@8", "there ConfigMap b@9"]);
  deepStrictEqual(asked, ["list", "list", "7", "8", "8", "8", "8"]);
  deepStrictEqual(told, [
    "Cannot follow: no: 500 (500)",
    "Cannot follow: the server broke off in the middle of a change",
    "Cannot follow: no: 503 (503)",
    "Cannot follow: no: 429 (429)",
    "Cannot follow: etcd is away",
  ]);
});

Deno.test("follow() does not wait for a server that has gone silent, before a watch begins and in the middle", async () => {
  const silent: Answer = () => new Response(new ReadableStream());
  const hangs = () => new Promise<Response>(() => {}) as unknown as Response;
  for (const answer of [silent, hangs]) {
    const told: string[] = [];
    const answers = [list(7), answer, watch(event("ADDED", object("a", 8))), STAY];
    const wish = { watchSeconds: 0, silenceMs: 100, onAway: ({ message }: Error) => told.push(message) };
    const { changes, asked } = await followed(answers, 1, wish);
    deepStrictEqual([changes, asked], [["there ConfigMap a@8"], ["list", "7", "7"]]);
    strictEqual(
      told[0]?.replace(/:\d+/, ""),
      `Cannot follow: cluster "test" at http://127.0.0.1 does not answer in time`,
    );
  }
});

Deno.test("follow() throws what does not go by itself", async () => {
  for (const status of [400, 401, 403, 404, 422]) {
    await rejects(followed([refusal(status)], 1), { name: "ClusterError", status });
    await rejects(followed([list(1), refusal(status)], 1), { name: "ClusterError", status });
  }
});

Deno.test("follow() gives a server that ends each watch at once time to come to itself", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 500);
  const { asked } = await followed([list(7), watch()], 1, { signal: stop.signal });
  strictEqual(asked.length < 10, true, `it was asked ${asked.length} times`);
});

Deno.test("follow() ends at once when it is aborted: while it waits, while it lists, while it watches, before it began", async () => {
  for (const answers of [[refusal(500)], [() => STAY(new AbortController().signal)], [list(1), STAY]]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    deepStrictEqual((await followed(answers, 1, { signal: stop.signal })).changes, []);
  }
  deepStrictEqual(await followed([list(1)], 1, { signal: AbortSignal.abort() }), { changes: [], asked: [] });
});

Deno.test("follow() waits for a server whose lists and changes are none, and tells whom it concerns", async () => {
  const first = list(7);
  const bad: readonly (readonly [told: RegExp, ...answers: Answer[]])[] = [
    [/answers with no JSON/, () => Response.json(null), first],
    [/no list of objects/, () => Response.json({ metadata: {}, items: [null] }), first],
    [/no list of objects/, () => Response.json({ metadata: {}, items: "all" }), first],
    ...[
      "null",
      "[]",
      "1",
      '{"type":"ADDED"}',
      '{"type":"ADDED","object":{"metadata":null}}',
      '{"type":"SHOUTED","object":{"metadata":{}}}',
    ]
      .map((line) => [/tells a change that is none/, first, watch(`${line}\n`)] as const),
  ];
  await Promise.all(bad.map(async ([form, ...answers]) => {
    const told: string[] = [];
    const onAway = ({ message }: Error) => told.push(message);
    const { changes } = await followed([...answers, watch(event("ADDED", object("a", 8))), STAY], 1, { onAway });
    deepStrictEqual([changes, told.map((one) => form.test(one))], [["there ConfigMap a@8"], [true]], told.join());
  }));
  const empty = () => Response.json({ metadata: { resourceVersion: "7" }, items: null });
  deepStrictEqual((await followed([empty, watch(event("ADDED", object("a", 8))), STAY], 1)).asked, ["list", "7"]);
});

Deno.test("follow() takes an end of a watch that says nothing", async () => {
  for (
    const end of ['{"type":"ERROR"}\n', '{"type":"ERROR","object":null}\n', '{"type":"ERROR","object":{"code":"x"}}\n']
  ) {
    const answers = [list(7), watch(end), list(9, object("a", 8)), STAY];
    deepStrictEqual((await followed(answers, 1)).changes, ["there ConfigMap a@8"]);
  }
});
