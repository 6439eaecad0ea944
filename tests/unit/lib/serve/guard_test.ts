import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { readSecret, Secret, type ServeOptions, serving } from "levada";
import { Guard } from "../../../../lib/serve/guard.ts";
import { HEALTH_PATHS } from "../../../../lib/serve/own/health_paths.ts";
import { SELF_SIGNED } from "../../../support/loopback.ts";
import { RawConnection } from "../../../support/raw_http.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function serve(options: ServeOptions) {
  const fn = serving("guarded");
  fn.setTopology("flow").to("same", (body: unknown) => ({ body })).respond();
  return await fn.serve({ port: 0, log, ...options });
}

async function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("Guard lets in who has one of the tokens, and everybody to the health paths", async () => {
  await using server = await serve({ tokens: [new Secret("old", "token-1"), new Secret("new", "token-2")] });
  const ask = (authorization: string) => status(server.url, { authorization });
  deepStrictEqual(await Promise.all(["Bearer token-1", "bearer token-2", "BEARER  token-1 "].map(ask)), [
    200,
    200,
    200,
  ]);
  const wrong = ["Bearer token-3", "token-1", "Basic token-1", "Bearer", "Bearer token-1,token-2", "Bearer token-1 x"];
  deepStrictEqual(new Set(await Promise.all(wrong.map(ask))), new Set([401]));
  for (const path of ["/live", "/ready", "/v2/health/live", "/v2/health/ready", "/__internal/health"]) {
    strictEqual(await status(server.url + path), 200);
  }
  for (const path of ["/", "/metrics", "/v2", "/live/", "//live", "/x/../metrics", "/live/../metrics"]) {
    strictEqual(await status(server.url + path), 401, path);
  }
});

Deno.test("Guard takes the token beside a header that whoever passes the request on needs for itself", async () => {
  await using server = await serve({ tokens: [new Secret("own", "token-1")] });
  const both = (own: string) => ({ authorization: "Bearer of-a-dashboard", "x-levada-authorization": own });
  deepStrictEqual([await status(server.url, both("Bearer token-1")), await status(server.url, both("Bearer none"))], [
    200,
    401,
  ]);
});

Deno.test("Guard gives nothing of the graph to who has no token: by no method, spelling or header of a health path", async () => {
  await using server = await serve({ tokens: [new Secret("T", "t")] });
  const bent = { "mlrun-event-path": "/v2/models/m/infer" };
  for (const { path } of HEALTH_PATHS) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const response = await fetch(server.url + path, { method, headers: bent, body: "four" });
      deepStrictEqual([path, method, response.status], [path, method, 401]);
      await response.body?.cancel();
    }
    for (const method of ["GET", "HEAD"]) {
      const response = await fetch(server.url + path, { method, headers: bent });
      deepStrictEqual([response.status, (await response.text()).includes("body")], [200, false]);
    }
    for (
      const target of [`/.${path}`, `/x/..${path}`, `/%2e${path}`, `\\..${path}`, `${path}?x`, `http://x/.${path}`]
    ) {
      using connection = await RawConnection.open(server.url);
      await connection.send(`GET ${target} HTTP/1.1\r\nHost: x\r\nmlrun-event-path: /v2/models/m/infer\r\n\r\n`);
      const { status, body } = await connection.reply();
      deepStrictEqual([target, [200, 400, 401].includes(status), body.includes('"body"')], [target, true, false]);
    }
  }
});

Deno.test("Guard says how to ask, and never what the token is", async () => {
  await using server = await serve({ tokens: [new Secret("T", "s3cret")] });
  const none = await fetch(server.url);
  deepStrictEqual([none.headers.get("www-authenticate"), await none.json()], [
    'Bearer realm="levada"',
    { error: "Cannot answer: send Authorization: Bearer with a token", id: "" },
  ]);
  const wrong = await fetch(server.url, { headers: { authorization: "Bearer mine" } });
  const text = await wrong.text();
  deepStrictEqual([wrong.headers.get("www-authenticate"), text.includes("mine"), text.includes("s3cret")], [
    'Bearer realm="levada", error="invalid_token"',
    false,
    false,
  ]);
});

Deno.test("Guard goes by a token's file as it is now; without the file nobody has the token", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "token");
  await Deno.writeTextFile(file, "first\n");
  await using server = await serve({ tokens: [readSecret("T", { file, refreshMs: 0 })] });
  strictEqual(await status(server.url, { authorization: "Bearer first" }), 200);
  await Deno.writeTextFile(file, "second\n");
  strictEqual(await status(server.url, { authorization: "Bearer first" }), 401);
  strictEqual(await status(server.url, { authorization: "Bearer second" }), 200);
  await Deno.remove(file);
  strictEqual(await status(server.url, { authorization: "Bearer second" }), 401);
});

Deno.test("Guard refuses an empty list of tokens", async () => {
  await rejects(serve({ tokens: [] }), /empty list of tokens/);
});

Deno.test("Guard tells browsers nothing unless it is asked to, and then only which pages may ask", async () => {
  const origin = "https://app.example";
  const preflight = { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } };
  const allowed = async (url: string, init: RequestInit) => {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return [response.status, response.headers.get("access-control-allow-origin")];
  };
  {
    await using server = await serve({});
    deepStrictEqual(await allowed(server.url, { headers: { origin } }), [200, null]);
    deepStrictEqual((await allowed(server.url, preflight))[1], null);
  }
  await using server = await serve({ cors: [origin], tokens: [new Secret("T", "t")] });
  deepStrictEqual(await allowed(server.url, preflight), [204, origin]);
  deepStrictEqual(await allowed(server.url, { headers: { origin } }), [401, origin]);
  deepStrictEqual(await allowed(server.url, { headers: { origin, authorization: "Bearer t" } }), [200, origin]);
  deepStrictEqual(
    await allowed(server.url, { headers: { origin: "https://evil.example", authorization: "Bearer t" } }),
    [
      200,
      null,
    ],
  );
});

Deno.test("fn.serve() speaks https, and with an authority for clients only to those that it knows", async () => {
  using known = Deno.createHttpClient({ caCerts: [SELF_SIGNED.cert] });
  using client = Deno.createHttpClient({ caCerts: [SELF_SIGNED.cert], ...SELF_SIGNED });
  const post = (url: string, client: Deno.HttpClient) =>
    fetch(url, { method: "POST", body: "[1]", headers: { "content-type": "application/json" }, client });
  {
    await using server = await serve({ tls: SELF_SIGNED });
    strictEqual(server.url.startsWith("https://127.0.0.1:"), true);
    deepStrictEqual(await (await post(server.url, known)).json(), { body: [1] });
  }
  await using server = await serve({ tls: { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert } });
  await rejects(post(server.url, known));
  deepStrictEqual(await (await post(server.url, client)).json(), { body: [1] });
  const huge = await fetch(server.url, { method: "POST", body: new Uint8Array(70_000_000), client });
  strictEqual(huge.status, 413);
  await huge.body?.cancel();
  strictEqual((await (await fetch(`${server.url}/live`, { client })).json()).live, true);
});

Deno.test("fn.serve() says what is wrong with a certificate", async () => {
  await rejects(
    serve({ tls: { cert: "no certificate", key: "no key" } }),
    /^ListenError: Cannot serve "guarded" .* PEM text/,
  );
});

Deno.test("Guard.knows() says who may ask, also where HTTP does not ask", () => {
  const guard = new Guard({ tokens: [new Secret("T", "t")] });
  deepStrictEqual(["Bearer t", "Bearer u", "", null].map((said) => guard.knows(said)), [true, false, false, false]);
  strictEqual(new Guard({}).knows(null), true);
});
