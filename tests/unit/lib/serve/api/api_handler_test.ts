import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import type { Context } from "../../../../../lib/graph/context.ts";
import type { FlowEvent } from "../../../../../lib/graph/event.ts";
import { serving } from "../../../../../lib/functions/serving.ts";
import type { ApiEndpoint, ApiOptions } from "../../../../../lib/serve/api/api_options.ts";

/** A function that answers with what its API gives it. */
async function open(endpoints: readonly ApiEndpoint[], options: Omit<ApiOptions, "endpoints"> = {}) {
  const fn = serving("api").setApi({ endpoints, ...options });
  fn.setTopology("flow").to("told", (body: unknown, { given }: Context) => ({ body, given })).respond();
  const server = await fn.toMockServer();
  return {
    async ask(method: string, path: string, body?: unknown): Promise<unknown[]> {
      const response = await server.test(path, body, { method, silent: true });
      const answer = await response.json();
      return [response.status, answer.error ?? answer.given ?? answer];
    },
    [Symbol.asyncDispose]: () => server.waitForCompletion(),
  };
}

Deno.test("setApi() prefers exact paths to named segments, and these to the longest of those with *", async () => {
  await using api = await open([
    { path: "/a/*", method: "GET", action: "forbid" },
    { path: "/a/b/*", method: "GET" },
    { path: "/a/{x}/c", method: "GET" },
    { path: "/a/b/c", method: "GET", action: "forbid" },
    { path: "/", method: "GET" },
  ]);
  deepStrictEqual(await api.ask("GET", "/a/z/c"), [200, { x: "z" }]);
  deepStrictEqual(await api.ask("GET", "/a/b/d"), [200, {}]);
  deepStrictEqual(await api.ask("GET", "/a/b/d/e"), [200, {}]);
  deepStrictEqual((await api.ask("GET", "/a/b/c"))[0], 403);
  deepStrictEqual((await api.ask("GET", "/a/z"))[0], 403);
  deepStrictEqual(await api.ask("GET", "/"), [200, {}]);
});

Deno.test("setApi() answers 404 to other paths and 405 to other methods, saying which there are; HEAD is GET", async () => {
  await using api = await open([{ path: "/a/{x}", method: "GET" }, { path: "/a/b", method: "PUT" }]);
  const paths = ["/a", "/a/", "/a/b/c", "//a/b", "/a%2Fb", "/%", "/A/b", "/a/..%2fb/c", "/__proto__", "/a//b"];
  for (const path of paths) deepStrictEqual((await api.ask("GET", path))[0], 404, path);
  deepStrictEqual(await api.ask("DELETE", "/a/b"), [405, "Cannot ask /a/b with method DELETE: use PUT or GET"]);
  deepStrictEqual(await api.ask("HEAD", "/a/b"), [200, { x: "b" }]);
  deepStrictEqual(await api.ask("GET", "/a/x%2F..%2Fy"), [200, { x: "x/../y" }]);
});

Deno.test("setApi() gives values of path, query and body by name, and none that two of them give", async () => {
  await using api = await open([{ path: "/i/{id}", input: { n: "$.n", rows: "$.rows[*].v" } }], {
    includeUrlInfo: true,
  });
  const url = { mlrun_request_path: "/i/a b", mlrun_request_method: "POST" };
  deepStrictEqual(await api.ask("POST", "/i/a%20b?q=1&q=2&r=%C3%A9", { n: 3, rows: [{ v: 1 }] }), [
    200,
    { id: "a b", q: ["1", "2"], r: "é", n: 3, rows: [1], ...url },
  ]);
  for (const body of [[1], "text", null, 5]) {
    deepStrictEqual(await api.ask("POST", "/i/a%20b", body), [200, { id: "a b", ...url }]);
  }
  match(
    String((await api.ask("POST", "/i/7?id=8", {}))[1]),
    /"id" of the request: its path and its query both give one/,
  );
  match(String((await api.ask("POST", "/i/7?n=8", { n: 3 }))[1]), /its query and its body both give one/);
  const [status, given] = await api.ask("POST", "/i/7?__proto__=x&constructor=y", {});
  strictEqual(status, 200);
  deepStrictEqual(Object.keys(given as object).sort(), [
    "__proto__",
    "constructor",
    "id",
    "mlrun_request_method",
    "mlrun_request_path",
  ]);
  strictEqual(({} as Record<string, unknown>).x, undefined);
});

Deno.test("setApi() answers 422 to a body without what it must have, and to a reply without", async () => {
  await using api = await open([
    { path: "/in", input: { x: { path: "$.a.b", mandatory: true } } },
    { path: "/out", output: { a: { path: "$.body.a", mandatory: true }, b: "$.body.b" } },
  ]);
  deepStrictEqual(await api.ask("POST", "/in", { a: {} }), [422, 'Cannot read "x": the body does not have it']);
  deepStrictEqual(await api.ask("POST", "/in", [1]), [422, "Cannot read x: the body is no object"]);
  deepStrictEqual(await api.ask("POST", "/in", { a: { b: null } }), [200, { x: null }]);
  deepStrictEqual(await api.ask("POST", "/out", { a: 1 }), [200, { a: 1, b: null }]);
  deepStrictEqual(await api.ask("POST", "/out", {}), [422, 'Cannot read "a": the reply does not have it']);
});

Deno.test("setApi() merges the fields of all endpoints that fit; the more exact one's count", async () => {
  await using api = await open([
    { path: "/a/*", input: { x: "$.wide", y: "$.y" } },
    { path: "/a/b", input: { x: "$.exact" } },
  ]);
  deepStrictEqual(await api.ask("POST", "/a/b", { wide: 1, exact: 2, y: 3 }), [200, { x: 2, y: 3 }]);
  deepStrictEqual(await api.ask("POST", "/a/c", { wide: 1, exact: 2, y: 3 }), [200, { x: 1, y: 3 }]);
});

Deno.test("setApi() leaves the server's own paths, replies that are no objects, failures and streams as they are", async () => {
  const fn = serving("api").setApi({ endpoints: [{ path: "/*", output: { a: "$.a" } }] });
  fn.setTopology("flow").to("told", function (body: string) {
    if (body === "fail") throw new Error("as told");
    if (body === "stream") return [{ a: 1, b: 2 }].values();
    return body === "response" ? new Response('{"b":2}', { status: 201 }) : [body];
  }).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/x", "list"), ["list"]);
  strictEqual((await server.test("/x", "response", { silent: true })).status, 201);
  strictEqual((await server.test("/x", "fail", { silent: true })).status, 500);
  strictEqual((await server.test("/v2/health/live", undefined, { silent: true })).status, 200);
});

Deno.test("context.given and event.given are empty without an API, and go along with the event", async () => {
  const fn = serving("api");
  fn.setTopology("flow")
    .to("first", (_body: unknown, { given }: Context) => [given])
    .to("second", (event: FlowEvent<unknown[]>) => event.with([...event.body, event.given]), { fullEvent: true })
    .respond();
  await using bare = await fn.toMockServer();
  deepStrictEqual(await bare.test("/x?q=1", 1), [{}, {}]);
  fn.setApi({ endpoints: [{ path: "/x" }] });
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/x?q=1", 1), [{ q: "1" }, { q: "1" }]);
});

Deno.test("setApi() refuses endpoints that are none, where they are said", () => {
  const fn = serving("api");
  const refused: [ApiEndpoint, RegExp][] = [
    [{ path: "run" }, /Cannot answer POST run: a path begins with \//],
    [{ path: "/a/*/b" }, /\* is the last segment/],
    [{ path: "/a*" }, /\* is the last segment/],
    [{ path: "/{a}/{a}" }, /two of its segments have one name/],
    [{ path: "/x{a}" }, /a named segment is \{name\}/],
    [{ path: "/a", method: "TRACE" as "GET" }, /methods are GET, POST/],
    [{ path: "/a", action: "deny" as "forbid" }, /its action is "allow" or "forbid"/],
    [{ path: "/a", input: { x: "a.b" } }, /Cannot read JSONPath "a\.b"/],
    [{ path: "/a", input: { x: {} as { path: string } } }, /field "x" has no JSONPath/],
  ];
  for (const [endpoint, why] of refused) throws(() => fn.setApi({ endpoints: [endpoint] }), why);
  throws(() => fn.setApi({ endpoints: [{ path: "/{a}/x" }, { path: "/{b}/x" }] }), /\/\{a\}\/x is the same path/);
});
