import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { type Pushed, pushImage } from "../../../../../lib/image/registry/push.ts";
import { serveAnswers } from "../../../../support/served_answers.ts";
import { smallImage } from "../../../../support/small_image.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

// What a real registry does is shown by the image suite; here stands what a real one does only when it is broken, or on purpose.

type Answers = (
  asked: { method: string; path: string; count: number; request: Request },
) => Response | Promise<Response>;

/** Pushes a small image to a registry that answers so. */
async function pushTo(answer: Answers, tag = "1") {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path, ["one"]);
  const counts = new Map<string, number>();
  await using server = serveAnswers(async (request, { pathname }) => {
    const key = `${request.method} ${pathname.replace(/sha256:[0-9a-f]+/, "DIGEST")}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const body = request.method === "PATCH" ? undefined : await request.arrayBuffer();
    const response = await answer({ method: request.method, path: pathname, count: counts.get(key)!, request });
    if (body === undefined && !request.bodyUsed) await request.arrayBuffer();
    return response;
  });
  const reference = { registry: server.host, repository: "team/small", tag };
  const asked = server.asked;
  const pushing = pushImage(image, reference, { blobs, env: () => undefined, pauseMs: 1 });
  const result: { value?: Pushed; error?: Error } = await pushing.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  );
  return { ...result, counts, asked, host: server.host, digest: image.descriptor.digest };
}

const upload = (headers: Record<string, string> = {}) =>
  new Response(null, { status: 202, headers: { location: "/v2/team/small/blobs/uploads/1?state=x", ...headers } });

/** A registry that takes everything, as far as it is asked. */
const good: Answers = ({ method, path }) => {
  if (method === "HEAD") return new Response(null, { status: 404 });
  if (method === "POST" || method === "PATCH") return upload();
  return new Response(null, { status: path.includes("/manifests/") || method === "PUT" ? 201 : 404 });
};

Deno.test("pushImage() asks what is there, sends what is not, and the manifest last", async () => {
  const { value, asked } = await pushTo(good);
  strictEqual(value!.sent.length, 2);
  deepStrictEqual(asked.map((line) => line.replaceAll(/sha256(:|%3A)[0-9a-f]+/g, "DIGEST")), [
    ...[1, 2].flatMap(() => [
      "HEAD /v2/team/small/blobs/DIGEST",
      "POST /v2/team/small/blobs/uploads/",
      "PATCH /v2/team/small/blobs/uploads/1?state=x",
      "PUT /v2/team/small/blobs/uploads/1?state=x&digest=DIGEST",
    ]),
    "PUT /v2/team/small/manifests/1",
  ]);
});

Deno.test("pushImage() goes on where an upload broke off, and begins anew where it is forgotten", async () => {
  let got = "";
  const resumed = await pushTo(async ({ method, path, count, request }) => {
    if (method === "PATCH" && count === 1) return new Response("", { status: 500 });
    if (method === "GET") return upload({ range: "0-9" });
    if (method === "PATCH" && count === 2) {
      got = `${request.headers.get("content-range")} ${(await request.arrayBuffer()).byteLength}`;
    }
    return good({ method, path, count, request });
  });
  strictEqual(resumed.error, undefined);
  match(got, /^10-(\d+) \d+$/);
  const [, end, length] = /^10-(\d+) (\d+)$/.exec(got)!;
  strictEqual(Number(length), Number(end) - 9);
  const anew = await pushTo((asked) =>
    asked.method === "PATCH" && asked.count === 1 || asked.method === "GET"
      ? new Response("", { status: 404 })
      : good(asked)
  );
  strictEqual(anew.error, undefined);
  strictEqual(anew.counts.get("POST /v2/team/small/blobs/uploads/"), 3);
});

Deno.test("pushImage() says why it cannot, and what to do", async () => {
  const refusal = (status: number, code: string, message: string) =>
    Response.json({ errors: [{ code, message, detail: null }] }, { status });
  const cases: readonly (readonly [Answers, RegExp])[] = [
    [() => refusal(403, "DENIED", "no."), /answers 403\. Who is logged in there may not/], // HEAD has no body
    [() => new Response("", { status: 401 }), /answers 401\. Log in: docker login 127/],
    [
      (a) => a.method === "HEAD" ? good(a) : refusal(404, "NAME_UNKNOWN", "unknown"),
      /answers 404, NAME_UNKNOWN: unknown\. Look at the name/,
    ],
    [
      (a) => a.method === "POST" ? refusal(500, "UNKNOWN", "no space left on device") : good(a),
      /answers 500, UNKNOWN: no space left on device\. Its disk is full: make room there/,
    ],
    [
      (a) => a.method === "PATCH" ? new Response("<html>\n too  large", { status: 413 }) : good(a),
      /answers 413, <html> too large\. What stands before it/,
    ],
    [
      (a) => a.method === "PUT" ? refusal(400, "DIGEST_INVALID", "provided digest did not match") : good(a),
      /finish sha256:.* answers 400, DIGEST_INVALID/,
    ],
    [
      (a) => a.path.includes("/manifests/") ? refusal(400, "TAG_INVALID", "bad tag") : good(a),
      /answers 400, TAG_INVALID: bad tag$/,
    ],
    [
      (a) => a.method === "POST" ? new Response(null, { status: 202 }) : good(a),
      /does not say where to send the bytes/,
    ],
    [
      (a) =>
        a.method === "PUT"
          ? new Response(null, { status: 201, headers: { "docker-content-digest": "sha256:other" } })
          : good(a),
      /has other bytes than were sent: it says sha256:other of sha256:/,
    ],
    [(a) => a.method === "HEAD" ? good(a) : new Response("x".repeat(1_000_000), { status: 400 }), /^.{0,500}$/],
    [
      (a) => a.method === "HEAD" ? good(a) : new Response('{"errors":[null]}', { status: 400 }),
      /answers 400, \{"errors":\[null\]\}$/,
    ],
  ];
  for (const [answer, message] of cases) {
    const { error } = await pushTo(answer);
    strictEqual(error?.name, "ImageError");
    match(error!.message, message);
  }
});

Deno.test("pushImage() logs in where it is sent to: a token of the scope that is asked for, and nowhere without TLS", async () => {
  const tokens: string[] = [];
  await using auth = serveAnswers((_, url) => {
    tokens.push(url.search);
    return Response.json({ access_token: "made" });
  });
  const asks = (realm: string): Answers => (asked) =>
    asked.request.headers.get("authorization") === "Bearer made"
      ? good(asked)
      : new Response("", { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}",service="s"` } });
  const { error } = await pushTo(asks(`http://${auth.host}/token`));
  strictEqual(error, undefined);
  deepStrictEqual(tokens, ["?service=s&scope=repository%3Ateam%2Fsmall%3Apull%2Cpush"]);
  match(
    (await pushTo(asks("http://example.com/token"))).error!.message,
    /sends who logs in to "http:\/\/example.com\/token", which is no https URL/,
  );
  await using dumb = serveAnswers(() => new Response("no JSON"));
  match((await pushTo(asks(`http://${dumb.host}/`))).error!.message, /answers the login without a token/);
});

Deno.test("pushImage() takes no digest for a tag, and says when nobody listens", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const options = { blobs, env: () => undefined };
  const reference = { registry: "127.0.0.1:1234", repository: "a", tag: image.descriptor.digest };
  await rejects(pushImage(image, reference, options), {
    message: /an image is pushed by a tag. Say 127.0.0.1:1234\/a:TAG/,
  });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const registry = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  await rejects(pushImage(image, { registry, repository: "a", tag: "1" }, options), {
    message:
      `Cannot push ${registry}/a:1: no registry at ${registry}: nobody listens there. Look at the name and the port, or start the registry`,
  });
});
