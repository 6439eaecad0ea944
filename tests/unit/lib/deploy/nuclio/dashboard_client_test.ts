import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { DashboardClient } from "../../../../../lib/deploy/nuclio/dashboard_client.ts";
import { FakeNuclioDashboard } from "../../../../support/fake_nuclio_dashboard.ts";
import { serveBytes, serveLoopback } from "../../../../support/loopback.ts";

const BROKEN: readonly (readonly [what: string, answer: () => Response, told: RegExp])[] = [
  ["nothing", () => new Response(null), /answers with no JSON: is it Nuclio's dashboard\?/],
  ["a page", () => new Response("<!doctype html><p>welcome"), /answers with no JSON: is it Nuclio's dashboard\?/],
  ["half an object", () => new Response(`{"metadata": {"na`), /answers with no JSON/],
  ["null", () => Response.json(null), /something that is no function: it is no object/],
  ["a list", () => Response.json([]), /something that is no function: it is no object/],
  ["no metadata", () => Response.json({ spec: {} }), /no function: its metadata is missing/],
  ["no name", () => Response.json({ metadata: { name: 7 }, spec: {} }), /no function: its metadata has no name/],
  ["a spec that is a text", () => Response.json({ metadata: { name: "a" }, spec: "x" }), /its spec is no object/],
  ...[
    [{ env: [null] }, "env.0"],
    [{ env: {} }, "env"],
    [{ env: [{ name: 7 }] }, "env.0.name"],
    [{ env: [{ name: "A", value: {} }] }, "env.0.value"],
    [{ image: 7 }, "image"],
    [{ minReplicas: "2" }, "minReplicas"],
    [{ triggers: { http: null } }, "triggers.http"],
  ].map(([spec, place]) =>
    [
      `a spec of ${JSON.stringify(spec)}`,
      () => Response.json({ metadata: { name: "a" }, spec }),
      new RegExp(`^DeployError: .*no function: spec\\.${place} of "a": Invalid input`),
    ] as const
  ),
  [
    "a status that is a list",
    () => Response.json({ metadata: { name: "a" }, spec: {}, status: [] }),
    /its status is no object/,
  ],
  [
    "a stack of Go",
    () => Response.json({ error: "Boom", errorStackTrace: "secret.go:1" }, { status: 500 }),
    /answers 500: Boom$/,
  ],
  ["an error that is a page", () => new Response("<h1>Bad Gateway</h1>", { status: 502 }), /answers 502: Bad Gateway$/],
  ["an empty error", () => new Response("", { status: 503 }), /answers 503: without a word$/],
  [
    "a login",
    () => new Response(null, { status: 302, headers: { location: "/login" } }),
    /sends elsewhere \(302\): does it ask for a login\?/,
  ],
  [
    "no rights",
    () => Response.json({ error: "Forbidden" }, { status: 403 }),
    /answers 403: Forbidden\. Name a secret that it takes by `token`$/,
  ],
  [
    "a secret in an error",
    () => Response.json({ error: "password=hunter22" }, { status: 500 }),
    /answers 500: password=\*\*\*$/,
  ],
];

for (const [what, answer, told] of BROKEN) {
  Deno.test(`DashboardClient.read() tells what is wrong with ${what}`, async () => {
    await using server = serveLoopback(answer);
    await rejects(new DashboardClient({ url: server.url }).read("iris"), told);
  });
}

Deno.test("DashboardClient.read() reads no more than it bears: 64 MiB of an answer, 64 KiB of an error", async () => {
  const endless = (status: number) =>
    new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1_048_576).fill(32)) }), {
      status,
    });
  await using server = serveLoopback(() => endless(200));
  await rejects(new DashboardClient({ url: server.url }).read("iris"), /answers with more than 67108864 bytes/);
  await using failing = serveLoopback(() => endless(500));
  await rejects(new DashboardClient({ url: failing.url }).read("iris"), /answers 500: without a word/);
});

Deno.test("DashboardClient.read() of a function whose status is of another form takes what is sound", async () => {
  const status = {
    state: 7,
    message: null,
    logs: ["x", { err: "y" }],
    internalInvocationUrls: "a",
    externalInvocationUrls: [1, "b:2"],
  };
  await using server = serveLoopback(() =>
    Response.json({ metadata: { name: "a", labels: { x: 1, y: "2" } }, spec: {}, status })
  );
  const fn = await new DashboardClient({ url: server.url }).read("a");
  deepStrictEqual(fn?.metadata.labels, { y: "2" });
  deepStrictEqual(fn?.status, { logs: [{ err: "y" }], internalInvocationUrls: [], externalInvocationUrls: ["b:2"] });
});

Deno.test("DashboardClient.read() takes for unsaid what is null in a specification", async () => {
  await using server = serveLoopback(() =>
    Response.json({ metadata: { name: "a" }, spec: { env: null, image: "a:1" } })
  );
  deepStrictEqual((await new DashboardClient({ url: server.url }).read("a"))?.spec, { image: "a:1" });
});

Deno.test("DashboardClient.list() by labels passes over what others have there, of any form", async () => {
  const labels = { "app.kubernetes.io/part-of": "iris" };
  const own = { metadata: { name: "iris", labels }, spec: {} };
  const broken = { metadata: { name: "b", labels: { x: 1 } }, spec: { env: [null] } };
  await using server = serveLoopback(() => Response.json({ own, broken, none: null, text: "x", bare: {} }));
  const client = new DashboardClient({ url: server.url });
  deepStrictEqual((await client.list("default", { labels })).map(({ metadata: { name } }) => name), ["iris"]);
  await rejects(client.list("default"), /no function: /);
});

Deno.test("DashboardClient.read() waits no longer than it may, for a dashboard that accepts and is silent", async () => {
  await using server = serveBytes("", { closes: false });
  const client = new DashboardClient({ url: server.url, timeoutMs: 50 });
  await rejects(client.read("iris"), /Cannot read function "iris": no answer of http:\S+: it does not answer in time/);
  await server.hungUp;
});

Deno.test("DashboardClient.read() tells of a dashboard that is not there, and of a hang-up in the middle", async () => {
  await rejects(
    new DashboardClient({ url: "http://127.0.0.1:9" }).read("iris"),
    /no answer of http:\/\/127\.0\.0\.1:9: /,
  );
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", { closes: true });
  await rejects(new DashboardClient({ url: server.url }).read("iris"), /Cannot read function "iris": no answer of /);
});

Deno.test("DashboardClient.read() ends with the reason of who gives it up", async () => {
  await using server = serveBytes("", { closes: false });
  const stop = new AbortController();
  const read = new DashboardClient({ url: server.url }).read("iris", stop.signal);
  await server.asked;
  stop.abort(new Error("enough"));
  await rejects(read, /^Error: enough$/);
});

Deno.test("DashboardClient() refuses what is no url of a dashboard", () => {
  const told: readonly (readonly [url: string, message: RegExp])[] = [
    ["nuclio", /"nuclio" is no url; it is one as in http:\/\/nuclio-dashboard\.nuclio:8070/],
    ["ftp://nuclio:8070", /its url begins with ftp:; it is asked by http: or https:/],
    ["http://ann:pw@nuclio:8070", /its url has a user or a password in it; name a secret by `token` instead/],
    ["http://nuclio:8070/?a=b", /its url ends with "\?a=b"; leave that out/],
  ];
  for (const [url, message] of told) throws(() => new DashboardClient({ url }), message);
});

Deno.test("DashboardClient() says whose functions, and as whom it asks, and names are escaped", async () => {
  await using server = serveLoopback(() => Response.json({ error: "Function not found" }, { status: 404 }));
  const client = new DashboardClient({
    url: `${server.url}/nuclio/`,
    namespace: "shop",
    authorization: () => "Bearer t",
  });
  strictEqual(await client.read("../a b"), undefined);
  const [{ path, headers } = { path: "", headers: new Headers() }] = server.got;
  strictEqual(path, "/nuclio/api/functions/..%2Fa%20b");
  deepStrictEqual([headers.get("x-nuclio-function-namespace"), headers.get("authorization")], ["shop", "Bearer t"]);
});

Deno.test("DashboardClient.remove() of what is being made ready is refused, and done with force; of what is not there it is done", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  const client = new DashboardClient({ url: server.url });
  await client.create({ metadata: { name: "iris" }, spec: { runtime: "nodejs", image: "levada/good:1" } });
  await rejects(client.remove("iris"), /answers 412: Function is being provisioned and cannot be deleted/);
  await client.remove("iris", { force: true });
  await client.remove("iris");
  strictEqual(fake.functions.size, 0);
});

Deno.test("DashboardClient.replicas() and list() refuse answers of another form", async () => {
  await using server = serveLoopback(() => Response.json({ names: [1] }));
  await rejects(new DashboardClient({ url: server.url }).replicas("a"), /answers with no list of replicas/);
  await using none = serveLoopback(() => Response.json("x"));
  await rejects(new DashboardClient({ url: none.url }).list("default"), /answers with no list of functions/);
  await using empty = serveLoopback(() => Response.json({ names: null }));
  deepStrictEqual(await new DashboardClient({ url: empty.url }).replicas("a"), []);
  ok(empty.got.length === 1);
});
