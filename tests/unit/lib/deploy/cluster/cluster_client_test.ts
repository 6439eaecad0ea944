import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { ClusterAccess } from "../../../../../lib/deploy/cluster/cluster_access.ts";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterError } from "../../../../../lib/deploy/cluster/cluster_error.ts";
import { SELF_SIGNED, serveBytes, serveLoopback } from "../../../../support/loopback.ts";

const SECRET = "s3cret-of-nobody";

function clientOf(server: string, access: Partial<ClusterAccess> = {}): ClusterClient {
  return new ClusterClient({ name: "test", server, namespace: "default", ...access });
}

/** What is said where a request fails; nothing of it may be a secret. */
async function refusalOf(client: ClusterClient, options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const error = await client.json({ act: "ask", path: "/version", ...options }).catch((error: unknown) => error);
  ok(error instanceof ClusterError, Deno.inspect(error));
  ok(!Deno.inspect(error).includes(SECRET), "a secret is told");
  return [error.message.replaceAll(/127\.0\.0\.1:\d+/g, "HOST"), error.reason];
}

/** A port where nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const AT = 'Cannot ask: cluster "test" at';

Deno.test("json() says that nobody listens, or that a name is not known", async () => {
  using client = clientOf(`https://127.0.0.1:${freePort()}`);
  deepStrictEqual(await refusalOf(client), [
    `${AT} https://HOST refuses connections: is it running?`,
    "Unreachable",
  ]);
  using nobody = clientOf("https://no-such-host.invalid");
  deepStrictEqual(await refusalOf(nobody), [
    `${AT} https://no-such-host.invalid has a name that nobody knows here`,
    "Unreachable",
  ]);
});

Deno.test("json() ends where a host is silent: before it answers, and in the middle", async () => {
  for (const bytes of ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"]) {
    await using silent = serveBytes(bytes, { closes: false });
    using client = clientOf(silent.url);
    deepStrictEqual(await refusalOf(client, { timeoutMs: 200 }), [
      `${AT} http://HOST does not answer in time`,
      "Timeout",
    ]);
    await silent.hungUp;
  }
});

Deno.test("json() that is aborted throws what aborted it, and hangs up", async () => {
  for (const bytes of ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"]) {
    await using silent = serveBytes(bytes, { closes: false });
    using client = clientOf(silent.url);
    const stop = new AbortController();
    const asked = client.json({ act: "ask", path: "/", signal: stop.signal });
    await silent.asked;
    stop.abort(new RangeError("enough"));
    await rejects(asked, { name: "RangeError", message: "enough" });
    await silent.hungUp;
  }
});

Deno.test("json() says that a certificate is not the authority's, or that there is no TLS", async () => {
  await using server = serveLoopback(() => Response.json({}), SELF_SIGNED);
  using strange = clientOf(server.url);
  deepStrictEqual(await refusalOf(strange), [
    `${AT} https://HOST shows a certificate that the kubeconfig's authority has not signed`,
    "Untrusted",
  ]);
  await using plain = serveLoopback(() => Response.json({}));
  using encrypted = clientOf(plain.url.replace("http:", "https:"));
  deepStrictEqual(await refusalOf(encrypted), [
    `${AT} https://HOST does not speak TLS: is the address an http:// one?`,
    "Unreachable",
  ]);
});

Deno.test("json() says that a server is none, and cuts what it says", async () => {
  await using page = serveLoopback(() => new Response("<html>hello</html>"));
  using client = clientOf(page.url);
  strictEqual((await refusalOf(client))[0], "Cannot ask: http://HOST answers with no JSON: is it an API server?");
  await using nonsense = serveBytes("hello\r\n", { closes: true });
  using other = clientOf(nonsense.url);
  const [message, reason] = await refusalOf(other);
  ok(message!.startsWith('Cannot ask: the way to cluster "test" at http://HOST broke: '), message);
  strictEqual(reason, "Unreachable");
});

Deno.test("json() follows nobody elsewhere with its token", async () => {
  await using elsewhere = serveLoopback(() => Response.json({}));
  await using server = serveLoopback(() => Response.redirect(`${elsewhere.url}/`));
  using client = clientOf(server.url, { authorization: () => Promise.resolve(`Bearer ${SECRET}`) });
  await refusalOf(client);
  strictEqual(elsewhere.got.length, 0);
});

Deno.test("json() asks once more with another token where one is refused, and not with the same", async () => {
  await using server = serveLoopback(({ headers }) =>
    headers.get("authorization") === "Bearer new"
      ? Response.json({ ok: true })
      : Response.json({ kind: "Status", message: "Unauthorized" }, { status: 401 })
  );
  let token = "old";
  using renewing = clientOf(server.url, {
    authorization: (wasRefused = false) => Promise.resolve(`Bearer ${wasRefused ? token = "new" : token}`),
  });
  deepStrictEqual(await renewing.json({ act: "ask", path: "/" }), { ok: true });
  deepStrictEqual(await renewing.json({ act: "ask", path: "/" }), { ok: true });
  strictEqual(server.got.length, 3);
  using stubborn = clientOf(server.url, { authorization: () => Promise.resolve(`Bearer ${SECRET}`) });
  strictEqual(
    (await refusalOf(stubborn))[0],
    'Cannot ask: cluster "test" does not know who asks: the token is another cluster\'s, or was taken back. Log in anew',
  );
  strictEqual(server.got.length, 4);
});

Deno.test("json() refuses a token that is none, and does not tell it", async () => {
  for (const token of [`${SECRET}\nx`, `${SECRET}\u0000`, `ä${SECRET}`]) {
    using client = clientOf("http://127.0.0.1:1", { authorization: () => Promise.resolve(`Bearer ${token}`) });
    strictEqual(
      (await refusalOf(client))[0],
      'Cannot ask: the token for cluster "test" has letters that no token has, as a line\'s end',
    );
  }
});

Deno.test("json() comes back when a server that is full says so, and gives up in time", async () => {
  let full = 2;
  const busy = (seconds: string) =>
    Response.json({ kind: "Status", message: "too many requests" }, {
      status: 429,
      headers: { "retry-after": seconds },
    });
  await using server = serveLoopback(() => full-- > 0 ? busy("0") : Response.json({ ok: true }));
  using client = clientOf(server.url);
  deepStrictEqual(await client.json({ act: "ask", path: "/" }), { ok: true });
  await using never = serveLoopback(() => busy("0"));
  using patient = clientOf(never.url);
  strictEqual((await refusalOf(patient))[0], "Cannot ask: too many requests (429)");
  strictEqual(never.got.length, 5);
  await using later = serveLoopback(() => busy("3000"));
  using soon = clientOf(later.url);
  strictEqual((await refusalOf(soon))[0], "Cannot ask: too many requests (429)");
  strictEqual(later.got.length, 1);
});

Deno.test("a client shows nobody its credentials", () => {
  const certificate = { cert: SELF_SIGNED.cert, key: SELF_SIGNED.key };
  using client = clientOf("https://a.test", { certificate, authorization: () => Promise.resolve(SECRET) });
  ok(!Deno.inspect(client, { depth: 9 }).includes("PRIVATE"));
  ok(!JSON.stringify(client).includes("PRIVATE"));
});

Deno.test("a client says that its certificates or its proxy are none", () => {
  const none = 'Cannot reach cluster "test": its certificates, its key or its proxy are none: ';
  const key = `-----BEGIN PRIVATE KEY-----\n${btoa(SECRET)}\n-----END PRIVATE KEY-----\n`;
  for (
    const access of [
      { certificate: { cert: SELF_SIGNED.cert, key } },
      { certificate: { cert: key, key: SELF_SIGNED.key } },
      { proxy: `nonsense://me:${SECRET}@a` },
    ]
  ) {
    try {
      clientOf("https://a.test", access)[Symbol.dispose]();
      ok(false, "it is taken");
    } catch (error) {
      ok(error instanceof ClusterError && error.message.startsWith(none), `${error}`);
      ok(!Deno.inspect(error).includes(SECRET) && !Deno.inspect(error).includes(btoa(SECRET)));
    }
  }
});

Deno.test("json() takes no answer that is no object, and of a refusal no more than tells what it is", async () => {
  for (const body of ["null", "1", '"a"', "", "{"]) {
    await using server = serveLoopback(() => new Response(body));
    using client = clientOf(server.url);
    strictEqual((await refusalOf(client))[0], "Cannot ask: http://HOST answers with no JSON: is it an API server?");
  }
  const part = new TextEncoder().encode("no ".repeat(100_000));
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(part) });
  await using server = serveLoopback(() => new Response(endless, { status: 500 }));
  using client = clientOf(server.url);
  const [message] = await refusalOf(client);
  ok(message!.startsWith("Cannot ask: no no no") && message!.length < 400, message);
});

const REFUSED = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };
const ASK = { act: "ask", path: "/proxy" };

Deno.test("pass() gives what a function answers, also that it fails, and tells what the API server has against it", async () => {
  const answers = [
    Response.json({ error: "no such article" }, { status: 404 }),
    Response.json({ kind: "Status", status: "Failure" }, { status: 503 }),
    Response.json({ ...REFUSED, message: 'no endpoints available for service "shop"', code: 503 }, { status: 503 }),
    Response.json({ ...REFUSED, message: 'services "shop" is forbidden: User "ann" cannot get it', code: 403 }, {
      status: 403,
    }),
  ];
  await using server = serveLoopback(() => answers.shift()!);
  using client = clientOf(server.url);
  strictEqual((await client.pass(ASK, { headers: {} })).status, 404);
  strictEqual((await client.pass(ASK, { headers: {} })).status, 503);
  await rejects(client.pass(ASK, { headers: {} }), {
    name: "ClusterError",
    message: /^Cannot ask: no endpoints .* \(503\)$/,
  });
  await rejects(client.pass(ASK, { headers: {} }), {
    name: "ClusterError",
    message: /^Cannot ask: who asks may not: /,
  });
});

Deno.test("pass() asks once more with another token, and ends where it is aborted", async () => {
  await using server = serveLoopback(({ headers }) =>
    headers.get("authorization") === "Bearer new"
      ? new Response("42")
      : Response.json({ ...REFUSED, message: "Unauthorized", code: 401 }, { status: 401 })
  );
  let token = "old";
  const authorization = (wasRefused = false) => Promise.resolve(`Bearer ${wasRefused ? token = "new" : token}`);
  using renewing = clientOf(server.url, { authorization });
  strictEqual(
    new TextDecoder().decode((await renewing.pass(ASK, { method: "POST", body: "21", headers: {} })).bytes),
    "42",
  );
  deepStrictEqual(server.got.map(({ body }) => body), ["21", "21"]);
  await using silent = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", { closes: false });
  using client = clientOf(silent.url);
  const stop = new AbortController();
  const asked = client.pass({ ...ASK, signal: stop.signal }, { headers: {} });
  await silent.asked;
  stop.abort(new RangeError("enough"));
  await rejects(asked, { name: "RangeError", message: "enough" });
  await silent.hungUp;
});
