import { deepStrictEqual } from "node:assert/strict";
import { type Context, queue, serving } from "levada";

Deno.test("ServingFunction.toMockServer() shares context.state between the steps of a function, until it closes", async () => {
  const fn = serving("visits");
  fn.setTopology("flow")
    .to("count", (body: string, { state }: Context) => {
      state.set("visits", Number(state.get("visits") ?? 0) + 1);
      return body;
    })
    .to("tell", (body, { state }: Context) => [body, state.get("visits")])
    .respond();
  const answers = async () => {
    await using server = await fn.toMockServer();
    return [await server.test("/", "a"), await server.test("/", "b")];
  };
  deepStrictEqual([await answers(), await answers()], [[["a", 1], ["b", 2]], [["a", 1], ["b", 2]]]);
});

Deno.test("ServingFunction.toMockServer() keeps the state of a child function apart", async () => {
  const seen: unknown[] = [];
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow")
    .to("set", (body: number, { state }: Context) => (state.set("by", "parent"), body))
    .to("q", queue())
    .to("look", (_body, { state, function: name }: Context) => seen.push([name, state.get("by")]), {
      function: "child",
    });
  await using server = await fn.toMockServer();
  await server.test("/", 1);
  await server.waitForCompletion();
  deepStrictEqual(seen, [["child", undefined]]);
});

const TEXT = new TextEncoder().encode("[1]"); // bytes: the mock server adds no content type of its own

Deno.test("ServingFunction.toMockServer() reads a body without a content type as defaultContentType says", async () => {
  const ask = async (defaultContentType: string | undefined, contentType: string | undefined) => {
    const fn = serving("echo", defaultContentType === undefined ? {} : { defaultContentType });
    fn.setTopology("flow").to("kind", (body: unknown) => Array.isArray(body) ? "list" : typeof body).respond();
    await using server = await fn.toMockServer();
    return await server.test("/", TEXT, contentType === undefined ? {} : { contentType });
  };
  deepStrictEqual(await Promise.all([ask(undefined, undefined), ask("text/plain", undefined)]), ["list", "string"]);
  deepStrictEqual(await ask("text/plain", "application/json"), "list", "the request's own comes first");
});

Deno.test("ServingFunction.toMockServer() reads requests to a child as the child says", async () => {
  const fn = serving("parent").addChildFunction("child", { defaultContentType: "text/plain" });
  fn.setTopology("flow").to("q", queue()).to("kind", (body: unknown) => typeof body, { function: "child" }).respond();
  const ask = async (currentFunction: string) => {
    await using server = await fn.toMockServer({ currentFunction });
    return await server.test("/", TEXT);
  };
  deepStrictEqual([await ask("child"), await ask("*")], ["string", "object"]);
});
