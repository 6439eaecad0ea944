import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { invokeFunction } from "../../../../../lib/deploy/ask/invoke_function.ts";
import { SELF_SIGNED, serveLoopback } from "../../../../support/loopback.ts";

const [cert, key] = ["cert", "key"].map((name) =>
  fileURLToPath(new URL(`../../../../support/loopback_${name}.pem`, import.meta.url))
) as [string, string];

Deno.test("invokeFunction() trusts the function's own certificate", async () => {
  await using server = serveLoopback(({ method, body }) => Response.json({ method, body }), SELF_SIGNED);
  const one = { url: server.url, settings: { tls: { cert, key } } };
  deepStrictEqual(await invokeFunction("shop", one, { path: "/", body: [1] }), { method: "POST", body: "[1]" });
  deepStrictEqual(await invokeFunction("shop", one, { path: "/" }), { method: "GET", body: "" });
  const asked = await invokeFunction("shop", one, { path: "/", body: undefined });
  deepStrictEqual(asked, { method: "POST", body: '{"$undefined":true}' });
  const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(65);
  deepStrictEqual(await invokeFunction("shop", one, { path: "/", body: shared }), { method: "POST", body: "AA" });
});

Deno.test("invokeFunction() says why it gets no answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const asked = { path: "/x", body: 1 };
  await rejects(invokeFunction("shop", { url: `http://127.0.0.1:${port}` }, asked), {
    name: "DeployError",
    message: new RegExp(`^Cannot invoke "shop": http://127\\.0\\.0\\.1:${port}/x does not answer: .*refused`),
  });
  const settings = { tls: { cert, key, clientCa: cert } };
  await rejects(
    invokeFunction("shop", { url: `https://127.0.0.1:${port}`, settings }, asked),
    /^DeployError: Cannot invoke "shop": it asks its clients for a certificate, and none is known here: give LEVADA_CLIENT_CERTIFICATE /,
  );
});

Deno.test("invokeFunction() asks below the path where the function is found, and nobody else's host", async () => {
  await using server = serveLoopback(() => new Response("ok"));
  const ask = async (url: string, path: string) => {
    await invokeFunction("shop", { url: `${server.url}${url}` }, { path });
    return server.got.at(-1)!.path;
  };
  deepStrictEqual(await ask("", "/v2/models?a=1"), "/v2/models?a=1");
  deepStrictEqual(await ask("/", "v2"), "/v2");
  deepStrictEqual(await ask("/shop", "/"), "/shop/");
  deepStrictEqual(await ask("/shop/", "/a%20b?c=%20#d"), "/shop/a%20b?c=%20");
  for (const path of ["//elsewhere.test/a", "https://elsewhere.test/a", "/../a"]) {
    deepStrictEqual(await ask("/shop", path), "/shop/a");
  }
});

Deno.test("invokeFunction() follows redirects within the origin, and hands nothing to another", async () => {
  await using stranger = serveLoopback(() => new Response("stolen"));
  let place = "";
  await using server = serveLoopback(({ method, path, body }) =>
    path === "/"
      ? new Response(null, { status: place.startsWith("/see") ? 303 : 307, headers: { location: place } })
      : Response.json({ method, path, body })
  );
  const ask = () => invokeFunction("shop", { url: server.url }, { path: "/", body: 4111 });
  place = "/moved";
  deepStrictEqual(await ask(), { method: "POST", path: "/moved", body: "4111" });
  place = "/see";
  deepStrictEqual(await ask(), { method: "GET", path: "/see", body: "" });
  place = `${stranger.url}/`;
  await rejects(ask(), {
    name: "DeployError",
    message: /^Cannot invoke "shop": http:\S+ sends to another place, http:\S+ \(307\): nothing goes there/,
  });
  strictEqual(stranger.got.length, 0);
  place = "/";
  await rejects(ask(), /sends from place to place, more than 5 times/);
});
